import { type Refused, refuse } from "../core/refusal.ts";
import type { ShortOfMemory } from "../store/index.ts";

/** Redis has no room for more rows; `stopped` says how far the list came. */
export function refuseShortOfMemory(short: ShortOfMemory, stopped: string): Refused {
  const [used, most] = [short.usedBytes, short.maxBytes].map((bytes) =>
    Math.ceil(bytes / MEBIBYTE),
  );
  return refuse(
    "redis_memory_short",
    `Redis has ${used} of ${most} MiB in use, and the last tenth is for sending: ${stopped}.`,
    "Raise maxmemory (docs/sizing.md says how much a list needs), or delete what is no longer needed by a shorter DROPCAST_RETENTION_DAYS; then give the list again.",
  );
}

const MEBIBYTE = 1_024 * 1_024;
