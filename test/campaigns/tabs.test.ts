import { expect, test } from "vitest";
import { createRateMeter } from "../../src/campaigns/rate-meter.ts";
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
  } = {},
) {
  const asked = { tab, after, size, stops, meter: createRateMeter(), nowMs: Date.now() };
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

test("a running campaign says how fast it goes, once it was seen twice, and when it is done", async () => {
  const bench = await openTestStore();
  const id = await bench.import(41);
  const meter = createRateMeter();
  const nowMs = Date.now();
  const at = (ms: number) => {
    const asked = { tab: null, after: null, size: 9, stops: [], meter, nowMs: nowMs + ms };
    return readTab({ [bench.number]: bench.store }, asked);
  };

  const first = await at(0);
  await bench.send(id, 1, "accepted");
  const second = await at(2_000);

  expect(first.rows).toMatchObject([{ perSecond: null, doneAtMs: null }]);
  expect(second.rows).toMatchObject([{ perSecond: 0.5, doneAtMs: nowMs + 2_000 + 80_000 }]);
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
