import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { MiddlewareHandler } from "hono";
import type { Access, ApiEnv } from "../api/access.ts";
import type { Answer } from "../api/answer.ts";
import type { ClientAddress } from "../config/client-address.ts";
import { plainProblem } from "../http/problem.ts";
import { createThrottle } from "../http/throttle.ts";
import type { Tokens } from "../store/index.ts";

/** Wrong passwords and tokens per address: a burst, then one each `refillMs`. */
export interface LoginLimits {
  readonly burst: number;
  readonly refillMs: number;
}

export const LOGIN_LIMITS: LoginLimits = { burst: 10, refillMs: 2_000 };

/** More than any office has; when full, the address that failed longest ago is forgotten. */
const ADDRESSES_MAX = 10_000;

/**
 * Always admits the right password (HTTP Basic, RFC 7617, any user name) and a valid token (Bearer,
 * RFC 6750): a stranger who guesses behind the same proxy must not be able to shut out its users.
 * After some wrong ones an address only gets 429; the length of the password (password.ts) is what
 * stops guessing. A request without credentials is not a guess and never counts: every browser
 * begins with one.
 */
export function createLogin(input: {
  password: string;
  tokens: Pick<Tokens, "find">;
  limits: LoginLimits;
  clientAddress: ClientAddress;
  answer: Answer;
  /** A clock in ms that never goes back. */
  now: () => number;
}): MiddlewareHandler<ApiEnv> {
  const { password, tokens, limits, clientAddress, answer, now } = input;
  const throttle = createThrottle({
    ...{ burst: limits.burst, ratePerSecond: 1_000 / limits.refillMs },
    ...{ addressesMax: ADDRESSES_MAX, now },
  });
  const isPassword = createComparison(password);

  return async (context, next) => {
    const given = readCredentials(context.req.header("authorization"));
    if (given === undefined) return answer(context, LOGIN_NEEDED);
    const remote = getConnInfo(context).remote.address ?? "";
    const address = clientAddress(remote, context.req.header("x-forwarded-for"));
    const access = await accessOf(given);
    if (access !== undefined) {
      context.set("access", { ...access, from: address });
      return next();
    }
    const waitMs = throttle.fail(address);
    if (waitMs === 0) {
      return answer(context, given.kind === "password" ? LOGIN_NEEDED : TOKEN_INVALID);
    }
    const headers = { "retry-after": String(Math.ceil(waitMs / 1000)) };
    return answer(context, { ...THROTTLED, headers });
  };

  async function accessOf(given: Credentials): Promise<Omit<Access, "from"> | undefined> {
    if (given.kind === "password") {
      return isPassword(given.text) ? { who: "password", role: "admin", numbers: null } : undefined;
    }
    const token = await tokens.find(given.text);
    return token === undefined
      ? undefined
      : { who: `token:${token.name}`, role: token.role, numbers: null };
  }
}

const LOGIN_NEEDED = plainProblem("dashboard_login_needed", {
  "www-authenticate": 'Basic realm="Dropcast", charset="UTF-8"',
});

const TOKEN_INVALID = plainProblem("api_token_invalid", {
  "www-authenticate": 'Bearer realm="Dropcast", error="invalid_token"',
});

const THROTTLED = plainProblem("dashboard_throttled");

interface Credentials {
  readonly kind: "password" | "token";
  readonly text: string;
}

function readCredentials(header: string | undefined): Credentials | undefined {
  const token = /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  if (token !== undefined) return { kind: "token", text: token };
  const password = basicPassword(header);
  return password === undefined ? undefined : { kind: "password", text: password };
}

function basicPassword(header: string | undefined): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : text.slice(colon + 1);
}

/** In constant time for any length: compares keyed digests, not the texts. */
function createComparison(password: string): (given: string) => boolean {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text).digest();
  const wanted = digest(password);
  return (given) => timingSafeEqual(digest(given), wanted);
}
