import { expect, test } from "vitest";
import type { Stop } from "../../src/campaigns/stops.ts";
import { readTab, type Tab } from "../../src/campaigns/tabs.ts";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";

function read(
  bench: TestStore,
  {
    tab = null as Tab | null,
    after = null as Parameters<typeof readTab>[1]["after"],
    size = 50,
    stops = [] as Stop[],
    laterMs = 0,
  } = {},
) {
  const asked = { tab, after, size, stops, nowMs: Date.now() + laterMs };
  return readTab({ [bench.number]: bench.store }, asked);
}

const idsOf = ({ rows }: Awaited<ReturnType<typeof read>>) =>
  rows.map(({ campaign }) => campaign.id);

test("each campaign is in the tab of its state, and in Needs you if a person is needed", async () => {
  const bench = await openTestStore();
  const { campaigns } = bench.store;
  const running = await bench.import(2);
  const scheduled = await bench.import(1, {
    definition: testDefinition(bench.number, {
      schedule: { startAtMs: Date.now() + 3_600_000, endByMs: null },
    }),
  });
  const paused = await bench.import(1);
  const stopped = await bench.import(1);
  const finished = await bench.import(1);
  const unknown = await bench.import(2);
  const cancelled = await bench.import(1);
  await campaigns.pause(paused, "operator");
  await campaigns.pause(stopped, "same_code:131008");
  await bench.send(finished, 1, "accepted");
  await bench.send(unknown, 2, "unknown", { reason: 1 });
  await campaigns.cancel(unknown);
  await campaigns.cancel(cancelled);

  const pages = {
    running: idsOf(await read(bench, { tab: "running" })),
    waiting: idsOf(await read(bench, { tab: "waiting" })),
    needs: idsOf(await read(bench, { tab: "needs" })),
    finished: idsOf(await read(bench, { tab: "finished" })),
  };
  const { tab, counts } = await read(bench);

  expect(pages).toEqual({
    running: [running],
    waiting: [stopped, paused, scheduled],
    needs: [unknown, stopped],
    finished: [cancelled, unknown, finished],
  });
  expect([tab, counts]).toEqual(["running", { running: 1, waiting: 3, needs: 2, finished: 3 }]);
});

test("a campaign of a number that stands still needs a person, and says why", async () => {
  const bench = await openTestStore();
  await bench.import(2);
  const stop = { title: `Number ${bench.number} is suspended`, words: "", sinceMs: null };
  const stops = [
    { ...stop, number: bench.number, keeps: true },
    { ...stop, number: "another", keeps: true, title: "not this one" },
    { ...stop, number: bench.number, keeps: false, title: "outcomes alone" },
  ];

  const { rows, counts } = await read(bench, { stops });

  expect(counts).toMatchObject({ running: 1, needs: 1 });
  expect(rows).toMatchObject([{ needs: [stop.title], doneAtMs: null }]);
});

test("a running campaign says how fast it goes, and when it is done", async () => {
  const bench = await openTestStore();
  const id = await bench.import(400);
  await bench.store.campaigns.dispatch("sandbox", 4, 10);
  const { rows: before } = await read(bench);
  await bench.send(id, 1, "accepted");

  const { rows } = await read(bench, { laterMs: 10_000 });

  const [row] = rows;
  expect(before).toMatchObject([{ perSecond: null }]);
  expect(row?.perSecond).toBeGreaterThan(0);
  expect(row?.doneAtMs).toBeGreaterThan(Date.now());
});

test("ended campaigns come in pages, however many have not ended between them", async () => {
  const bench = await openTestStore();
  const ended: string[] = [];
  for (let made = 0; made < 7; made++) {
    const id = await bench.import(1);
    if (made % 2 === 0) continue;
    await bench.store.campaigns.cancel(id);
    ended.unshift(id);
  }

  const first = await read(bench, { tab: "finished", size: 2 });
  const second = await read(bench, { tab: "finished", size: 2, after: first.next });

  expect([first.counts.finished, ...idsOf(first), ...idsOf(second)]).toEqual([3, ...ended]);
  expect(second.next).toBeNull();
});
