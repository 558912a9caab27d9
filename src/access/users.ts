/**
 * What an admin does with users, for the command line, the API and the page: each act is noted in
 * the audit, and a password is never part of a message.
 */
import { audited } from "../campaigns/audited.ts";
import type { Role } from "../core/access.ts";
import type { Actor } from "../core/act.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { type ActLog, isUserName, type User, type Users } from "../store/index.ts";
import {
  hashPassword,
  PASSWORD_BYTES_MAX,
  PASSWORD_COST,
  PASSWORD_LENGTH_MIN,
  type PasswordCost,
} from "./passwords.ts";

export interface UserDeps {
  readonly users: Users;
  readonly acts: Pick<ActLog, "begin" | "end">;
  /** The configured numbers. */
  readonly numbers: readonly string[];
  /** For tests. */
  readonly cost?: PasswordCost;
}

interface NewUser {
  readonly name: string;
  readonly password: string;
  readonly role: Role;
  /** Null: all. */
  readonly numbers: readonly string[] | null;
}

/** Refusals: `user_name_invalid`, `user_name_taken`, `users_too_many`, and of the parts. */
export async function addUser(deps: UserDeps, user: NewUser, by: Actor): Promise<Result<User>> {
  const { name, password, role } = user;
  if (!isUserName(name)) return refuseName();
  const numbers = readNumbers(deps.numbers, user.numbers);
  if (!numbers.ok) return numbers;
  const weak = refusePassword(password);
  if (weak !== null) return weak;
  const details = { name, role, numbers: numbersWords(numbers.value) };
  const add = async (): Promise<Result<User>> => {
    const hash = await hashPassword(password, deps.cost ?? PASSWORD_COST);
    const kind = await deps.users.add({ name, role, numbers: numbers.value, hash });
    if (kind === "taken") {
      return refuse(
        "user_name_taken",
        `There is a user "${name}" already.`,
        "Choose another name, or change that user.",
      );
    }
    if (kind === "full") {
      return refuse(
        "users_too_many",
        "There are 1,000 users, which is the most.",
        "Remove those that are no longer needed.",
      );
    }
    return found(deps, name);
  };
  // A password may have been typed as the name, so it is noted once it was right.
  return audited(deps.acts, by, { what: "user add" }, add, () => ({ details }));
}

/** What changes; absent, also in `access`: it stays. Every change ends the user's sessions. */
interface UserChange {
  readonly password?: string | undefined;
  readonly access?:
    | { readonly role: Role; readonly numbers?: readonly string[] | null | undefined }
    | undefined;
  readonly disabled?: boolean | undefined;
}

/** Refusals: `user_unknown`, and of the parts. */
export async function changeUser(
  deps: UserDeps,
  name: string,
  change: UserChange,
  by: Actor,
): Promise<Result<User>> {
  if (!isUserName(name)) return refuseUnknown();
  const { password, access, disabled } = change;
  const weak = password === undefined ? null : refusePassword(password);
  if (weak !== null) return weak;
  const user = await deps.users.find(name);
  if (user === undefined) return refuseUnknown();
  // A number that is no longer configured may stay in a limit.
  const nameable = [...deps.numbers, ...(user.numbers ?? [])];
  const numbers =
    access?.numbers === undefined ? accept(user.numbers) : readNumbers(nameable, access.numbers);
  if (!numbers.ok) return numbers;
  const details = {
    name,
    ...(password === undefined ? {} : { password: "changed" }),
    ...(access === undefined ? {} : { role: access.role, numbers: numbersWords(numbers.value) }),
    ...(disabled === undefined ? {} : { disabled }),
  };
  const act = async (): Promise<Result<User>> => {
    const { users, cost = PASSWORD_COST } = deps;
    const known =
      (access === undefined ||
        (await users.setAccess(name, { role: access.role, numbers: numbers.value }))) &&
      (password === undefined ||
        (await users.setPassword(name, await hashPassword(password, cost)))) &&
      (disabled === undefined || (await users.setDisabled(name, disabled)));
    return known ? found(deps, name) : refuseUnknown();
  };
  return audited(deps.acts, by, { what: "user change" }, act, () => ({ details }));
}

/** Refusal: `user_unknown`. */
export function removeUser(
  deps: Pick<UserDeps, "users" | "acts">,
  name: string,
  by: Actor,
): Promise<Result<{ readonly name: string }>> {
  if (!isUserName(name)) return Promise.resolve(refuseUnknown());
  const remove = async () => ((await deps.users.remove(name)) ? accept({ name }) : refuseUnknown());
  return audited(deps.acts, by, { what: "user remove" }, remove, () => ({ details: { name } }));
}

/** `all`, or the names. */
export function numbersWords(numbers: ReadonlySet<string> | null): string {
  return numbers === null ? "all" : [...numbers].sort().join(" ");
}

/** Null stays null; refuses a number that is not configured, and none at all. */
export function readNumbers(
  configured: readonly string[],
  given: readonly string[] | null,
): Result<ReadonlySet<string> | null> {
  if (given === null) return accept(null);
  const unknown = given.find((name) => !configured.includes(name));
  if (given.length > 0 && unknown === undefined) return accept(new Set(given));
  return refuse(
    "access_numbers_invalid",
    unknown === undefined ? "No number is named." : "A number is named that is not configured.",
    `Name some of ${configured.join(", ")}, or choose all numbers.`,
  );
}

async function found({ users }: UserDeps, name: string): Promise<Result<User>> {
  const user = (await users.list()).find((one) => one.name === name);
  // Another admin removed it at this very moment.
  return user === undefined ? refuseUnknown() : accept(user);
}

function refusePassword(password: string): Refused | null {
  const isShort = Array.from(password).length < PASSWORD_LENGTH_MIN;
  if (!isShort && Buffer.byteLength(password) <= PASSWORD_BYTES_MAX) return null;
  return refuse(
    "user_password_invalid",
    isShort
      ? `The password has fewer than ${PASSWORD_LENGTH_MIN} characters.`
      : `The password has more than ${PASSWORD_BYTES_MAX} bytes.`,
    "Choose another one, for example by openssl rand -base64 18.",
  );
}

function refuseName(): Refused {
  return refuse(
    "user_name_invalid",
    "That is not a name for a user.",
    "Give up to 64 lower-case letters, digits and . _ - @, beginning with a letter or a digit.",
  );
}

function refuseUnknown(): Refused {
  return refuse(
    "user_unknown",
    "There is no user with this name.",
    "dropcast user list, and the page Access, show all names.",
  );
}
