import { setTimeout as sleep } from "node:timers/promises";
import { createOnceAMinute } from "../core/trouble-log.ts";
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
  const onceAMinute = createOnceAMinute(() => performance.now());
  const tell: OnProblem = (error, name) => {
    if (!input.isAway()) onceAMinute.log(name, () => input.onProblem(error, name));
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
  for (const { pool: id, from, ageMs } of (await pools?.moving()) ?? []) {
    const pool = await pools?.find(id);
    const move = (await pools?.moves(id))?.find((one) => one.from === from);
    if (pool === undefined || move === undefined) continue;
    const isStuck = ageMs > STUCK_AFTER_MS;
    const reach = { stores, open: isStuck ? open : undefined };
    try {
      const end = await withStores(reach, async (storeOf) => {
        const source = await storeOf(numberOfCampaign(from) ?? "");
        const target = await storeOf(move.to);
        if (source === undefined || target === undefined) return undefined;
        return carryOutMove({ pool, move, source, target, storeOf });
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
  return withStores(reach, async (storeOf) => {
    const store = await storeOf(numberOfCampaign(child.campaign) ?? "");
    if (store === undefined) return false;
    await store.imports.finish(child);
    return true;
  });
}

/** With stores of any number: one that this process does not serve is opened, and closed later. */
async function withStores<T>(
  { stores, open }: { stores: Stores; open: OpenNumber | undefined },
  act: (storeOf: (number: string) => Promise<NumberStore | undefined>) => Promise<T>,
): Promise<T> {
  const opened = new Map<string, Promise<NumberStore>>();
  const storeOf = async (number: string): Promise<NumberStore | undefined> => {
    if (Object.hasOwn(stores, number)) return stores[number];
    if (open === undefined) return undefined;
    const store = opened.get(number) ?? open(number);
    opened.set(number, store);
    return store;
  };
  try {
    return await act(storeOf);
  } finally {
    for (const [number, opening] of opened) {
      const store = await opening.catch(() => undefined);
      // A reload may have given this process the number meanwhile.
      if (store !== stores[number]) await store?.close();
    }
  }
}
