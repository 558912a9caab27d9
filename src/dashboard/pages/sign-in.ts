/**
 * Signing in and out. These addresses need no login. A form of another site is refused before
 * (origin.ts), so it cannot sign a person in to a stranger's account; a session always begins with
 * a new secret, so none that was planted before is ever worth anything.
 */
import { Hono } from "hono";
import { html } from "hono/html";
import type { Oidc, PendingSignIn } from "../../access/oidc.ts";
import { endSession } from "../../access/sessions.ts";
import type { SignIn } from "../../access/sign-in.ts";
import { type ApiContext, type ApiEnv, actorOf } from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import { isLoopback } from "../../config/addresses.ts";
import type { ClientAddress } from "../../config/client-address.ts";
import type { Refusal } from "../../core/refusal.ts";
import { type Problem, plainProblem, toProblem } from "../../http/problem.ts";
import { createThrottle } from "../../http/throttle.ts";
import type { ActLog, Identity, Sessions } from "../../store/index.ts";
import { addressOf, signInProblem } from "../auth.ts";
import {
  BASIC,
  dropCookie,
  keepsCookies,
  readCookie,
  SESSION,
  SIGN_IN,
  writeCookie,
} from "../cookies.ts";
import { ownPath } from "../own-path.ts";
import { type Html, page } from "./layout.ts";

interface SignInPagesDeps {
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  /** Null: there is no provider. */
  readonly oidc: Oidc | null;
  /** The dashboard's address at the provider; null: as requested, on loopback. */
  readonly url: string | null;
  readonly acts: Pick<ActLog, "begin" | "end">;
  readonly clientAddress: ClientAddress;
  readonly answer: Answer;
}

/** Larger than any name and password. */
const FORM_BYTES_MAX = 16 * 1024;

/** Failed sign-ins in the audit: some of each address, and so many a minute in all. */
const NOTED = { burst: 3, ratePerSecond: 1 / 60, addressesMax: 1_000 };
const NOTED_IN_ALL = { burst: 30, ratePerSecond: 0.5, addressesMax: 1 };

