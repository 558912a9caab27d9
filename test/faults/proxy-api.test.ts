import { expect, onTestFinished, test } from "vitest";
import { openLane, startSocketRedis } from "../support/fault-lane.ts";
import { sentTwice } from "../support/request-log.ts";
import type { ConnectionPlan, Ending, StreamPlan } from "../support/tcp-proxy.ts";
import { published, type Seeded, seeded, seedsOf, volume } from "../support/volume.ts";

/** People of one campaign: several run one after another until there were faults enough. */
const PEOPLE = 400;
/** Bytes of about three exchanges, so that a kept connection breaks in the middle of its life. */
const REQUEST_BYTES = 1_200;
const ANSWER_BYTES = 1_500;

test.each(seedsOf("proxy-api"))(
  "random faults between worker and API: nobody gets a message twice, none is lost, and unknown is only what the API never had",
  async (given) => {
    const chance = seeded("proxy-api", given);
    const own = await startSocketRedis();
    const env = { DROPCAST_ANSWER_TIMEOUT_SECONDS: "15" };
    const lane = await openLane({ redis: own, ratePerSecond: 300, env });
    onTestFinished(() => lane.close());
    await lane.ensureRunning();
    const figures = { rows: 0, faults: 0, interrupted: 0, matched: 0, unknown: 0, pauses: 0 };
    const problems: string[] = [];

    lane.toApi.plan(() => {
      const plan = randomPlan(chance, () => {
        figures.interrupted++;
        figures.faults++;
      });
      const isSlow = [plan.toServer, plan.toClient].some(
        (one) => one?.latencyMs || one?.sliceBytes,
      );
      if (isSlow) figures.faults++;
      return plan;
    });
    while (figures.faults < volume(2_000) && problems.length === 0) {
      const first = 48_600_000_000 + figures.rows;
      const phones = Array.from({ length: PEOPLE }, (_, at) => String(first + at));
      const id = await lane.import(phones);
      const { campaign, pauses } = await lane.settled(id);
      problems.push(...(await lane.contradictions(campaign, phones)));
      figures.rows += PEOPLE;
      figures.pauses += pauses;
      figures.unknown += campaign.counts.unknown;
      figures.matched += (await lane.rows(id)).filter(({ matched }) => matched !== null).length;
    }

    const duplicates = sentTwice(lane.posts()).length;
    published("proxy-api", chance.seed, { ...figures, duplicates, losses: problems.length });
    expect(problems).toEqual([]);
    expect(duplicates).toBe(0);
    // A fault meets one connection, which carries one message at a time. (A slow one may time out.)
    expect(figures.unknown + figures.matched).toBeLessThanOrEqual(figures.faults);
    expect(figures.unknown + figures.matched).toBeGreaterThan(0);
  },
);

function randomPlan(chance: Seeded, onFault: () => void): ConnectionPlan {
  const { int, pick, random } = chance;
  const slow: StreamPlan = random() < 0.3 ? { latencyMs: int(1, 60) } : {};
  const sliced: StreamPlan = random() < 0.3 ? { sliceBytes: int(1, 40) } : {};
  const cut = (bytesMax: number): StreamPlan => ({
    ...slow,
    ...sliced,
    cut: { afterBytes: int(0, bytesMax), ending: pick<Ending>(["reset", "end", "swallow"]) },
  });
  const kind = random();
  if (kind < 0.05) return { refuse: pick(["reset", "blackhole"] as const), onFault };
  if (kind < 0.4) return { toServer: cut(REQUEST_BYTES), toClient: slow, onFault };
  if (kind < 0.9) return { toServer: slow, toClient: cut(ANSWER_BYTES), onFault };
  return { toServer: { ...slow, ...sliced }, toClient: { ...slow, ...sliced } };
}
