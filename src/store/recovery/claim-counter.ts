import { randomBytes } from "node:crypto";
import type { RunScript } from "../scripts/runner.ts";
import type { CounterMemory } from "./counter-memory.ts";
import { formatReading, laterOf, parseReading } from "./reading.ts";

export interface ClaimCounter {
  /**
   * The name of this process for the claim counter. It begins with the id of the database that the
   * process started with (16 characters).
   */
  readonly worker: string;
  /** How long the other processes have to report after a start of Redis, ms. */
  readonly settleMs: number;
  /** The last reading in the form that scripts take; empty if there is none. */
  reading(): string;
  /** Remembers a reading from a script, if it is not empty. It is written to disk first. */
  saw(text: string): void;
  /**
   * The same for a reading that may have changes of others in it, which a failover can still lose:
   * if it is higher than the last one, it is remembered only once it is proved (durability.ts).
   */
  sawProved(text: string, isProved: () => Promise<boolean>): Promise<void>;
  /**
   * Requests a reading after scripts that return none. False: it is not known, since Redis does not
   * answer or the number is stopped. Never rejects.
   */
  remember(): Promise<boolean>;
}

export function createClaimCounter(input: {
  databaseId: string;
  settleMs: number;
  memory: Pick<CounterMemory, "recall" | "note">;
  run: RunScript;
}): ClaimCounter {
  const { databaseId, settleMs, memory, run } = input;
  const worker = `${databaseId}.${randomBytes(6).toString("hex")}`;
  let last = memory.recall();

  const reading = (): string => (last === undefined ? "" : formatReading(last));

  function saw(text: string): void {
    const seen = parseReading(text);
    if (seen === undefined) return;
    const before = last;
    last = before === undefined ? seen : laterOf(before, seen);
    // The reading of a copied folder has `at` 0. From now on this process remembers it itself.
    if (before === undefined || before.at === 0 || last.count > before.count) memory.note(last);
  }

  return {
    worker,
    settleMs,
    reading,
    saw,
    async sawProved(text, isProved) {
      const seen = parseReading(text);
      if (seen === undefined) return;
      if (last !== undefined && seen.count <= last.count) return saw(text);
      // Without a connection it comes with the next answer.
      if (await isProved().catch(() => false)) saw(text);
    },
    async remember() {
      try {
        const args = { reading: reading(), process: worker, settleMs };
        const text = String(await run("read-counter", args));
        saw(text);
        return text !== "";
      } catch {
        // Redis does not answer: workers get the reading as soon as it does.
        return false;
      }
    },
  };
}
