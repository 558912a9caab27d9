/**
 * Signing in by a name and a password. An answer never tells whether a name exists: unknown,
 * disabled and malformed names take the same path and the same time, against a hash that no
 * password has.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Identity, isUserName, type Marks, type Users } from "../store/index.ts";
import { createGuesses, GUESS_LIMITS, type GuessLimits } from "./guesses.ts";
import {
  hashPassword,
  isPassword,
  PASSWORD_BYTES_MAX,
  PASSWORD_COST,
  type PasswordCost,
} from "./passwords.ts";
import { createTurns } from "./turns.ts";

export type SignedIn =
  | { readonly kind: "right"; readonly identity: Identity }
  /** `waitMs` above 0: too many wrong ones; it was not compared, or only to be counted. */
  | { readonly kind: "wrong"; readonly waitMs: number; readonly user: string | null }
  /** Too many are being compared. */
  | { readonly kind: "busy" };

interface SignInDeps {
  /** The dashboard's own, which signs in as an admin. */
  readonly password: string;
  readonly users: Pick<Users, "find">;
  /** For tests. */
  readonly limits?: GuessLimits;
  readonly cost?: PasswordCost;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

/** How long a right password of a user is known, so that a script is not slowed down by it. */
const KNOWN_MS = 60_000;
const KNOWN_MAX = 1_000;

export function createSignIn(deps: SignInDeps) {
  const { users, limits = GUESS_LIMITS, cost = PASSWORD_COST, now } = deps;
  const guesses = createGuesses(limits, now);
  const turns = createTurns();
  const key = randomBytes(32);
  const digest = (...texts: string[]) => {
    const hmac = createHmac("sha256", key);
    for (const text of texts) hmac.update(`${Buffer.byteLength(text)}:${text}`);
    return hmac.digest();
  };
  const wanted = digest(deps.password);
  /** Digest of name, password and stored hash -> until when it is known to be right. */
  const known = new Map<string, number>();
  let noHash: Promise<string> | undefined;

  /** In constant time for any length: compares keyed digests, not the texts. */
  function isShared(password: string): boolean {
    return timingSafeEqual(digest(password), wanted);
  }

  async function compare(name: string, password: string): Promise<Identity | string | null> {
    const user = await users.find(name);
    noHash ??= hashPassword(randomBytes(32).toString("base64url"), cost);
    const none = await noHash;
    const hash = user?.hash ?? none;
    const one = digest(name, password, hash).toString("base64url");
    const isKnown = (known.get(one) ?? 0) > now();
    const isRight = isKnown || (await isPassword(password, hash));
    if (user === undefined || !isRight || user.disabled) return user === undefined ? null : name;
    if (!isKnown) remember(one);
    const { role, numbers, mark } = user;
    return { who: `user:${name}`, role, numbers, mark };
  }

  function remember(one: string): void {
    known.delete(one);
    if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value ?? "");
    known.set(one, now() + KNOWN_MS);
  }

  return {
    /**
     * The dashboard's password with any name, else that of a user. `name` and `password` are what
     * a stranger sent. Rejects if Redis is away and the password is not the dashboard's.
     */
    async by(input: { name: string; password: string; address: string }): Promise<SignedIn> {
      const { password, address } = input;
      if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX) return wrong(address, null, null);
      if (isShared(password)) {
        const identity = { who: "password", role: "admin", numbers: null, mark: null } as const;
        return { kind: "right", identity };
      }
      const typed = input.name.trim().toLowerCase();
      // Every other text counts as one name: memory does not grow with what strangers make up.
      const name = isUserName(typed) ? typed : "";
      const waitMs = guesses.waitMs(address, name);
      if (waitMs > 0) return { kind: "wrong", waitMs, user: null };
      const found = await turns.run(address, async () => ({
        value: await compare(name, password),
      }));
      if (found === null) return { kind: "busy" };
      const { value } = found;
      if (value === null || typeof value === "string") return wrong(address, name, value);
      return { kind: "right", identity: value };
    },

    /** Counts a wrong token. The ms until the next one is allowed; 0: now. */
    failToken: (address: string): number => guesses.fail(address, null),

    /**
     * The marks that sessions rest on: a changed password, or another provider or mapping of
     * groups, ends them. The password's is keyed by the session's own secret, which Redis does not
     * have: what is stored there cannot be used to guess the password.
     */
    marks: (secret: string, sso: string): Marks => ({
      password: createHmac("sha256", secret).update(deps.password).digest("base64url"),
      sso,
    }),
  };

  function wrong(address: string, name: string | null, user: string | null): SignedIn {
    return { kind: "wrong", waitMs: guesses.fail(address, name), user };
  }
}

export type SignIn = ReturnType<typeof createSignIn>;
