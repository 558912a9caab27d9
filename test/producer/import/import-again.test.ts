import { createHash, randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { expect, it } from "vitest";
import { accept, refuse } from "../../../src/core/refusal.ts";
import { keepNothing } from "../../../src/producer/sink/sink.ts";
import { nonZero, testPhone } from "../../support/campaigns.ts";
import { importList } from "./by-path.ts";
import { goodRows, rowsOf, setup } from "./lists.ts";

it("the same bytes are refused with the first id, unless they are asked for again", async () => {
  const { options } = await setup(goodRows(3));
  const first = await importList(options);
  if (!first.ok) throw new Error(first.refusal.message);

  const second = await importList(options);
  const again = await importList({ ...options, repeats: "import" });
  const otherName = await importList({
    ...options,
    definition: { ...options.definition, name: "Other" },
  });

  expect(second).toMatchObject({ ok: false, refusal: { code: "already_imported" } });
  expect(second.report.campaign).toBe(first.value.id);
  expect(again.ok && again.value.id).not.toBe(first.value.id);
  expect(again.ok).toBe(true);
  expect(otherName.ok).toBe(true);
});

it("a list whose campaign was cancelled is sent again, or says how much of it was tried", async () => {
  const { options, store } = await setup(goodRows(3));
  const first = await importList(options);
  if (!first.ok) throw new Error(first.refusal.message);
  await store.campaigns.cancel(first.value.id);

  const second = await importList(options);
  if (!second.ok) throw new Error(second.refusal.message);
  const [opened] = (await store.campaigns.dispatch("sandbox", 1)).opened;
  if (opened === undefined) throw new Error("No batch was opened.");
  await store.ledger.claim({
    ...{ ...opened, nonce: randomBytes(8), mode: "sandbox", ratePerSecond: 10, reachMs: 1_000 },
    ...{ answerMs: 0, rows: [{ row: 1, person: store.ledger.person(testPhone(1)) }] },
  });
  await store.campaigns.cancel(second.value.id);
  const third = await importList(options);

  expect(second.value.id).not.toBe(first.value.id);
  if (third.ok) throw new Error("It was sent again.");
  expect(third.refusal.code).toBe("already_imported");
  expect(third.refusal.message).toContain(
    `as ${second.value.id}, which was cancelled when 1 of its messages was tried`,
  );
  expect(third.refusal.fix).toContain(`dropcast export ${second.value.id} --state cancelled`);
});

it("an interrupted import leaves `importing`, and goes on under the same id without doubles", async () => {
  const { store, options, folder } = await setup(`${goodRows(5_000)}x,bad\n`);
  const stop = new AbortController();

  const interrupted = await importList({
    ...options,
    signal: stop.signal,
    onProgress: ({ rows }) => rows > 1_500 && stop.abort(),
  });

  expect(interrupted).toMatchObject({ ok: false, refusal: { code: "import_interrupted" } });
  const id = interrupted.report.campaign ?? "";
  expect((await store.campaigns.find(id))?.status).toBe("importing");
  expect(await readdir(folder)).toEqual(["list.csv"]);

  const imported = await importList(options);

  expect(imported).toMatchObject({
    ok: true,
    value: { id, restarted: true },
    report: { rows: 5_001 },
  });
  const rows = await rowsOf(store, id, 5_001);
  expect(new Set(rows.map(({ phone }) => phone)).size).toBe(5_001);
  expect(nonZero((await store.campaigns.find(id))?.counts ?? ({} as never))).toEqual({
    pending: 5_000,
    rejected: 1,
  });
});

it("of two importers of the same bytes at once, one imports and the other is told", async () => {
  const { store, options } = await setup(goodRows(2_000));

  const both = await Promise.all([
    importList({ ...options, rejectsPath: null }),
    importList({ ...options, rejectsPath: null }),
  ]);

  const [winner, ...others] = both.filter(({ ok }) => ok);
  expect(others).toEqual([]);
  const loser = both.find(({ ok }) => !ok);
  expect(loser).toMatchObject({ ok: false, refusal: { code: "already_imported" } });
  expect(loser?.report.campaign).toBe(winner?.report.campaign);
  expect(await store.campaigns.list()).toHaveLength(1);
});

it("an importer whose campaign is cancelled meanwhile stores nothing more and says so", async () => {
  const { store, options } = await setup(goodRows(5_000));

  const imported = await importList({
    ...options,
    onBegun: async (campaign) => {
      await store.campaigns.cancel(campaign);
      return accept(undefined);
    },
  });

  expect(imported).toMatchObject({ ok: false, refusal: { code: "import_lost" } });
  expect((await store.campaigns.find(imported.report.campaign ?? ""))?.status).toBe("cancelled");
});

it("an import that is refused once its bytes are known stores nothing", async () => {
  const { store, options } = await setup(goodRows(3));
  const seen: string[] = [];

  const imported = await importList({
    ...options,
    onRead: async (digest) => {
      seen.push(digest);
      return refuse("list_changed", "These are other bytes.", "Look at them.");
    },
  });

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_changed" } });
  expect(seen).toEqual([createHash("sha256").update(goodRows(3)).digest("hex")]);
  expect(await store.campaigns.list()).toEqual([]);
});

it("an import that is refused once it has an id is rejected, and may come again", async () => {
  const { store, options } = await setup(goodRows(3));

  const imported = await importList({
    ...options,
    onBegun: async () => refuse("list_changed", "It is another campaign.", "Look at it."),
  });

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_changed" } });
  const campaign = await store.campaigns.find(imported.report.campaign ?? "");
  expect(campaign).toMatchObject({ status: "rejected", rows: 0 });
  expect(await importList(options)).toMatchObject({ ok: true });
});

it("an interrupted check stored nothing, so it advises to cancel nothing", async () => {
  const { store, options } = await setup(goodRows(5_000));
  const stop = new AbortController();

  const checked = await importList({
    ...{ ...options, sink: keepNothing(store.campaigns) },
    ...{ signal: stop.signal, onRead: async () => accept(stop.abort()) },
  });

  expect(checked).toMatchObject({
    refusal: {
      ...{ code: "import_interrupted", fix: "Run the same command again." },
      message: "It was interrupted before anything was stored.",
    },
  });
});
