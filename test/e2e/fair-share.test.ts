import { expect, onTestFinished, test, vi } from "vitest";
import { campaignFile, listOf, startFleet } from "../support/fleet.ts";
import { redisUrl, testNumber } from "../support/redis.ts";

const RATE = 104;
/** What three campaigns of these priorities are due of every 13 messages. */
const DUE = { urgent: 8, normal: 4, bulk: 1 } as const;
type Priority = keyof typeof DUE;
const PRIORITIES = Object.keys(DUE) as Priority[];
/** The campaigns begin one after the other. */
const SETTLED_MS = 1_500;
const WATCHED_MS = 4_000;
/** A second is what is promised; on a busy test machine a process may wait for the processor. */
const FIRST_MS = 2_000;

/** A campaign file whose template is named after its priority: the API's log tells them apart. */
function fileOf(number: string, priority: Priority): string {
  const file = JSON.parse(campaignFile({ number, name: priority })) as {
    template: Record<string, unknown>;
  };
  file.template["name"] = priority;
  return JSON.stringify({ ...file, delivery: { priority } });
}

test("with two workers, campaigns share the rate 8 : 4 : 1, and a new urgent one is not kept waiting", async () => {
  const number = testNumber();
  const fleet = await startFleet({
    redisUrl: redisUrl(),
    number,
    ratePerSecond: RATE,
    workers: 2,
    knobs: { latencyMs: "20-60", webhookLost: "1" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  let id = "";
  for (const [at, priority] of [...PRIORITIES].reverse().entries()) {
    stage.write(`${priority}.yaml`, fileOf(number, priority));
    stage.write(`${priority}.csv`, listOf(1_500, at * 10_000));
    ({ id } = await stage.json<{ id: string }>(["send", `${priority}.yaml`, `${priority}.csv`]));
    await fleet.posted(at * 100 + 1);
  }
  const urgent = await fleet.show(id);
  const posts = await vi.waitFor(
    () => {
      const all = fleet.posts();
      const first = all.find(({ template }) => template === "urgent")?.at;
      if (first === undefined || (all.at(-1)?.at ?? 0) < first + SETTLED_MS + WATCHED_MS) {
        throw new Error(`${all.length} POSTs, the first urgent one at ${first}`);
      }
      return all.map(({ at, template }) => ({ at: at - first, template }));
    },
    { timeout: 60_000, interval: 200 },
  );

  const startedMs = Date.parse(urgent.startedAt ?? "");
  const firstMs = fleet.posts().find(({ template }) => template === "urgent")?.at ?? 0;
  expect(firstMs - startedMs).toBeLessThan(FIRST_MS);
  const watched = posts.filter(({ at }) => at >= SETTLED_MS && at < SETTLED_MS + WATCHED_MS);
  for (const priority of PRIORITIES) {
    const sent = watched.filter(({ template }) => template === priority).length;
    const ofItsDue = (sent * 13) / watched.length / DUE[priority];
    expect(ofItsDue, priority).toBeGreaterThan(0.75);
    expect(ofItsDue, priority).toBeLessThan(1.5);
  }
}, 120_000);
