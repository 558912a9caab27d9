import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import type { Mode } from "../../../src/core/mode.ts";
import { createDropFolder } from "../../../src/producer/drop/folder.ts";
import { createModeDrops, type ModeDrops } from "../../../src/producer/drop/mode.ts";
import { createFileImporter } from "../../../src/producer/import-file.ts";
import { storeIn } from "../../../src/producer/sink/sink.ts";
import { createNumberStore, type NumberStore } from "../../../src/store/number-store.ts";
import { ANY_NAME, bytePath } from "../../support/byte-name.ts";
import { testPhone } from "../../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../../support/redis.ts";
import { SOON } from "../../support/soon.ts";
import { testFolder } from "../list/read-list.ts";

/** Short waits: what is tested is the order of things, not how long they take. */
const TIMING = { settleMs: 100, scanEveryMs: 50, graceMs: 300, claimStaleMs: 300, againMs: 50 };
/** A process that stands still for a moment is not taken for dead. */
const LOOK = { lookEveryMs: 20, claimStaleMs: 2_000 };

async function folderOfBoth() {
  const dir = join(await testFolder(), "drops");
  const number = testNumber();
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);

  async function producer(mode: Mode): Promise<{ drops: ModeDrops; store: NumberStore }> {
    const store = await createNumberStore({ redis: connectTestRedis(), number, mode });
    const importFile = createFileImporter({
      numbers: { [number]: true },
      openNumber: () => ({ sink: storeIn(store.imports), store, country: null }),
      mode,
    });
    const findCampaign = store.campaigns.find;
    const open = (at: string) =>
      createDropFolder({
        ...{ dir: at, importFile, findCampaign, say, noteDrop: async () => {} },
        ...{ retentionMs: null, timing: TIMING },
      });
    const drops = createModeDrops({ dir, mode, open, say, timing: LOOK });
    onTestFinished(() => drops.stop());
    return { drops, store };
  }

  return {
    dir,
    said,
    producer,
    /** Starts a producer; resolves when it watches. */
    async start(mode: Mode) {
      const started = await producer(mode);
      expect(await started.drops.start()).toEqual({ ok: true, value: undefined });
      return started;
    },
    async drop(path: string): Promise<void> {
      const csv = join(dir, path);
      await mkdir(dirname(csv), { recursive: true });
      const template = { name: "spring_sale", language: { code: "en_US" } };
      const campaign = { name: path, number, category: "marketing", template };
      await writeFile(csv.replace(".csv", ".yaml"), JSON.stringify(campaign));
      await writeFile(csv, `phone\n${testPhone(1)}\n`);
    },
    files: async (folder: string): Promise<string[]> =>
      (await readdir(join(dir, folder)).catch(() => [])).filter((name) => name.endsWith(".csv")),
  };
}

const names = async ({ campaigns }: NumberStore): Promise<string[]> =>
  (await campaigns.list()).map(({ name }) => name);

it("a sandbox alone uses the drop folder, and leaves nothing behind that keeps it from being live", async () => {
  const both = await folderOfBoth();
  const sandbox = await both.start("sandbox");
  await both.drop("inbox/tried.csv");
  await vi.waitFor(async () => expect(await both.files("done")).toEqual(["tried.csv"]), SOON);
  await sandbox.drops.stop();

  await both.drop("inbox/real.csv");
  const live = await both.start("live");
  await vi.waitFor(
    async () => expect(await both.files("done")).toEqual(["real.csv", "tried.csv"]),
    SOON,
  );

  expect(await names(sandbox.store)).toEqual(["inbox/tried.csv"]);
  expect(await names(live.store)).toEqual(["inbox/real.csv"]);
});

