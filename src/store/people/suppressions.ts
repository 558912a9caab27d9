import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { keySpace } from "../keys.ts";
import { createNumberOptOuts } from "./number-opt-outs.ts";
import { createOptOutList, type NewOptOut, type OptOutChange } from "./opt-out-list.ts";
import { createPersonDigest } from "./person-digest.ts";

/**
 * Who must not be messaged, for people: each change resolves when it holds for every number. From
 * then on no POST to somebody who was added begins.
 */
export async function createSuppressions(input: {
  redis: Redis;
  /** Live unless said. */
  mode?: Mode;
  /** A granted message that has not started after so long never does. */
  startFenceMs: number;
}) {
  const { redis, startFenceMs, mode = "live" } = input;
  const person = await createPersonDigest(redis, mode);
  const list = createOptOutList({ redis, person, mode });

  /** Takes the list to every number; resolves with when the last claim before it has run out, in ms. */
  async function tellNumbers(phones: readonly string[]): Promise<number> {
    let waitMs = 0;
    for (const name of await list.numbers()) {
      const number = keySpace(name, mode);
      const copy = createNumberOptOuts({ redis, number, person, list });
      await copy.catchUp();
      waitMs = Math.max(waitMs, await copy.claimsEndInMs(phones, startFenceMs));
    }
    return waitMs;
  }

  return {
    all: list.all,

    /** What became of each, in the order given. */
    async add(entries: readonly NewOptOut[]): Promise<readonly OptOutChange[]> {
      const { changes } = await list.add(entries);
      // Of who was on the list before: the command that wrote it may have died before it had told.
      const waitMs = await tellNumbers(entries.map(({ phone }) => phone));
      if (waitMs > 0) await sleep(waitMs);
      return changes;
    },

    async remove(phones: readonly string[]): Promise<readonly OptOutChange[]> {
      const { changes } = await list.remove(phones);
      await tellNumbers([]);
      return changes;
    },

    /** Keeps a person's opt-out, if there is one, as a digest alone. Whether there was one. */
    async erase(phone: string): Promise<boolean> {
      const { changes } = await list.erase(phone);
      await tellNumbers([]);
      return changes.some(({ before }) => before !== null);
    },

    numbers: list.numbers,
  };
}

export type Suppressions = Awaited<ReturnType<typeof createSuppressions>>;
