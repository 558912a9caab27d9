import { randomBytes } from "node:crypto";

/**
 * What this process remembers of a number's beat: the count of claims granted, which only rises. It
 * goes along with each claim and dispatch; a Redis that has less went back in time (guard.lua).
 */
export interface Beat {
  /**
   * This process among the number's workers, in Redis's own notes of what it told whom. It begins
   * with the id of the database that the process started with (16 characters).
   */
  readonly worker: string;
  /** The highest beat that Redis ever told this process. */
  seen(): number;
  saw(beat: number): void;
}

export function createBeat(databaseId: string): Beat {
  let seen = 0;
  return {
    worker: `${databaseId}.${randomBytes(6).toString("hex")}`,
    seen: () => seen,
    saw(beat) {
      seen = Math.max(seen, beat);
    },
  };
}
