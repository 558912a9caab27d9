import {
  type AddressProblem,
  parseRedisAddress,
  type RedisAddress,
} from "../core/redis-address.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";

/** Parses `DROPCAST_REDIS_URL` (see docs/redis.md), or the path of a socket. */
export function parseRedisUrl(text: string): Result<RedisAddress> {
  if (text.startsWith("/")) return accept({ kind: "socket", path: text });
  const parsed = parseRedisAddress(text);
  return "address" in parsed ? accept(parsed.address) : refuseAddress(parsed.problem);
}

function refuseAddress({ message, fix }: AddressProblem): Result<never> {
  return refuse("redis_url_invalid", `DROPCAST_REDIS_URL ${message}.`, fix);
}
