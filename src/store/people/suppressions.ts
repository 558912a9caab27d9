import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { keySpace } from "../keys.ts";
import { createNumberOptOuts } from "./number-opt-outs.ts";
import { createOptOutList, type NewOptOut, type OptOutChange } from "./opt-out-list.ts";
import { createPersonDigest } from "./person-digest.ts";

/**
 * The list of opt-outs as commands use it: each change resolves when it holds for every number.
 * From then on no POST begins to a person who was added.
 */
export async function createSuppressions(input: {
  redis: Redis;
  /** The client for the key space of a number. Default: the same. */
  clientOf?: (space: string) => Redis;
  /** Default: live. */
  mode?: Mode;
  /** A granted message that has not started by then is never sent. */
  startFenceMs: number;
}) {
  const { redis, startFenceMs, mode = "live" } = input;
  const { clientOf = () => redis } = input;
  const person = await createPersonDigest(redis, mode);
  const list = createOptOutList({ redis, person, mode });

  /**
   * Applies the list to every number; resolves with when the last earlier claim runs out, in ms.
   */
  async function applyToNumbers(phones: readonly string[]): Promise<number> {
    let waitMs = 0;
    for (const name of await list.numbers()) {
      const number = keySpace(name, mode);
      const copy = createNumberOptOuts({ redis: clientOf(number), number, person, list });
      await copy.catchUp();
      waitMs = Math.max(waitMs, await copy.claimsEndInMs(phones, startFenceMs));
    }
    return waitMs;
  }

  return {
    all: list.all,
    page: list.page,
    latest: list.latest,
    find: list.find,
    counts: list.counts,

    /** The change of each, in the order given. */
    async add(entries: readonly NewOptOut[]): Promise<readonly OptOutChange[]> {
      const { changes } = await list.add(entries);
      // Applied also if nothing changed: an earlier command may have died before it reached all
      // numbers.
      const waitMs = await applyToNumbers(entries.map(({ phone }) => phone));
      if (waitMs > 0) await sleep(waitMs);
      return changes;
    },

    async remove(phones: readonly string[]): Promise<readonly OptOutChange[]> {
      const { changes } = await list.remove(phones);
      await applyToNumbers([]);
      return changes;
    },

    /**
     * Keeps only a digest of a person's opt-out, if there is one. Returns whether there was one.
     */
    async erase(phone: string): Promise<boolean> {
      const { changes } = await list.erase(phone);
      await applyToNumbers([]);
      return changes.some(({ before }) => before !== null);
    },

    numbers: list.numbers,
  };
}

export type Suppressions = Awaited<ReturnType<typeof createSuppressions>>;
