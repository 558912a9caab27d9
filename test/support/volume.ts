import { randomInt } from "node:crypto";
import { appendFileSync } from "node:fs";
import KEPT_SEEDS from "../faults/seeds.json" with { type: "json" };

/**
 * How much a fault run does, and by which chance. A run takes every random moment from one seed,
 * which it prints: `FAULTS_SEED=… npm run faults` meets the same moments again. Real processes
 * keep a will of their own, so a seed brings back what is done to them and not each interleaving.
 */

/** What `npm test` does of the full volume, `.ci/run` (FAULTS=tenth), and `npm run faults` (full). */
const SHARES: Readonly<Record<string, number>> = { fiftieth: 1 / 50, tenth: 1 / 10, full: 1 };

/** How often to do what is done `full` times at full volume: its share by FAULTS, at least once. */
export function volume(full: number): number {
  const name = process.env["FAULTS"] ?? "fiftieth";
  const share = SHARES[name];
  if (share === undefined) {
    throw new Error(`FAULTS=${name}: it is one of ${Object.keys(SHARES).join(", ")}.`);
  }
  return Math.max(1, Math.round(full * share));
}

/** Where the chances of a run come from. */
export interface Seeded {
  readonly seed: number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** A whole number, both ends included. */
  readonly int: (min: number, max: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
}

/** The seed where none is asked for: what fails with it fails because of the change. */
const USUAL_SEED = 20_261_129;

/**
 * The seed of this run: FAULTS_SEED, which may be `random`; a fresh one at full volume; else always
 * the same.
 */
export function seedOfRun(): number {
  const asked = process.env["FAULTS_SEED"] || (process.env["FAULTS"] === "full" ? "random" : "");
  if (asked === "") return USUAL_SEED;
  if (asked === "random") return randomInt(1, 2 ** 31);
  const seed = Number(asked);
  if (!Number.isSafeInteger(seed)) {
    throw new Error(`FAULTS_SEED=${asked}: it is a whole number, or "random".`);
  }
  return seed;
}

/**
 * A seeded run: the given seed, else {@link seedOfRun}; printed to stderr with the name. Two runs of
 * one seed differ by their names.
 */
export function seeded(name: string, given?: number): Seeded {
  const seed = given ?? seedOfRun();
  process.stderr.write(`faults: ${name}: seed ${seed}\n`);
  const random = generator(seed, name);
  const int = (min: number, max: number): number => min + Math.floor(random() * (max - min + 1));
  return {
    seed,
    random,
    int,
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) throw new RangeError("Nothing to pick from.");
      return list[int(0, list.length - 1)] as T;
    },
  };
}

/**
 * The seeds that a run is started with: a fresh one and, at full volume, every one that ever made it
 * fail (test/faults/seeds.json). What was mended then has a quick test of its own as well.
 */
export function seedsOf(name: string): (number | undefined)[] {
  const kept: Readonly<Record<string, readonly number[]>> = KEPT_SEEDS;
  return isFull() ? [undefined, ...(kept[name] ?? [])] : [undefined];
}

/**
 * Appends one JSON line of figures to the file named by FAULTS_RESULTS, when set: {name, seed,
 * ...figures}. `scripts/faults.mjs` renders them.
 */
export function published(name: string, seed: number, figures: Record<string, number>): void {
  const path = process.env["FAULTS_RESULTS"];
  if (path) appendFileSync(path, `${JSON.stringify({ name, seed, ...figures })}\n`);
}

function isFull(): boolean {
  return process.env["FAULTS"] === "full";
}

/** Mulberry32: small, and good enough to choose moments. */
function generator(seed: number, name: string): () => number {
  let state = seed >>> 0;
  // FNV-1a of the name, so that two runs of one seed do not move in step.
  for (const char of name) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
