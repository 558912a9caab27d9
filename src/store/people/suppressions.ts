import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { type Durability, FSYNC } from "../../core/durability.ts";
import type { Mode } from "../../core/mode.ts";
import { type Refused, refuse } from "../../core/refusal.ts";
import { keySpace } from "../keys.ts";
import { createNumberOptOuts } from "./number-opt-outs.ts";
import { createOptOutList, type NewOptOut, type OptOutChange } from "./opt-out-list.ts";
import { openPersonDigest } from "./person-digest.ts";

/**
 * The list of opt-outs as commands use it: each change resolves when it holds for every number.
 * From then on no POST begins to a person who was added.
 */
export async function createSuppressions(input: {
  redis: Redis;
  /** The client for the key space of a number. Default: the same. */
  clientOf?: (space: string) => Redis;
  /** What makes sure that a failover loses no opt-out. Default: `fsync`. */
  durability?: Durability;
  /** Default: live. */
  mode?: Mode;
  /** A granted message that has not started by then is never sent. */
  startFenceMs: number;
}) {
  const { redis, startFenceMs, mode = "live" } = input;
  const { clientOf = () => redis, durability = FSYNC } = input;
  const person = await openPersonDigest(redis, mode);
  const list = createOptOutList({ redis, person, mode, durability });

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

  /** Undefined if a failover keeps the list and the copy of every number. */
  async function whyNotKept(): Promise<Refused | undefined> {
    const copies = (await list.numbers()).map(async (name) => {
      const number = keySpace(name, mode);
      const own = { redis: clientOf(number), number, person, list, durability };
      return createNumberOptOuts(own).isKept();
    });
    const kept = await Promise.all([list.isKept(), ...copies]);
    return kept.every(Boolean) ? undefined : notKept();
  }

  return {
    all: list.all,
    page: list.page,
    latest: list.latest,
    find: list.find,
    counts: list.counts,

    /**
     * The change of each, in the order given. `problem`: they are on the list, but fewer replicas
     * than asked for have that, so it must not be reported as done.
     */
    async add(
      entries: readonly NewOptOut[],
    ): Promise<{ changes: readonly OptOutChange[]; problem: Refused | undefined }> {
      const { changes } = await list.add(entries);
      // Applied also if nothing changed: an earlier command may have died before it reached all
      // numbers.
      const waitMs = await applyToNumbers(entries.map(({ phone }) => phone));
      if (waitMs > 0) await sleep(waitMs);
      return { changes, problem: await whyNotKept() };
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

function notKept(): Refused {
  return refuse(
    "redis_replicas_behind",
    "The opt-outs are on the list, and no number messages these people. But fewer replicas of Redis than DROPCAST_REDIS_DURABILITY asks for have that, so a failover could lose it.",
    "Look at the replicas of Redis, and repeat this when they have caught up: what is on the list stays there.",
  );
}

export type Suppressions = Awaited<ReturnType<typeof createSuppressions>>;
