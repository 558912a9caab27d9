import type { MiddlewareHandler } from "hono";
import type { Answer } from "../api/answer.ts";
import { isLoopback } from "../config/addresses.ts";
import { plainProblem } from "../http/problem.ts";

/**
 * Blocks pages of other sites. A browser sends its cookie, or the stored password, for any page
 * that requests it, so:
 *
 * - A write must come from a page of this origin, whatever its content type. `Sec-Fetch-Site` and
 *   `Origin` are both checked, and neither makes up for the other: no page can set them. Of old
 *   browsers, and over plain http from another machine, only `Origin` comes.
 * - A write with neither does not come from a browser: curl, a script. It must bring its
 *   credentials itself; the cookie, which a script has no reason to send, does not suffice.
 * - A token is never sent by a browser on its own, so a write with one needs no proof.
 * - On a loopback address the `Host` must be this machine's. A foreign name is a page whose own
 *   name resolves to 127.0.0.1 (DNS rebinding) to become "same origin".
 */
export function createOriginCheck(input: { host: string; answer: Answer }): MiddlewareHandler {
  const { host, answer } = input;
  const localOnly = isLoopback(host);
  return async (context, next) => {
    const header = (name: string) => context.req.header(name);
    if (localOnly && !isLocalName(header("host"))) return answer(context, HOST_UNKNOWN);
    const isRead = context.req.method === "GET" || context.req.method === "HEAD";
    if (!isRead && !hasToken(header) && !isSameOrigin(header)) return answer(context, CROSS_SITE);
    return next();
  };
}

type Header = (name: string) => string | undefined;

function hasToken(header: Header): boolean {
  return /^Bearer /i.test(header("authorization") ?? "");
}

function isSameOrigin(header: Header): boolean {
  const [site, origin] = [header("sec-fetch-site"), header("origin")];
  if (site === undefined && origin === undefined) return header("authorization") !== undefined;
  return (
    (site === undefined || site === "same-origin") &&
    (origin === undefined || hostOf(origin) === header("host")?.toLowerCase())
  );
}

/** Host and port of an origin; undefined for "null" and invalid URLs. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function isLocalName(host: string | undefined): boolean {
  const url = `http://${host ?? ""}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
}

const HOST_UNKNOWN = plainProblem("dashboard_host_unknown");

const CROSS_SITE = plainProblem("dashboard_cross_site");
