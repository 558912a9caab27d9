import { accept, type Result, refuse } from "../core/refusal.ts";

/** Where a Redis is: the socket of an embedded one, or a configured URL. */
export type RedisAddress = { kind: "socket"; path: string } | { kind: "url"; url: string };

/** The connection string for ioredis: a socket path begins with "/", a URL with its scheme. */
export function redisTarget(address: RedisAddress): string {
  return address.kind === "socket" ? address.path : address.url;
}

/** The address for logs and messages, without user name, password and query. */
export function describeAddress(address: RedisAddress): string {
  if (address.kind === "socket") return address.path;
  if (!URL.canParse(address.url)) return "the configured Redis URL";
  const url = new URL(address.url);
  return `${url.protocol}//${url.host}${url.pathname === "/" ? "" : url.pathname}`;
}

/** Parses `DROPCAST_REDIS_URL`: `redis://`, `rediss://`, `unix:///path` or a socket path. */
export function parseRedisUrl(text: string): Result<RedisAddress> {
  if (text.startsWith("/")) return accept({ kind: "socket", path: text });
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.protocol === "unix:" && url.pathname !== "") {
      return accept({ kind: "socket", path: decodeURIComponent(url.pathname) });
    }
    if ((url.protocol === "redis:" || url.protocol === "rediss:") && url.hostname !== "") {
      return accept({ kind: "url", url: text });
    }
  }
  return refuse(
    "redis_url_invalid",
    // Without the value, which may contain a password.
    "DROPCAST_REDIS_URL is not a valid Redis address.",
    "Write it as redis://host:6379, rediss://user:password@host:6379 (TLS) or unix:///path/to/redis.sock; percent-encode special characters in the password.",
  );
}
