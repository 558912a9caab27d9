import { setTimeout as sleep } from "node:timers/promises";
import {
  carryOutMove,
  type NumberStore,
  numberOfCampaign,
  type StartChild,
} from "../store/index.ts";

/** A pool whose importer died in between is complete after so long. */
const LOOK_EVERY_MS = 2_000;
/** The same problem is told again after so long. */
const TELL_EVERY_MS = 60_000;

/** `name`: the pool or campaign that could not go on. The others do. */
type OnProblem = (error: unknown, name: string) => void;

const throws: OnProblem = (error) => {
  throw error;
};

/**
 * Starts campaigns of pools whose importer died after all rows were stored, and before each was
 * started; goes on with moves of rows. Two commands every two seconds for a whole process, whatever
 * its numbers. Every step may be repeated, also by several workers at once.
 */
export function startPoolChore(input: {
  stores: Readonly<Record<string, NumberStore>>;
  isAway: () => boolean;
  onProblem: OnProblem;
}): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const toldAt = new Map<string, number>();
  const tell: OnProblem = (error, name) => {
    const now = performance.now();
    if (input.isAway() || now - (toldAt.get(name) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY_MS) {
      return;
    }
    toldAt.set(name, now);
    input.onProblem(error, name);
  };
  const loop = (async () => {
    while (!stopped.signal.aborted) {
      try {
        await startPools(input.stores, tell);
        await finishMoves(input.stores, tell);
      } catch (error) {
        tell(error, "all");
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal: stopped.signal }).catch(() => {});
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await loop;
    },
  };
}

/** One look. Campaigns of numbers that this process does not serve are left to others. */
export async function startPools(
  stores: Readonly<Record<string, NumberStore>>,
  onProblem = throws,
): Promise<void> {
  const pools = Object.values(stores)[0]?.pools;
  for (const pool of (await pools?.open()) ?? []) {
    try {
      const children = (await pools?.toStart(pool)) ?? [];
      const start = (child: StartChild) =>
        startChild(stores, child).catch((error: unknown) => {
          onProblem(error, child.campaign);
          return false;
        });
      const done = await Promise.all(children.map(start));
      if (!done.includes(false)) await pools?.started(pool);
    } catch (error) {
      onProblem(error, pool);
    }
  }
}

/** Goes on with moves whose process died: from their beginning, under the same ids. */
export async function finishMoves(
  stores: Readonly<Record<string, NumberStore>>,
  onProblem = throws,
): Promise<void> {
  const pools = Object.values(stores)[0]?.pools;
  for (const { pool: id, from } of (await pools?.moving()) ?? []) {
    const pool = await pools?.find(id);
    const move = (await pools?.moves(id))?.find((one) => one.from === from);
    const source = stores[numberOfCampaign(from) ?? ""];
    const target = move === undefined ? undefined : stores[move.to];
    if (pool === undefined || move === undefined) continue;
    if (source === undefined || target === undefined) continue;
    await carryOutMove({ pool, move, source, target, stores }).catch((error: unknown) =>
      onProblem(error, from),
    );
  }
}

/** False: its number is not served here. One that a person has cancelled stays so. */
async function startChild(
  stores: Readonly<Record<string, NumberStore>>,
  child: StartChild,
): Promise<boolean> {
  const store = stores[numberOfCampaign(child.campaign) ?? ""];
  if (store === undefined) return false;
  await store.imports.finish(child);
  return true;
}