export function createSignInPages(deps: SignInPagesDeps): Hono<ApiEnv> {
  const { signIn, sessions, oidc, answer } = deps;
  const now = () => performance.now();
  const noted = createThrottle({ ...NOTED, now });
  const notedInAll = createThrottle({ ...NOTED_IN_ALL, now });
  const pages = new Hono<ApiEnv>();
  const marks = (secret: string) => signIn.marks(secret, oidc?.mark ?? "");

  pages.get("/sign-in", (context) =>
    show(context, { to: ownPath(context.req.query("to")), problem: null }),
  );

  pages.post("/sign-in", async (context) => {
    const fields = await readForm(context);
    if (fields === null) return answer(context, TOO_LARGE);
    const to = ownPath(fields.get("to") ?? undefined);
    // The password was sent, but no session could be kept: rather say so than fail in silence.
    if (!keepsCookies(context)) return show(context, { to, problem: NO_COOKIE });
    const address = addressOf(context, deps.clientAddress);
    const [name, password] = [fields.get("name") ?? "", fields.get("password") ?? ""];
    const result = await signIn.by({ name, password, address });
    if (result.kind === "right") return begin(context, result.identity, { to });
    if (result.kind === "wrong") await noteFailed(address, result.user);
    return show(context, { to, problem: signInProblem(result, WRONG) });
  });

  // The browser comes here with its new cookie, or without: then it would only be sent around.
  pages.get("/sign-in/done", async (context) => {
    const secret = readCookie(context, SESSION);
    const found = secret === undefined ? undefined : await sessions.find(secret, marks(secret));
    const to = ownPath(context.req.query("to"));
    return found === undefined
      ? show(context, { to, problem: NO_COOKIE })
      : context.redirect(to, 303);
  });

  pages.get("/sign-in/basic", (context) => {
    writeCookie(context, BASIC, "1");
    return context.redirect("/", 303);
  });

  pages.get("/sign-in/sso", async (context) => {
    if (oidc === null) return answer(context, NOT_FOUND);
    const begun = await oidc.begin(redirectUri(context), ownPath(context.req.query("to")));
    if (!begun.ok) return show(context, { to: "/", problem: toProblem(begun) });
    const { url, pending } = begun.value;
    writeCookie(context, SIGN_IN, Buffer.from(JSON.stringify(pending)).toString("base64url"));
    return context.redirect(url, 303);
  });

  pages.get("/sign-in/callback", async (context) => {
    if (oidc === null) return answer(context, NOT_FOUND);
    const pending = readPending(readCookie(context, SIGN_IN));
    dropCookie(context, SIGN_IN);
    if (pending === null) return show(context, { to: "/", problem: OTHER_ANSWER });
    const { searchParams } = new URL(context.req.url);
    const found = await oidc.finish(searchParams, pending, redirectUri(context));
    if (found.ok) return begin(context, found.value, { to: pending.to, once: pending.state });
    await noteFailed(addressOf(context, deps.clientAddress), null);
    return show(context, { to: ownPath(pending.to), problem: toProblem(found) });
  });

  pages.post("/sign-out", async (context) => {
    const secret = readCookie(context, SESSION);
    const found = secret === undefined ? undefined : await sessions.find(secret, marks(secret));
    if (secret !== undefined && found !== undefined) {
      const from = addressOf(context, deps.clientAddress);
      const session = sessions.idOf(secret);
      await endSession(
        { sessions, acts: deps.acts },
        session,
        actorOf({ ...found, from, session }),
      );
    }
    for (const cookie of [SESSION, SIGN_IN, BASIC]) dropCookie(context, cookie);
    return context.redirect("/sign-in", 303);
  });

  return pages;

  async function begin(
    context: ApiContext,
    identity: Identity,
    { to, once }: { readonly to: string; readonly once?: string },
  ): Promise<Response> {
    const from = addressOf(context, deps.clientAddress);
    const before = readCookie(context, SESSION);
    const begun = await sessions.begin(identity, { from, before, once, marks });
    if (begun.kind !== "begun") {
      return show(context, { to, problem: begun.kind === "used" ? OTHER_ANSWER : WRONG });
    }
    const who = identity.who === "password" ? "dashboard" : identity.who;
    await note({ who, from, result: "done", details: {} });
    writeCookie(context, SESSION, begun.secret);
    return context.redirect(`/sign-in/done?to=${encodeURIComponent(ownPath(to))}`, 303);
  }

  /** The name is noted only if it is a user's: people type passwords into the wrong field. */
  async function noteFailed(from: string, user: string | null): Promise<void> {
    if (noted.fail(from) > 0 || notedInAll.fail("") > 0) return;
    const details = user === null ? {} : { user };
    await note({ who: "not known", from, result: "refused", details });
  }

  function note(line: {
    who: string;
    from: string;
    result: "done" | "refused";
    details: Readonly<Record<string, string>>;
  }): Promise<void> {
    const act =
      line.result === "done"
        ? ({ what: "sign in", code: null } as const)
        : ({ what: "sign in failed", code: "sign_in_wrong" } as const);
    return deps.acts.end("", { ...line, ...act, via: "dashboard", campaigns: [] });
  }

  function redirectUri(context: ApiContext): string {
    const base = deps.url ?? `http://${context.req.header("host") ?? ""}`;
    const isOurs = deps.url !== null || (URL.canParse(base) && isLoopback(new URL(base).hostname));
    return `${isOurs ? base : "http://127.0.0.1"}/sign-in/callback`;
  }

  async function show(
    context: ApiContext,
    { to, problem }: { readonly to: string; readonly problem: Problem | null },
  ): Promise<Response> {
    const refusal = problem?.refusal ?? null;
    const main = signInMain({ to, refusal, sso: oidc !== null });
    const status = problem?.status ?? 200;
    const response = await page(context, { title: "Sign in", kind: "still", main, status });
    // Not WWW-Authenticate: the browser would ask in a window of its own.
    const seconds = problem?.headers?.["retry-after"];
    if (seconds !== undefined) response.headers.set("retry-after", seconds);
    return response;
  }
}

async function readForm(context: ApiContext): Promise<URLSearchParams | null> {
  const length = Number(context.req.header("content-length") ?? Number.NaN);
  if (!(length <= FORM_BYTES_MAX)) return null;
  return new URLSearchParams(await context.req.text());
}

/** Null for anything but what we wrote. */
function readPending(text: string | undefined): PendingSignIn | null {
  if (text === undefined) return null;
  try {
    const given = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as PendingSignIn;
    const { state, nonce, verifier, to } = given;
    const isOurs = [state, nonce, verifier, to].every((part) => typeof part === "string");
    return isOurs ? { state, nonce, verifier, to: ownPath(to) } : null;
  } catch {
    return null;
  }
}

function signInMain(input: {
  readonly to: string;
  readonly refusal: Refusal | null;
  readonly sso: boolean;
}): Html {
  const { to, refusal, sso } = input;
  return html`<section class="card sign-in">
    <h1>Sign in</h1>
    ${refusal === null ? "" : html`<div class="alert" role="alert"><p>${refusal.message}</p><p>${refusal.fix}</p></div>`}
    ${sso ? html`<p><a class="button" href="/sign-in/sso?to=${encodeURIComponent(to)}">Sign in with single sign-on</a></p>` : ""}
    <form method="post" action="/sign-in">
      <input type="hidden" name="to" value="${to}">
      <p><label for="name">Name</label><input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64"></p>
      <p><label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required></p>
      <p><button class="main">Sign in</button></p>
    </form>
    <p class="quiet">The dashboard’s own password needs no name. Over plain http from another machine a browser keeps no session: there, <a href="/sign-in/basic">let the browser ask for the password</a>.</p>
  </section>`;
}

const WRONG = plainProblem("sign_in_wrong");
const NO_COOKIE = plainProblem("sign_in_cookie_missing");
const OTHER_ANSWER = plainProblem("sso_answer_invalid");
const TOO_LARGE = plainProblem("dashboard_body_too_large");
const NOT_FOUND = plainProblem("dashboard_not_found");
