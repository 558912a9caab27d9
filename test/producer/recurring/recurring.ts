import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { createDropFolder, type DropFolder } from "../../../src/producer/drop/folder.ts";
import { allowAddresses } from "../../../src/producer/recurring/addresses.ts";
import { createRecurringDrops } from "../../../src/producer/recurring/recurring.ts";
import type { RecurringTiming } from "../../../src/producer/recurring/timing.ts";
import { createRecurring, type RecurringStore } from "../../../src/store/campaigns/recurring.ts";
import { deploymentKeys } from "../../../src/store/keys.ts";
import { connectTestRedis } from "../../support/redis.ts";
import { drops } from "../drop/drops.ts";

export const TIMING = {
  ...{ settleMs: 60, scanEveryMs: 30, graceMs: 120, claimStaleMs: 300, againMs: 30 },
};

let count = 0;

/** Last due on 1 January, so no due time comes while a test runs; late for longer than a run is. */
export const YEARLY = { cron: "0 0 1 1 *", timezone: "UTC" };
const LATE_MS = Number.MAX_SAFE_INTEGER;

/** A drop folder with a recurring campaign file of a test's own name, and a folder of lists. */
export async function recurringDrops() {
  const drop = await drops();
  const { dir, number, store, said } = drop;
  const redis = connectTestRedis();
  // All tests share the deployment: what is shown of it elsewhere is of the other mode.
  const recurring = createRecurring(redis, "sandbox");
  const keys = deploymentKeys("sandbox");
  const name = `bills-${process.pid}-${Date.now()}-${++count}`;
  const exports = join(dir, "../exports");
  onTestFinished(() => recurring.leave(name));
  const warned: string[] = [];
  await mkdir(exports, { recursive: true });
  await mkdir(join(dir, "recurring"), { recursive: true });

  function source(timing: Partial<RecurringTiming> = {}, store: RecurringStore = recurring) {
    return createRecurringDrops({
      ...{
        dir,
        mode: "sandbox",
        store,
        numbers: [number],
        isAllowed: allowAddresses([]),
      },
      warn: (line) => warned.push(line),
      timing: { leaseMs: 400, noteEveryMs: 100, missedMs: LATE_MS, giveUpMs: LATE_MS, ...timing },
    });
  }

  return {
    ...drop,
    ...{ redis, recurring, name, exports, warned, source },
    /** Writes the campaign file. */
    async write(block: object = {}, more: object = {}): Promise<void> {
      const definition = {
        ...{ name: "Bills", number, category: "utility", ...more },
        template: { name: "bill", language: { code: "en" } },
        recurring: {
          ...{ folder: "../../exports", ...YEARLY, name: "Bills {date} {time}" },
          ...block,
        },
      };
      await writeFile(join(dir, "recurring", `${name}.yaml`), JSON.stringify(definition));
    },
    /** Puts a list into the folder of lists, changed so many seconds ago. */
    async export(file: string, content: string, agoS = 60): Promise<void> {
      await writeFile(join(exports, file), content);
      const at = Date.now() / 1_000 - agoS;
      await utimes(join(exports, file), at, at);
    },
    /** One more producer on the folder. */
    async produce(
      input: {
        timing?: Partial<RecurringTiming>;
        atEnd?: "stopped" | "left running";
        redis?: RecurringStore;
      } = {},
    ): Promise<DropFolder> {
      const folder = createDropFolder({
        ...{ dir, importFile: drop.importFile, findCampaign: store.campaigns.find },
        ...{ retentionMs: null, say: (line: string) => said.push(line), timing: TIMING },
        noteDrop: async () => {},
        source: source(input.timing, input.redis),
      });
      if (input.atEnd !== "left running") onTestFinished(() => folder.stop());
      expect(await folder.start()).toMatchObject({ ok: true });
      return folder;
    },
    /**
     * Makes no due time handled; also for the drop folder, unless Redis is to have forgotten what
     * it remembers.
     */
    async due(drops: "too" | "remembers" = "too"): Promise<void> {
      const handledMs = 1;
      const memory = join(dir, ".recurring", `${name}.sandbox.json`);
      if (drops === "too" && existsSync(memory)) {
        const last = JSON.parse(await readFile(memory, "utf8"));
        await writeFile(memory, JSON.stringify({ ...last, dueMs: handledMs }));
      }
      await recurring.note(name, { ...YEARLY, source: "", nextMs: null, problem: null });
      await redis.hset(keys.recurring(name), "handled", handledMs);
    },
    campaigns: () => store.campaigns.list(),
    async last() {
      return (await recurring.list()).find((one) => one.name === name)?.last ?? null;
    },
    async state() {
      return (await recurring.list()).find((one) => one.name === name);
    },
    hash: () => redis.hgetall(keys.recurring(name)),
    exported: () => readdir(exports),
    async read(path: string): Promise<string> {
      return readFile(join(dir, path), "utf8");
    },
    there: (path: string) =>
      stat(join(dir, path)).then(
        () => true,
        () => false,
      ),
  };
}