it("a sandbox beside a live producer has a folder of its own, and never takes a live list", async () => {
  const both = await folderOfBoth();
  const live = await both.start("live");
  const sandbox = await both.start("sandbox");
  expect(sandbox.drops.dir()).toBe(join(both.dir, "sandbox"));

  await both.drop("inbox/real.csv");
  await both.drop("sandbox/inbox/tried.csv");
  await vi.waitFor(async () => {
    expect(await both.files("done")).toEqual(["real.csv"]);
    expect(await both.files("sandbox/done")).toEqual(["tried.csv"]);
  }, SOON);

  expect(await names(live.store)).toEqual(["inbox/real.csv"]);
  expect(await names(sandbox.store)).toEqual(["sandbox/inbox/tried.csv"]);
  // The end of the live one makes nothing of the sandbox's live, nor the other way round.
  await live.drops.stop();
  await both.drop("inbox/later.csv");
  await both.drop("sandbox/inbox/again.csv");
  await vi.waitFor(async () => {
    expect(await both.files("sandbox/done")).toEqual(["again.csv", "tried.csv"]);
  }, SOON);
  expect(await both.files("inbox")).toEqual(["later.csv"]);
});

it("a sandbox leaves the drop folder to a live producer that comes, and goes on in its own", async () => {
  const both = await folderOfBoth();
  const sandbox = await both.start("sandbox");
  const live = await both.start("live");
  await vi.waitFor(() => expect(sandbox.drops.dir()).toBe(join(both.dir, "sandbox")), SOON);

  await both.drop("inbox/real.csv");
  await both.drop("sandbox/inbox/tried.csv");
  await vi.waitFor(async () => {
    expect(await both.files("done")).toEqual(["real.csv"]);
    expect(await both.files("sandbox/done")).toEqual(["tried.csv"]);
  }, SOON);

  expect(await names(live.store)).toEqual(["inbox/real.csv"]);
  expect(await names(sandbox.store)).toEqual(["sandbox/inbox/tried.csv"]);
  expect(both.said).toContain(
    `${join(both.dir, "inbox")} is LIVE now. ` +
      `Drop lists for the sandbox into ${join(both.dir, "sandbox/inbox")}`,
  );
});

it.runIf(ANY_NAME)("a name that is not UTF-8 makes no list of the sandbox live", async () => {
  const both = await folderOfBoth();
  await both.drop("inbox/shop/waits.csv");
  await mkdir(bytePath(`${both.dir}/inbox/F?r`));
  await writeFile(bytePath(`${both.dir}/inbox/F?r/x.csv`), `phone\n${testPhone(1)}\n`);
  await writeFile(join(both.dir, ".sandbox"), "");

  const live = await both.start("live");
  await both.drop("inbox/real.csv");
  await vi.waitFor(async () => expect(await both.files("done")).toEqual(["real.csv"]), SOON);

  expect(await names(live.store)).toEqual(["inbox/real.csv"]);
  expect(await both.files("sandbox/inbox/shop")).toEqual(["waits.csv"]);
  expect(await both.files("sandbox/inbox/F\ufffdr")).toEqual(["x.csv"]);
});

it("what was dropped for a sandbox that died is not sent live: it is put where the sandbox looks", async () => {
  const both = await folderOfBoth();
  // As a killed one leaves it: its mark, a claim that nobody touches, lists that wait or are in hand.
  await mkdir(join(both.dir, "processing"), { recursive: true });
  await writeFile(join(both.dir, ".sandbox"), "");
  await writeFile(
    join(both.dir, ".sandbox-00ff.claim"),
    '{"host":"elsewhere","token":"x","pid":1}',
  );
  await both.drop("inbox/shop/waits.csv");
  await both.drop("processing/inhand.csv");
  await writeFile(join(both.dir, "inbox/shop/campaign.yaml"), "name: Shared");

  const live = await both.start("live");
  await both.drop("inbox/real.csv");
  await vi.waitFor(async () => expect(await both.files("done")).toEqual(["real.csv"]), SOON);

  expect(await names(live.store)).toEqual(["inbox/real.csv"]);
  expect(await both.files("sandbox/inbox/shop")).toEqual(["waits.csv"]);
  expect(await both.files("sandbox/processing")).toEqual(["inhand.csv"]);
  // A file that serves every list of its folder sends nothing by itself.
  expect(existsSync(join(both.dir, "inbox/shop/campaign.yaml"))).toBe(true);
  expect(both.said).toContain(
    `4 files that were dropped for the sandbox are in ${join(both.dir, "sandbox")} now.`,
  );
  const sandbox = await both.start("sandbox");
  await vi.waitFor(async () => expect(await names(sandbox.store)).toHaveLength(2), SOON);
});
