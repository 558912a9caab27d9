import { RATE_MIN } from "./campaign.ts";

/** A number of a pool, and its part of the people: its rate when the list was imported. */
export interface PoolMember {
  readonly number: string;
  readonly weight: number;
}

/** `stored`: each of its campaigns may start. */
export const POOL_STATUSES = ["importing", "stored", "rejected", "cancelled"] as const;
export type PoolStatus = (typeof POOL_STATUSES)[number];

/** A pool has at most so many numbers: the place of one is a byte. */
export const POOL_MAX = 50;

/**
 * Which member gets a person: the one with the highest random weight (rendezvous hashing with
 * weights). It depends on the person's digest and the members alone,
 * so a person stays with a number without a table, and a further number takes only its own part
 * from the others.
 */
export function memberOf(person: Buffer, members: readonly PoolMember[]): number {
  let [best, highest] = [0, Number.NEGATIVE_INFINITY];
  for (const [at, { number, weight }] of members.entries()) {
    const score = -weight / Math.log(unitOf(person, number));
    if (score > highest) [best, highest] = [at, score];
  }
  return best;
}

/** A number above 0 and below 1 that person and number determine: FNV-1a, then mixed (murmur3). */
function unitOf(person: Buffer, number: string): number {
  let high = 0x811c9dc5;
  for (let at = 0; at < number.length; at++) {
    high = Math.imul(high ^ number.charCodeAt(at), 0x01000193);
  }
  let low = high;
  for (const byte of person.subarray(0, 4)) high = Math.imul(high ^ byte, 0x01000193);
  for (const byte of person.subarray(4)) low = Math.imul(low ^ byte, 0x01000193);
  return ((mix(high ^ mix(low)) >>> 0) + 0.5) / 2 ** 32;
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** The part of a rate of the whole pool that a member has. */
export function partOf(rate: number, members: readonly PoolMember[], at: number): number {
  const all = members.reduce((sum, { weight }) => sum + weight, 0);
  const part = (rate * (members[at]?.weight ?? 0)) / all;
  return Math.max(RATE_MIN, Number(part.toPrecision(4)));
}

/** Ids of pools begin with it; a number of that name has its own campaigns. */
export const POOL_PREFIX = "pool";
const POOL_ID = /^pool-[1-9][0-9]{0,9}$/;

export function isPoolId(id: string): boolean {
  return POOL_ID.test(id);
}
