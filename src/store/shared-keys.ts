import type { Mode } from "../core/mode.ts";
import { ALL_NUMBERS, keySpace, slotKey } from "./keys.ts";
import { CAP_SHARDS } from "./scripts/protocol.ts";

/** Keys that numbers share, beside those of the whole deployment. */

/** The tag of a portfolio's keys; like ALL_NUMBERS it cannot be a number's name. */
export function portfolioSpace(name: string): string {
  return `portfolio.${name}`;
}

/**
 * Keys of one portfolio, by its key space; of ALL_NUMBERS for the frequency caps of numbers
 * without one. Written by reserve.
 */
export function portfolioKeys(space: string) {
  const prefix = `${slotKey(space)}:`;
  return {
    /** zset: digest of a person -> until when the person counts, ms; no more than its limit. */
    people: `${prefix}people`,
    /** hash: `offset` and `mark` of the portfolio's own clock, as of a number. */
    clock: `${prefix}clock`,
    /** hash: digest of a person -> CAP_ENTRY each (lib/caps.lua). Expires when none counts. */
    sends: (period: number, person: Buffer) =>
      `${prefix}sends:${period}:${person.readUInt16BE(0) % CAP_SHARDS}`,
    /** string: the latest period with such a message. */
    sendsTop: `${prefix}sends-top`,
  };
}

/** Keys of campaigns over several numbers, in the slot of the whole deployment. */
export function poolKeys(mode: Mode) {
  const prefix = `${slotKey(keySpace(ALL_NUMBERS, mode))}:`;
  return {
    /** zset: pool -> created at, ms. Written by pool-begin. */
    pools: `${prefix}pools`,
    /** zset: pool whose campaigns may start, and have not all -> since when, ms. By pool-end. */
    poolsOpen: `${prefix}pools-open`,
    /** string: the serial of the newest pool. */
    poolSerial: `${prefix}pool-serial`,
    /** hash: digest of (numbers, name, bytes) -> pool. */
    poolImports: `${prefix}pool-imports`,
    /** hash: hashes.ts. */
    pool: (id: string) => `${prefix}pool:${id}`,
    /** hash: campaign whose rows go elsewhere -> `number|campaign that gets them|1 when done`. */
    poolMoves: (id: string) => `${prefix}pool-moves:${id}`,
    /** set: campaigns of it that retention has deleted; it goes with the last one. */
    poolGone: (id: string) => `${prefix}pool-gone:${id}`,
    /** zset: `pool|campaign` of moves that are not done -> since when, ms. By pool-move. */
    poolsMoving: `${prefix}pools-moving`,
    /** string: how often a move was begun or went on, so that an erase notices it. */
    poolsMoved: `${prefix}pools-moved`,
    /** string: of a campaign that got moved rows: where each was, 4 bytes. */
    poolMoved: (campaign: string) => `${prefix}pool-moved:${campaign}`,
    /** string: a byte for each row of the list: the place of its number in the pool. */
    poolOrder: (id: string) => `${prefix}pool-order:${id}`,
  };
}

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
