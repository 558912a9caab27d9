import type { Config } from "../config/config.ts";
import { MODES } from "../core/mode.ts";
import type { Erased } from "../privacy/erase.ts";
import type { ImportFile } from "../producer/import-file.ts";
import {
  createSuppressions,
  type NumberStore,
  numberOfCampaign,
  type Suppressions,
} from "../store/index.ts";
import { type Platform, storeNamed } from "./platform.ts";

/**
 * The other half of the composition root: what is done to lists and people, by command or by a
 * role.
 */

/**
 * Forgets people: in every number of this Redis, of both modes, configured here or not, and in the
 * files.
 */
export async function openEraser(platform: Platform): Promise<{
  erase(digits: string): Promise<Erased>;
  close(): Promise<void>;
}> {
  const { redis, config, timings, openNumber } = platform;
  const { startFenceMs, leaseMs, sweepEveryMs } = timings;
  const [{ erasePerson }, { createFailedQueue }] = await Promise.all([
    import("../privacy/erase.ts"),
    import("../queue/failed-queue.ts"),
  ]);
  const lists: Suppressions[] = [];
  const stores: NumberStore[] = [];
  // A list that was tried in the sandbox names real people, too.
  for (const mode of MODES) {
    const list = await createSuppressions({ redis, startFenceMs, mode });
    lists.push(list);
    for (const number of await list.numbers()) stores.push(await openNumber(number, mode));
  }
  const connection = platform.openQueueConnection();
  const queues = new Map(
    stores.map((store) => [store.space, createFailedQueue({ connection, store })]),
  );
  return {
    erase: (digits) =>
      erasePerson(
        {
          redis,
          stores,
          suppressions: { erase: (phone) => eraseFrom(lists, phone) },
          dropsDir: config.dropsDir,
          dataDir: config.dataDir,
          dropJob: async (space, message) => queues.get(space)?.drop(message),
          wireMs: leaseMs + 2 * sweepEveryMs,
        },
        digits,
      ),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      connection.disconnect();
    },
  };
}

/** What the store says of a campaign that a list became, whatever its number. */
export function findCampaignIn({ stores }: Platform) {
  return async (id: string) => {
    const number = numberOfCampaign(id);
    return number === undefined ? undefined : stores[number]?.campaigns.find(id);
  };
}

async function eraseFrom(lists: readonly Suppressions[], phone: string): Promise<boolean> {
  const kept = await Promise.all(lists.map((list) => list.erase(phone)));
  return kept.includes(true);
}

/** Imports lists: what `send` and the drop folder do. */
export async function createImporter(platform: Platform): Promise<ImportFile> {
  const { config } = platform;
  const [{ createFileImporter }, { storeIn }] = await Promise.all([
    import("../producer/import-file.ts"),
    import("../producer/sink/sink.ts"),
  ]);
  return createFileImporter({
    numbers: config.numbers,
    openNumber: async (name) => {
      const store = storeNamed(platform, name);
      await store.join();
      return {
        sink: storeIn(store.imports),
        corrections: store,
        ...(await listNumber({ config, name, store })),
      };
    },
    mode: config.mode,
  });
}

/**
 * Looks at lists as {@link createImporter} does, and stores nothing. Without a platform (no Redis)
 * opt-outs, other campaigns and what was imported before are not looked at, and the report says so.
 */
export async function createChecker(
  config: Config,
  platform: Platform | null,
): Promise<ImportFile> {
  const [{ createFileImporter }, { keepNothing }] = await Promise.all([
    import("../producer/import-file.ts"),
    import("../producer/sink/sink.ts"),
  ]);
  return createFileImporter({
    numbers: config.numbers,
    openNumber: async (name) => {
      const store = platform === null ? null : storeNamed(platform, name);
      // What is said of opt-outs must hold for a number that has imported nothing yet.
      await store?.join();
      return {
        sink: keepNothing(store?.campaigns ?? null),
        corrections: store,
        ...(await listNumber({ config, name, store })),
      };
    },
    mode: config.mode,
  });
}

/** What the number that a list is for has to do with it. */
async function listNumber(input: { config: Config; name: string; store: NumberStore | null }) {
  const { config, name, store } = input;
  const number = config.numbers[name];
  const pace = await store?.pace.read();
  return {
    country: number?.country ?? null,
    preflight: {
      people: store?.people ?? null,
      optOuts: store?.optOuts ?? null,
      ratePerSecond: pace?.ratePerSecond ?? number?.ratePerSecond ?? 1,
      prices: config.prices,
      nowMs: Date.now(),
    },
  };
}
