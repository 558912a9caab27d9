import { createHash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { ROLES, type Role } from "../../core/access.ts";
import type { Mode } from "../../core/mode.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";
import { packNumbers, unpackNumbers } from "./fields.ts";

/** A session that was not used for this long is over. */
export const SESSION_IDLE_MS = 12 * 3_600_000;
/** And so is one that began this long ago. */
export const SESSION_LASTS_MS = 7 * 24 * 3_600_000;
const SESSIONS_MAX = 2_000;
/** Of one person: a further one ends the one that was used longest ago. */
const EACH_MAX = 20;
/** Of all who share the dashboard's password. */
const SHARED_MAX = 200;
/** An answer of a provider cannot be used again for longer than its cookie lives. */
const ONCE_MS = 15 * 60_000;
/** 256 bits, which cannot be guessed, so a plain digest of it is safe to store. */
const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** Who is signed in, and what they may do. */
export interface Identity {
  /** `user:` and the name, `oidc:` and the provider's name of the person, or `password`. */
  readonly who: string;
  readonly role: Role;
  readonly numbers: ReadonlySet<string> | null;
  /** Of a user, which changes with it: then the session is over. Others: see {@link Marks}. */
  readonly mark: string | null;
}

/** The marks that hold now, for sessions of no user of ours. */
export interface Marks {
  readonly password: string;
  readonly sso: string;
}

/** A session as a list shows it. Times are ms since 1970. */
export interface Session {
  /** Names it, and opens nothing. */
  readonly id: string;
  readonly who: string;
  readonly from: string;
  readonly createdAt: number;
  readonly usedAt: number;
}

type BegunSession =
  | { readonly kind: "begun"; readonly secret: string }
  /** The provider's answer was used before. */
  | { readonly kind: "used" }
  /** The user was changed or removed while the password was compared. */
  | { readonly kind: "changed" };

/**
 * The sessions of the dashboard of one mode. Only the SHA-256 of a session's secret is stored, so
 * what is read from Redis opens nothing.
 */
export function createSessions(redis: Redis, mode: Mode) {
  const keys = deploymentKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));
  const limits = { idleMs: SESSION_IDLE_MS, lastsMs: SESSION_LASTS_MS };

  return {
    /**
     * Begins a session with a new secret, and ends the browser's earlier one. `once`: what may
     * begin one session only.
     */
    async begin(
      identity: Identity,
      input: {
        readonly from: string;
        readonly marks: (secret: string) => Marks;
        readonly before?: string | undefined;
        readonly once?: string | undefined;
      },
    ): Promise<BegunSession> {
      const { who, role, numbers } = identity;
      const secret = randomBytes(SECRET_BYTES).toString("base64url");
      const marks = input.marks(secret);
      const mark = identity.mark ?? (who === "password" ? marks.password : marks.sso);
      const before = input.before === undefined ? "" : digestOf(input.before);
      const once = input.once === undefined ? "" : digestOf(input.once);
      const [kind] = await run("begin-session", {
        ...{ digest: digestOf(secret), before, role, numbers: packNumbers(numbers), mark, who },
        from: input.from.replaceAll("|", " ").slice(0, 100),
        name: /^user:(.*)$/.exec(who)?.[1] ?? "",
        ...{
          once,
          onceMs: ONCE_MS,
          ...limits,
          eachMax: who === "password" ? SHARED_MAX : EACH_MAX,
          sessionsMax: SESSIONS_MAX,
        },
      });
      return kind === "begun" ? { kind, secret } : { kind };
    },

    /** Undefined for any other text, and for a session that is over. */
    async find(secret: string, marks: Marks): Promise<Omit<Identity, "mark"> | undefined> {
      if (!SECRET.test(secret)) return undefined;
      const args = { digest: digestOf(secret), passwordMark: marks.password, ssoMark: marks.sso };
      const [who, role, numbers = ""] = (await run("use-session", {
        ...args,
        ...limits,
      })) as string[];
      const known = ROLES.find((one) => one === role);
      if (who === undefined || known === undefined) return undefined;
      return { who, role: known, numbers: unpackNumbers(numbers) };
    },

    /** The name of a session that a browser has. */
    idOf: (secret: string): string => digestOf(secret),

    /** Ends one. False: there is none. */
    async end(id: string): Promise<boolean> {
      return (await redis.hdel(keys.sessions, id)) > 0;
    },

    /** Those that are not too old; of users that still exist as they were. Used last first. */
    async list(): Promise<Session[]> {
      const [sessions, users] = await Promise.all([
        redis.hgetall(keys.sessions),
        redis.hgetall(keys.users),
      ]);
      const nowMs = Date.now();
      return Object.entries(sessions)
        .flatMap(([id, value]) => {
          const [, , mark, created, used, from = "", ...rest] = value.split("|");
          const [who, createdAt, usedAt] = [rest.join("|"), Number(created), Number(used)];
          const isOld = usedAt + SESSION_IDLE_MS < nowMs || createdAt + SESSION_LASTS_MS < nowMs;
          const name = /^user:(.*)$/.exec(who)?.[1];
          const user = Object.hasOwn(users, name ?? "") ? users[name ?? ""] : undefined;
          const isGone = name !== undefined && user?.split("|")[4] !== mark;
          return isOld || isGone ? [] : [{ id, who, from, createdAt, usedAt }];
        })
        .sort((a, b) => b.usedAt - a.usedAt);
    },
  };
}

export type Sessions = ReturnType<typeof createSessions>;

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
