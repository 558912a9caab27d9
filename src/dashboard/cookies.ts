/**
 * The cookies of the dashboard. `__Host-` makes a browser refuse one that another host of the same
 * domain sets (cookie tossing), and needs `Secure`. Browsers keep a Secure cookie from https only,
 * and some of them from http://localhost. So over http on a loopback address the name is plain, and
 * has the port: cookies of all ports of a host are one jar, and live and sandbox may run side by
 * side.
 *
 * The scheme is that of the `Origin` header, which every browser sends with a form: whether a proxy
 * in front ends TLS cannot be seen otherwise, and is not guessed. Without it (a link was followed)
 * only loopback is taken as http.
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { isLoopback } from "../config/addresses.ts";

/** Its value and lifetime; nothing in a cookie outlives the browser's session but by `maxAge`. */
interface Cookie {
  readonly name: "dropcast" | "dropcast-sso" | "dropcast-basic";
  /** Seconds. */
  readonly maxAge: number;
}

export const SESSION: Cookie = { name: "dropcast", maxAge: 7 * 24 * 3_600 };
/** What a sign-in at the provider needs at its end. */
export const SIGN_IN: Cookie = { name: "dropcast-sso", maxAge: 15 * 60 };
/** Not a secret: this browser wants to be asked for the password itself (HTTP Basic). */
export const BASIC: Cookie = { name: "dropcast-basic", maxAge: 365 * 24 * 3_600 };

/** Lax: a link in a chat or an e-mail opens the page; writes are checked by origin.ts. */
const OPTIONS = { path: "/", httpOnly: true, sameSite: "Lax" } as const;

export function writeCookie(context: Context, { name, maxAge }: Cookie, value: string): void {
  if (isPlain(context)) setCookie(context, plainName(context, name), value, { ...OPTIONS, maxAge });
  else setCookie(context, name, value, { ...OPTIONS, maxAge, secure: true, prefix: "host" });
}

/** Undefined: it did not come, or not under the name that this address uses. */
export function readCookie(context: Context, { name }: Cookie): string | undefined {
  const secure = getCookie(context, name, "host");
  if (secure !== undefined || !isLocal(context)) return secure;
  return getCookie(context, plainName(context, name));
}

export function dropCookie(context: Context, { name }: Cookie): void {
  deleteCookie(context, name, { ...OPTIONS, secure: true, prefix: "host" });
  if (isLocal(context)) deleteCookie(context, plainName(context, name), OPTIONS);
}

/** Whether a browser would keep a cookie from here: not over http from another machine. */
export function keepsCookies(context: Context): boolean {
  return isLocal(context) || !isHttp(context);
}

function isPlain(context: Context): boolean {
  if (!isLocal(context)) return false;
  return context.req.header("origin") === undefined || isHttp(context);
}

function isHttp(context: Context): boolean {
  return context.req.header("origin")?.startsWith("http:") === true;
}

function isLocal(context: Context): boolean {
  const url = `http://${context.req.header("host") ?? ""}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
}

function plainName(context: Context, name: string): string {
  const { port } = new URL(`http://${context.req.header("host") ?? ""}`);
  return port === "" ? name : `${name}-${port}`;
}
