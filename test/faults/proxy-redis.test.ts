import { expect, onTestFinished, test } from "vitest";
import { openLane, startSocketRedis } from "../support/fault-lane.ts";
import type { RedisFault } from "../support/redis-proxy.ts";
import { sentTwice } from "../support/request-log.ts";
import { published, type Seeded, seeded, seedsOf, volume } from "../support/volume.ts";

const PEOPLE = 100;
/** At least so many that a share of the rows means something: a claim has several. */
const FAULTS = Math.max(200, volume(2_000));
/** So many of a hundred moments go wrong: campaigns still come to their end. */
const PERCENT = 4;
/**
 * The steps of a message on its way: most of the faults are to be there. Webhooks come in bursts
 * on one connection, and one cut breaks all of a burst: there, few are many.
 */
const SENDING = /^(claim|record|close-batch)$/;
const SENDING_PERCENT = 20;
/**
 * What is asked all the time whether there is work or not, and at each connection: a fault there is
 * seldom a new one, and one that cuts the connection brings the next.
 */
const IDLE =
  /^(dispatch|sweep|next-due|hello|client|info|config|exists|zrange|zrangebyscore|.*moveStalledJobsToWait)$/;
const IDLE_PERCENT = 0.2;
/** Replies of a Redis in trouble. None of them says anything about what was executed. */
const ERRORS = [
  "OOM command not allowed when used memory > 'maxmemory'.",
  "READONLY You can't write against a read only replica.",
  "LOADING Redis is loading the dataset in memory",
  "CLUSTERDOWN The cluster is down",
  "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
  "NOSCRIPT No matching script. Please use EVAL.",
];

test.each(seedsOf("proxy-redis"))(
  "random faults between every process and Redis: nobody gets a message twice, nothing is unknown, nothing is stuck and the books are true",
  async (given) => {
    const chance = seeded("proxy-redis", given);
    const own = await startSocketRedis();
    // Leases outlive the storm: what a claim whose answer was lost had granted is given back.
    const env = { DROPCAST_ANSWER_TIMEOUT_SECONDS: "20" };
    const lane = await openLane({ redis: own, ratePerSecond: 200, env });
    onTestFinished(() => lane.close());
    await lane.ensureRunning();
    const figures = { rows: 0, faults: 0, interrupted: 0, unknown: 0, pauses: 0 };
    const problems: string[] = [];

    for (const proxy of [lane.toRedis, lane.webhooksToRedis]) {
      proxy.judge(({ command }) => {
        if (chance.random() * 100 >= percentOf(command)) return undefined;
        figures.faults++;
        if (command === "claim" || command === "record") figures.interrupted++;
        return randomFault(chance);
      });
    }
    while (figures.faults < FAULTS && problems.length === 0) {
      const first = 48_600_000_000 + figures.rows;
      const phones = Array.from({ length: PEOPLE }, (_, at) => String(first + at));
      const id = await lane.import(phones);
      const { campaign, pauses } = await lane.settled(id);
      problems.push(...(await lane.contradictions(campaign, phones)));
      figures.rows += PEOPLE;
      figures.pauses += pauses;
      figures.unknown += campaign.counts.unknown;
    }
    for (const proxy of [lane.toRedis, lane.webhooksToRedis]) proxy.judge(undefined);

    const duplicates = sentTwice(lane.posts()).length;
    published("proxy-redis", chance.seed, { ...figures, duplicates, losses: problems.length });
    expect(problems).toEqual([]);
    expect(duplicates).toBe(0);
    // The API heard and answered everything. In doubt is at most a claim that reached Redis after its
    // worker had given it up: no one sends its rows, and their lease ends.
    expect(figures.unknown).toBeLessThanOrEqual(figures.rows / 100);
  },
);

function percentOf(command: string): number {
  if (SENDING.test(command)) return SENDING_PERCENT;
  return IDLE.test(command) ? IDLE_PERCENT : PERCENT;
}

function randomFault({ int, pick, random }: Seeded): RedisFault {
  const kind = random();
  if (kind < 0.4) return { kind: "cut" };
  if (kind < 0.8) return { kind: "error", reply: pick(ERRORS) };
  return { kind: "hang", forMs: int(20, 400) };
}
