import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { ROLES, type Role } from "../../core/access.ts";
import type { Mode } from "../../core/mode.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";
import type { ScriptAnswer } from "../scripts/script-answers.ts";
import { packNumbers, readTime, unpackNumbers } from "./fields.ts";

/** A person who may sign in, without the password. Times are ms since 1970. */
export interface User {
  readonly name: string;
  readonly role: Role;
  /** The names of the numbers that the user may see; null: all. */
  readonly numbers: ReadonlySet<string> | null;
  readonly createdAt: number;
  readonly disabled: boolean;
  /** To the minute; null: never. */
  readonly lastUsedAt: number | null;
}

/** What a sign-in needs. */
interface UserSecret extends Pick<User, "role" | "numbers" | "disabled"> {
  /** Changes with every change of the user: a session of before it is over. */
  readonly mark: string;
  /** Of the password, as access/passwords.ts wrote it. */
  readonly hash: string;
}

const USERS_MAX = 1_000;

/**
 * Lower-case letters, digits and `-_.@`, up to 64, beginning with a letter or a digit: plain ASCII,
 * so that no two names look alike, and none can break a header, a log line or a stored value.
 */
export function isUserName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._@-]{0,63}$/.test(text);
}

/**
 * The users of the dashboard of one mode. Of a password only the hash is stored, with a salt of its
 * own. Every change takes a new mark, which ends the sessions of before.
 */
export function createUsers(redis: Redis, mode: Mode) {
  const keys = deploymentKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));
  const none = { role: "", numbers: "", hash: "", usersMax: USERS_MAX };

  async function change(
    what: "add" | "password" | "access" | "disable" | "enable" | "remove",
    name: string,
    fields: Partial<typeof none> = {},
  ): Promise<ScriptAnswer<"change-users">> {
    const mark = randomBytes(8).toString("hex");
    const args = { ...none, ...fields, change: what, name, mark };
    const [changed] = await run("change-users", args);
    return changed;
  }

  return {
    /** Every user, by name. */
    async list(): Promise<User[]> {
      const [users, used] = await Promise.all([
        redis.hgetall(keys.users),
        redis.hgetall(keys.usersUsed),
      ]);
      return Object.entries(users)
        .flatMap(([name, value]) => {
          const parsed = parse(value);
          if (parsed === undefined) return [];
          const { role, numbers, createdAt, disabled } = parsed;
          const lastUsedAt = readTime(used, name);
          return [{ name, role, numbers, createdAt, disabled, lastUsedAt }];
        })
        .sort((a, b) => a.name.localeCompare(b.name));
    },

    /** Undefined: there is none with this name, which may be any text. */
    async find(name: string): Promise<UserSecret | undefined> {
      if (!isUserName(name)) return undefined;
      const value = await redis.hget(keys.users, name);
      return value === null ? undefined : parse(value);
    },

    async add(
      input: Pick<User, "name" | "role" | "numbers"> & { readonly hash: string },
    ): Promise<"added" | "taken" | "full"> {
      const { name, role, numbers, hash } = input;
      const kind = await change("add", name, { role, numbers: packNumbers(numbers), hash });
      return kind === "taken" || kind === "full" ? kind : "added";
    },

    /** False, also from the others: there is no user with this name. */
    async setPassword(name: string, hash: string): Promise<boolean> {
      return (await change("password", name, { hash })) === "changed";
    },

    async setAccess(name: string, { role, numbers }: Pick<User, "role" | "numbers">) {
      return (await change("access", name, { role, numbers: packNumbers(numbers) })) === "changed";
    },

    async setDisabled(name: string, disabled: boolean): Promise<boolean> {
      return (await change(disabled ? "disable" : "enable", name)) === "changed";
    },

    async remove(name: string): Promise<boolean> {
      return (await change("remove", name)) === "removed";
    },
  };
}

export type Users = ReturnType<typeof createUsers>;

/** Undefined for a value of another version. */
function parse(value: string): (UserSecret & Pick<User, "createdAt">) | undefined {
  const [role, numbers = "", createdAt, disabled, mark = "", ...hash] = value.split("|");
  const known = ROLES.find((one) => one === role);
  if (known === undefined) return undefined;
  return {
    ...{ role: known, numbers: unpackNumbers(numbers), createdAt: Number(createdAt) },
    ...{ disabled: disabled === "1", mark, hash: hash.join("|") },
  };
}
