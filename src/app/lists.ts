import type { Config } from "../config/config.ts";
import { MODES, type Mode } from "../core/mode.ts";
import { isPoolId } from "../core/pool.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { Erased } from "../privacy/erase.ts";
import type { ImportFile } from "../producer/import-file.ts";
import {
  type ActLog,
  ALL_NUMBERS,
  budgetSpace,
  createBudget,
  keySpace,
  type NumberStore,
  numberOfCampaign,
  openPersonDigest,
  type Suppressions,
} from "../store/index.ts";
import { traceImports } from "../telemetry/trace-import.ts";
import { type Platform, storeNamed } from "./platform.ts";
import { listPool, membersOf, poolOutcome } from "./pool-lists.ts";
import { telemetryOf } from "./telemetry.ts";

/** The other half of the composition root: operations on lists and people. */

interface Eraser {
  erase(digits: string): Promise<Erased>;
  /** The audits of both modes: it erases in both. */
  readonly acts: Readonly<Record<Mode, ActLog>>;
  close(): Promise<void>;
}

/**
 * Erases people in the files and in every number of this Redis, configured or not, of any mode.
 * Refuses if a number has a newer layout (`schema_newer`).
 */
export async function openEraser(platform: Platform): Promise<Result<Eraser>> {
  const { connections, config, timings, openNumber } = platform;
  const { leaseMs, sweepEveryMs } = timings;
  const [{ erasePerson }, { createFailedQueue }] = await Promise.all([
    import("../privacy/erase.ts"),
    import("../queue/failed-queue.ts"),
  ]);
  const lists: Suppressions[] = [];
  const stores: NumberStore[] = [];
  // A list that was tried in the sandbox also names real people.
  for (const mode of MODES) {
    const list = await platform.openSuppressions(mode);
    lists.push(list);
    for (const number of await list.numbers()) {
      const opened = await openNumber(number, mode);
      if (!opened.ok) return opened;
      stores.push(opened.value);
    }
  }
  const queues = new Map(
    stores.map((store) => [
      store.space,
      createFailedQueue({ client: () => connections.queue(store.space), store }),
    ]),
  );
  return accept({
    erase: (digits) =>
      erasePerson(
        {
          servers: connections.endpoints().map(({ ledger }) => ledger),
          stores,
          suppressions: { erase: (phone) => eraseFrom(lists, phone) },
          forgetCaps: (phone) => forgetCaps(platform, phone),
          dropsDir: config.dropsDir,
          dataDir: config.dataDir,
          dropJob: async (space, message) => queues.get(space)?.drop(message),
          wireMs: leaseMs + 2 * sweepEveryMs,
        },
        digits,
      ),
    acts: { live: platform.actsOf("live"), sandbox: platform.actsOf("sandbox") },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  });
}

/** In both modes, for all portfolios that are configured and for numbers without one. */
async function forgetCaps({ connections, config }: Platform, digits: string): Promise<void> {
  for (const mode of MODES) {
    const client = connections.ledger(keySpace(ALL_NUMBERS, mode));
    const person = await openPersonDigest(client, mode);
    for (const portfolio of [null, ...Object.values(config.portfolios)]) {
      const redis = connections.ledger(budgetSpace(portfolio, mode));
      await createBudget({ redis, portfolio, mode }).erase(person(digits));
    }
  }
}

/** Reads the campaign of a list from its store, whatever its number. */
export function findCampaignIn({ stores }: Platform) {
  return async (id: string) => {
    const number = numberOfCampaign(id);
    const own = number === undefined ? undefined : stores[number];
    if (own !== undefined || !isPoolId(id)) return own?.campaigns.find(id);
    const pool = await Object.values(stores)[0]?.pools.find(id);
    return pool && poolOutcome(pool);
  };
}

async function eraseFrom(lists: readonly Suppressions[], phone: string): Promise<boolean> {
  const kept = await Promise.all(lists.map((list) => list.erase(phone)));
  return kept.includes(true);
}

/** Imports lists, for `send` and the drop folder. */
export async function createImporter(platform: Platform): Promise<ImportFile> {
  const [{ createFileImporter }, { storeIn }, { poolSink }] = await Promise.all([
    import("../producer/import-file.ts"),
    import("../producer/sink/sink.ts"),
    import("../producer/import/pool-sink.ts"),
  ]);
  // Made for each list: the numbers may have changed since the last one.
  const importFile: ImportFile = (list) => importWith(platform.config)(list);
  const importWith = (config: Config) =>
    createFileImporter({
      numbers: config.numbers,
      openNumber: async (name) => {
        const store = storeNamed(platform, name);
        await store.join();
        return {
          sink: storeIn(store.imports),
          store,
          ...(await listNumber({ config, name, store })),
        };
      },
      openPool: async (names) => {
        const stores = names.map((name) => storeNamed(platform, name));
        for (const store of stores) await store.join();
        const sink = poolSink(stores, membersOf(config, names));
        return { sink, store: null, ...(await listPool(config, names, stores)) };
      },
      mode: config.mode,
      approvalAbove: config.access.secondPersonAbove,
    });
  return traceImports(importFile, telemetryOf(platform).tracing, platform.logger);
}

/**
 * Validates lists as {@link createImporter} does, but stores nothing. Without a platform (no Redis)
 * it skips opt-outs, other campaigns and earlier imports, and reports that.
 */
export async function createChecker(
  config: Config,
  platform: Platform | null,
): Promise<ImportFile> {
  const [{ createFileImporter }, { keepNothing }, { importsOfPool }] = await Promise.all([
    import("../producer/import-file.ts"),
    import("../producer/sink/sink.ts"),
    import("../producer/import/known-pool.ts"),
  ]);
  return createFileImporter({
    numbers: config.numbers,
    openNumber: async (name) => {
      const store = platform === null ? null : storeNamed(platform, name);
      // Opt-outs must also be known for a number that has not imported anything yet.
      await store?.join();
      return {
        sink: keepNothing(store?.campaigns ?? null),
        store,
        ...(await listNumber({ config, name, store })),
      };
    },
    openPool: async (names) => {
      const stores = platform === null ? [] : names.map((name) => storeNamed(platform, name));
      for (const store of stores) await store.join();
      const sink = keepNothing(importsOfPool(stores));
      return { sink, store: null, ...(await listPool(config, names, stores)) };
    },
    mode: config.mode,
  });
}

/** What the import needs from the list's number. */
async function listNumber(input: { config: Config; name: string; store: NumberStore | null }) {
  const { config, name, store } = input;
  const number = config.numbers[name];
  const configured = number?.ratePerSecond ?? 1;
  return {
    country: number?.country ?? null,
    preflight: {
      people: store?.people ?? null,
      optOuts: store?.optOuts ?? null,
      ratePerSecond: (await store?.pace.rate(configured)) ?? configured,
      prices: config.prices,
      budget: (await store?.budget?.read()) ?? null,
      caps: store?.caps ?? null,
      nowMs: Date.now(),
    },
  };
}
