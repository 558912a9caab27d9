import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import type { SignedIn, SignIn } from "../access/sign-in.ts";
import { type Access, type ApiEnv, rightsOf } from "../api/access.ts";
import { type Answer, wantsPage } from "../api/answer.ts";
import type { AskBy } from "../config/access.ts";
import type { ClientAddress } from "../config/client-address.ts";
import { type Problem, plainProblem } from "../http/problem.ts";
import type { Sessions, Tokens } from "../store/index.ts";
import { BASIC, readCookie, SESSION } from "./cookies.ts";

interface LoginDeps {
  readonly signIn: SignIn;
  readonly tokens: Pick<Tokens, "find">;
  readonly sessions: Pick<Sessions, "find" | "idOf">;
  /** The mark of sessions that began at the provider. */
  readonly ssoMark: string;
  /** How a browser without a session is asked. */
  readonly askBy: AskBy;
  readonly clientAddress: ClientAddress;
  readonly answer: Answer;
}

/**
 * Who makes a request: by a token (Bearer, RFC 6750), a name and password (HTTP Basic, RFC 7617),
 * or the session of a browser. Credentials that a request brings count before its cookie, and are
 * refused if they are wrong even if the cookie is right.
 *
 * A browser without any is sent to the page to sign in; all else gets 401. A request without
 * credentials is not a guess and never counts: every browser begins with one. If Redis is away it
 * is an error (503), not a missing login: a browser would be sent around in circles.
 */
export function createLogin(deps: LoginDeps): MiddlewareHandler<ApiEnv> {
  const { signIn, tokens, sessions, ssoMark, answer } = deps;

  return async (context, next) => {
    const from = addressOf(context, deps.clientAddress);
    const header = context.req.header("authorization");
    const look = () => (header === undefined ? bySession(context) : byHeader(header, from));
    const found = await look();
    if ("status" in found) {
      if (found.refusal.code !== "dashboard_login_needed" || header !== undefined) {
        return answer(context, found);
      }
      return deps.askBy === "dialog" || mayBeAsked(context)
        ? answer(context, found)
        : toSignIn(context, answer);
    }
    context.set("access", { ...found, from });
    context.set("stillHas", async () => {
      const now = await look().catch(() => FAILED);
      if ("status" in now) return now.status >= 500;
      return rightsOf(now) === rightsOf(found);
    });
    return next();
  };

  async function bySession(context: Context): Promise<Omit<Access, "from"> | Problem> {
    const secret = readCookie(context, SESSION);
    if (secret === undefined) return LOGIN_NEEDED;
    const found = await sessions.find(secret, signIn.marks(secret, ssoMark));
    return found === undefined ? LOGIN_NEEDED : { ...found, session: sessions.idOf(secret) };
  }

  async function byHeader(header: string, from: string): Promise<Omit<Access, "from"> | Problem> {
    const given = readCredentials(header);
    if (given === undefined) return LOGIN_NEEDED;
    if (given.kind === "token") {
      const token = await tokens.find(given.text);
      if (token !== undefined) {
        const { name, role, numbers } = token;
        return { who: `token:${name}`, role, numbers };
      }
      const waitMs = signIn.failToken(from);
      return waitMs === 0 ? TOKEN_INVALID : throttled(waitMs);
    }
    const { name, text: password } = given;
    const result = await signIn.by({ name, password, address: from });
    if (result.kind !== "right") return signInProblem(result, LOGIN_NEEDED);
    const { who, role, numbers } = result.identity;
    return { who, role, numbers };
  }
}

/** The address of the client, behind the proxies that are trusted. */
export function addressOf(context: Context, clientAddress: ClientAddress): string {
  const remote = getConnInfo(context).remote.address ?? "";
  return clientAddress(remote, context.req.header("x-forwarded-for"));
}

/** Why a sign-in failed; `wrong`: the answer for a wrong name or password. */
export function signInProblem(
  result: Exclude<SignedIn, { readonly kind: "right" }>,
  wrong: Problem,
): Problem {
  if (result.kind === "busy") return BUSY;
  return result.waitMs === 0 ? wrong : throttled(result.waitMs);
}

function throttled(waitMs: number): Problem {
  return { ...THROTTLED, headers: { "retry-after": String(Math.ceil(waitMs / 1000)) } };
}

/** Scripts get 401; and so does a browser that wants to be asked for the password itself. */
function mayBeAsked(context: Context): boolean {
  return !isBrowser(context) || readCookie(context, BASIC) !== undefined;
}

/** A page that is opened or a form; or what a page asks for by a script, an image and so on. */
function isBrowser(context: Context): boolean {
  return wantsPage(context) || context.req.header("sec-fetch-dest") !== undefined;
}

/** A form is not sent again by itself: after it, signing in leads to the start. */
function toSignIn(context: Context, answer: Answer): Response | Promise<Response> {
  if (!wantsPage(context)) return answer(context, SESSION_NEEDED);
  const { method, url } = context.req;
  const { pathname, search } = new URL(url);
  const to =
    method === "GET" && pathname !== "/" ? `?to=${encodeURIComponent(pathname + search)}` : "";
  return context.redirect(`/sign-in${to}`, 303);
}

type Credentials =
  | { readonly kind: "token"; readonly text: string }
  | { readonly kind: "password"; readonly name: string; readonly text: string };

function readCredentials(header: string): Credentials | undefined {
  const token = /^Bearer +(\S+) *$/i.exec(header)?.[1];
  if (token !== undefined) return { kind: "token", text: token };
  const encoded = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { kind: "password", name: text.slice(0, colon), text: text.slice(colon + 1) };
}

const LOGIN_NEEDED = plainProblem("dashboard_login_needed", {
  "www-authenticate": 'Basic realm="Dropcast", charset="UTF-8"',
});

/** Without Basic: a browser would ask for a password in a window of its own, on any page. */
const SESSION_NEEDED = plainProblem("dashboard_login_needed", {
  "www-authenticate": 'Bearer realm="Dropcast"',
});

const TOKEN_INVALID = plainProblem("api_token_invalid", {
  "www-authenticate": 'Bearer realm="Dropcast", error="invalid_token"',
});

const THROTTLED = plainProblem("dashboard_throttled");

/** Redis that is away for a moment ends no session. */
const FAILED = plainProblem("dashboard_store_unavailable");

const BUSY = plainProblem("sign_in_busy", { "retry-after": "5" });
