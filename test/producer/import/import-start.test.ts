import { expect, it } from "vitest";
import { accept } from "../../../src/core/refusal.ts";
import { keepNothing } from "../../../src/producer/sink/sink.ts";
import { testDefinition } from "../../support/campaigns.ts";
import { importList } from "./by-path.ts";
import { goodRows, setup } from "./lists.ts";

it("a campaign with a start in the future waits for it", async () => {
  const { options } = await setup(goodRows(1), {
    schedule: { startAtMs: Date.now() + 3_600_000, endByMs: null },
  });

  expect(await importList(options)).toMatchObject({ ok: true, value: { status: "scheduled" } });
});

it("a start that has passed is refused, and the list may come again with another", async () => {
  const schedule = { startAtMs: Date.now() - 60_000, endByMs: null };
  const { store, options } = await setup(goodRows(3), { schedule });

  const refused = await importList(options);
  const checked = await importList({
    ...{ ...options, sink: keepNothing(store.campaigns) },
  });

  expect(refused).toMatchObject({ ok: false, refusal: { code: "start_at_past" } });
  expect(refused.report).toMatchObject({ campaign: null, refusal: { code: "start_at_past" } });
  // A check tells everything about the list all the same.
  expect(checked).toMatchObject({ ok: false, refusal: { code: "start_at_past" } });
  expect(checked.report).toMatchObject({ rows: 3, ok: 3 });
  expect(await store.campaigns.list()).toEqual([]);
  expect(await importList({ ...options, definition: testDefinition(store.number) })).toMatchObject({
    ok: true,
  });
});

it("a start that passed only while a person was asked is not refused", async () => {
  const startAtMs = Date.now() - 1_000;
  const { options } = await setup(goodRows(1), { schedule: { startAtMs, endByMs: null } });

  const imported = await importList({ ...options, startCheckedAtMs: startAtMs - 1_000 });

  expect(imported).toMatchObject({ ok: true, value: { status: "running" } });
});

it("an interrupted import goes on although its start has passed meanwhile", async () => {
  const { store, options } = await setup(goodRows(5_000), {
    schedule: { startAtMs: Date.now() - 60_000, endByMs: null },
  });
  const stop = new AbortController();
  const interrupted = await importList({
    ...{ ...options, startCheckedAtMs: 0, signal: stop.signal },
    onBegun: async () => accept(stop.abort()),
  });

  const checked = await importList({
    ...{ ...options, sink: keepNothing(store.campaigns) },
  });
  const goneOn = await importList(options);
  const again = await importList(options);

  expect(interrupted).toMatchObject({ ok: false, refusal: { code: "import_interrupted" } });
  expect(checked.ok).toBe(true);
  expect(goneOn).toMatchObject({ ok: true, value: { restarted: true, status: "running" } });
  expect(goneOn.report.campaign).toBe(interrupted.report.campaign);
  // Of two reasons the one that says what became of the list.
  expect(again).toMatchObject({ ok: false, refusal: { code: "already_imported" } });
});
