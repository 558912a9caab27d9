import { randomBytes } from "node:crypto";
import type { RunScript } from "../scripts/runner.ts";
import type { CounterMemory } from "./counter-memory.ts";
import { formatReading, laterOf, parseReading } from "./reading.ts";

export interface ClaimCounter {
  /**
   * This process among those that Redis tells. It begins with the id of the database that the
   * process started with (16 characters).
   */
  readonly worker: string;
  /** How long the others have time to speak after a start of Redis, ms. */
  readonly settleMs: number;
  /** The last reading as scripts take it; empty when nothing is remembered. */
  reading(): string;
  /** Remembers what a script told; empty: it told nothing. What is kept on disk is written first. */
  saw(text: string): void;
  /** Asks for a reading, for what a script that tells none has counted. Never rejects. */
  remember(): Promise<void>;
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
    const told = parseReading(text);
    if (told === undefined) return;
    const before = last;
    last = before === undefined ? told : laterOf(before, told);
    // At 0: it was a copy that remembered. From now on this process does.
    if (before === undefined || before.at === 0 || last.count > before.count) memory.note(last);
  }

  return {
    worker,
    settleMs,
    reading,
    saw,
    async remember() {
      try {
        saw(String(await run("read-counter", { reading: reading(), process: worker, settleMs })));
      } catch {
        // A Redis that does not answer: workers are told the same as soon as it does.
      }
    },
  };
}
