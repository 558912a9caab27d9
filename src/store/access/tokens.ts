import { createHash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { ROLES, type Role } from "../../core/access.ts";
import type { Mode } from "../../core/mode.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";
import { packNumbers, readTime, unpackNumbers } from "./fields.ts";

/** A token of the HTTP API, without its secret. Times are ms since 1970. */
export interface ApiToken {
  readonly name: string;
  readonly role: Role;
  /** The names of the numbers that it may see; null: all. */
  readonly numbers: ReadonlySet<string> | null;
  readonly createdAt: number;
  /** Null: it does not expire. */
  readonly expiresAt: number | null;
  /** To the minute; null: never used. */
  readonly lastUsedAt: number | null;
}

type AddedToken =
  /** `token` is shown to the person who asked for it, and stored nowhere. */
  | { readonly kind: "added"; readonly token: string; readonly added: ApiToken }
  | { readonly kind: "taken" }
  | { readonly kind: "full" };

const TOKENS_MAX = 200;
/** 256 bits, which cannot be guessed, so a plain digest of it is safe to store. */
const TOKEN_BYTES = 32;
/** Says what it is, so that scanners of repositories recognise a leaked one. */
const PREFIX = "dropcast_";
const TOKEN = new RegExp(`^${PREFIX}[A-Za-z0-9_-]{43}$`);

/** Letters, digits, `-`, `_` and `.`, up to 64. */
export function isTokenName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}

/**
 * The tokens of the HTTP API of one mode. Only the SHA-256 of a token is stored, so what is read
 * from Redis opens nothing. Live and sandbox have tokens of their own: one for trying things out
 * cannot send to real people.
 */
export function createTokens(redis: Redis, mode: Mode) {
  const keys = deploymentKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));

  async function list(): Promise<ApiToken[]> {
    const [tokens, used] = await Promise.all([
      redis.hgetall(keys.tokens),
      redis.hgetall(keys.tokensUsed),
    ]);
    return Object.entries(tokens)
      .flatMap(([name, value]) => {
        const [role = "", createdAt, expiresAt, ...rest] = value.split("|");
        const known = ROLES.find((one) => one === role.replace(/@$/, ""));
        const [limited = ""] = rest.length > 1 ? rest : ["*"];
        return known === undefined
          ? []
          : [
              {
                ...{ name, role: known, createdAt: Number(createdAt) },
                numbers: unpackNumbers(limited),
                expiresAt: expiresAt === "0" ? null : Number(expiresAt),
                lastUsedAt: readTime(used, name),
              },
            ];
      })
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  return {
    /** Every token, by name. */
    list,

    /** Makes a token. `lastsMs` null: it does not expire. */
    async add(input: {
      name: string;
      role: Role;
      /** Default: all. */
      numbers?: ReadonlySet<string> | null;
      lastsMs: number | null;
    }): Promise<AddedToken> {
      const { name, role, numbers = null, lastsMs } = input;
      const token = `${PREFIX}${randomBytes(TOKEN_BYTES).toString("base64url")}`;
      const digest = digestOf(token);
      const args = {
        ...{ change: "add", name, digest, role, lastsMs: lastsMs ?? 0 },
        numbers: packNumbers(numbers),
      };
      const [kind] = await run("change-tokens", { ...args, tokensMax: TOKENS_MAX });
      if (kind === "taken" || kind === "full") return { kind } as const;
      const added = (await list()).find((one) => one.name === name);
      // Another person removed it at this very moment.
      if (added === undefined) return { kind: "taken" };
      return { kind: "added", token, added };
    },

    /** From now on the token opens nothing. False: there is none with this name. */
    async remove(name: string): Promise<boolean> {
      const args = {
        change: "remove",
        name,
        digest: "",
        role: "",
        numbers: "*",
        lastsMs: 0,
        tokensMax: 0,
      };
      const [kind] = await run("change-tokens", args);
      return kind === "removed";
    },

    /** What a token is; undefined for any other text, and for an expired one. */
    async find(token: string): Promise<Pick<ApiToken, "name" | "role" | "numbers"> | undefined> {
      if (!TOKEN.test(token)) return undefined;
      const found = (await run("use-token", { digest: digestOf(token) })) as string[];
      const [name, role, numbers = ""] = found;
      const known = ROLES.find((one) => one === role);
      if (name === undefined || known === undefined) return undefined;
      return { name, role: known, numbers: unpackNumbers(numbers) };
    },
  };
}

export type Tokens = ReturnType<typeof createTokens>;

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
