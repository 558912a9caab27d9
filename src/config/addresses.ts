import { isIP } from "node:net";
import { parseRedisAddress } from "../core/redis-address.ts";
import type { Findings } from "./environment.ts";

export const DEFAULT_API_URL = "https://lwb-api.livechat-integrations.com";

/** Where the API is. */
interface ApiAddress {
  readonly apiUrl: string;
  /** Null on loopback, which may be the sandbox or a tunnel to the real API: ask it. */
  readonly mode: "live" | null;
}

/**
 * Checks the API's base URL. Every request carries the token, so plain `http:` is for loopback
 * only, and a user or password in the URL is refused. Returns it without trailing slashes.
 */
export function checkApiUrl(name: string, given: string, findings: Findings): ApiAddress {
  const fallback: ApiAddress = { apiUrl: DEFAULT_API_URL, mode: "live" };
  const refuse = (message: string, fix: string): ApiAddress => {
    findings.add(name, message, fix);
    return fallback;
  };
  const url = parseUrl(given);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return refuse("is not an https URL", `Give a URL as in ${DEFAULT_API_URL}`);
  }
  if (url.username !== "" || url.password !== "") {
    return refuse("holds a user or a password", "Remove it; the token has a variable of its own.");
  }
  if (url.search !== "" || url.hash !== "") {
    return refuse("holds a ? or a #", "Give the base URL alone.");
  }
  const mode = isLoopback(url.hostname) ? null : "live";
  if (url.protocol === "http:" && mode === "live") {
    return refuse(
      "is http: to another host, which would show the token to the network",
      "Use https:, or http: with 127.0.0.1 for the sandbox or a tunnel.",
    );
  }
  return { apiUrl: url.origin + url.pathname.replace(/\/+$/, ""), mode };
}

/** Whether a host name or address (IPv6 with or without brackets) can only mean this machine. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase();
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

/** Checks the shape of a Redis address. Messages never repeat it: it may contain a password. */
export function checkRedisUrl(name: string, given: string, findings: Findings): string | null {
  const parsed = parseRedisAddress(given);
  if ("address" in parsed) return given;
  findings.add(name, parsed.problem.message, parsed.problem.fix);
  return null;
}

/** The address without its user, password and options, for people to read. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([a-z-]+:\/\/).*@/, "$1***@").replace(/\?.*$/, "?***");
}

export function checkHost(name: string, given: string, findings: Findings): string {
  const host = given.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host)) return host;
  findings.add(name, "is not an address to listen on", "Give 127.0.0.1, or 0.0.0.0 for all.");
  return host;
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
