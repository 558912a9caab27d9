import type { Mode } from "../core/mode.ts";
import { ALL_NUMBERS, keySpace, slotKey } from "./keys.ts";

/** What concerns the keys of all spaces at once: a backup copies them as they are. */

/** A pattern of all keys of Dropcast, for SCAN. */
export const ALL_KEYS = "dropcast:{*";

/** The key space that a key belongs to; undefined for a key that is not Dropcast's. */
export function spaceOfKey(key: string): string | undefined {
  return /^dropcast:\{([^}]+)\}/.exec(key)?.[1];
}

/**
 * string: when the backup was made that is being restored. It exists in both modes from before the
 * first key to after the last question; meanwhile no process opens this Redis.
 */
export function restoringKey(mode: Mode): string {
  return `${slotKey(keySpace(ALL_NUMBERS, mode))}:restoring`;
}
