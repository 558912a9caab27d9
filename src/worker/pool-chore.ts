import { setTimeout as sleep } from "node:timers/promises";
import {
  carryOutMove,
  type NumberStore,
  numberOfCampaign,
  type StartChild,
} from "../store/index.ts";

/** A pool whose importer died in between is complete after so long. */
const LOOK_EVERY_MS = 2_000;
/** A move that has made no step for so long has no process that serves both of its numbers. */
const STUCK_AFTER_MS = 60_000;
/** The same problem is told again after so long. */
const TELL_EVERY_MS = 60_000;

/** `name`: the pool or campaign that could not go on. The others do. */
type OnProblem = (error: unknown, name: string) => void;

/** The store of a number that this process does not serve. */
type OpenNumber = (number: string) => Promise<NumberStore>;
type Stores = Readonly<Record<string, NumberStore>>;

const throws: OnProblem = (error) => {
  throw error;
};

/**
 * Starts campaigns of pools whose importer died after all rows were stored, and before each was
 * started; goes on with moves of rows. Two commands every two seconds for a whole process, whatever
 * its numbers. Every step may be repeated, also by several workers at once.
 */
export function startPoolChore(input: {
  stores: Stores;
  openNumber: OpenNumber;
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
        await startPools(input.stores, tell, input.openNumber);
        await finishMoves(input.stores, tell, input.openNumber);
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

/** One look. Without `open`, campaigns of numbers that `stores` lacks are left to others. */
export async function startPools(
  stores: Stores,
  onProblem = throws,
  open?: OpenNumber,
): Promise<void> {
  const pools = Object.values(stores)[0]?.pools;
  for (const pool of (await pools?.open()) ?? []) {
    try {
      const children = (await pools?.toStart(pool)) ?? [];
      const start = (child: StartChild) =>
        startChild({ stores, open }, child).catch((error: unknown) => {
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

/**
 * Goes on with moves whose process died: from their beginning, under the same ids. A worker that
 * serves both numbers does so at once. Of groups of processes with numbers of their own none does,
 * so after a minute any worker does; what keeps it from that is told.
 */
export async function finishMoves(
  stores: Stores,
  onProblem = throws,
  open?: OpenNumber,
): Promise<void> {
  const pools = Object.values(stores)[0]?.pools;
  for (const { pool: id, from, notedAt } of (await pools?.moving()) ?? []) {
    const pool = await pools?.find(id);
    const move = (await pools?.moves(id))?.find((one) => one.from === from);
    if (pool === undefined || move === undefined) continue;
    const own = numberOfCampaign(from) ?? "";
    const isStuck = Date.now() - notedAt > STUCK_AFTER_MS;
    const needed = [own, move.to, ...pool.members.map(({ number }) => number)];
    try {
      const end = await withStores(needed, { stores, open: isStuck ? open : undefined }, (all) => {
        const [source, target] = [all[own], all[move.to]];
        if (source === undefined || target === undefined) return Promise.resolve(undefined);
        return carryOutMove({ pool, move, source, target, stores: all });
      });
      if (isStuck && (end === undefined || end === "later")) throw new Error(STUCK);
    } catch (error) {
      onProblem(error, from);
    }
  }
}

const STUCK = "its rows have been on the move for more than a minute; trying again";

/** False: its number is not served here. One that a person has cancelled stays so. */
async function startChild(
  reach: { stores: Stores; open: OpenNumber | undefined },
  child: StartChild,
): Promise<boolean> {
  const number = numberOfCampaign(child.campaign) ?? "";
  return withStores([number], reach, async ({ [number]: store }) => {
    if (store === undefined) return false;
    await store.imports.finish(child);
    return true;
  });
}

/** With the stores of these numbers as well; those that are opened for it are closed after it. */
async function withStores<T>(
  numbers: readonly string[],
  { stores, open }: { stores: Stores; open: OpenNumber | undefined },
  act: (all: Stores) => Promise<T>,
): Promise<T> {
  const missing = [...new Set(numbers)].filter((number) => !Object.hasOwn(stores, number));
  const opened: Record<string, NumberStore> = {};
  try {
    if (open !== undefined) for (const number of missing) opened[number] = await open(number);
    return await act({ ...stores, ...opened });
  } finally {
    await Promise.all(Object.values(opened).map((store) => store.close()));
  }
}
