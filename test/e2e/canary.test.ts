import { afterAll, beforeAll, expect, test } from "vitest";
import {
  campaignFile,
  type Fleet,
  listOf,
  type ShownCampaign,
  startFleet,
} from "../support/fleet.ts";
import { redisUrl, testNumber } from "../support/redis.ts";
import { sentTwice } from "../support/request-log.ts";

const NUMBER = testNumber();
const ROWS = 400;
const PEOPLE_OF_A_LIST = 10_000;
let fleet: Fleet;
let lists = 0;

// One set of processes for all.
beforeAll(async () => {
  fleet = await startFleet({
    redisUrl: redisUrl(),
    ...{ number: NUMBER, ratePerSecond: 200, workers: 2 },
    knobs: { magic: "off", latencyMs: "20", webhookDelayMs: "50-100" },
    env: { DROPCAST_TIME_SCALE: "5" },
  });
});
afterAll(() => fleet.stage.close());

type Tried = ShownCampaign & {
  readonly trial: { kind: string; size: number; delivered: number; needed: number } | null;
};

async function send(block: object, ...more: string[]): Promise<{ id: string; list: number }> {
  const list = ++lists;
  const file = JSON.parse(campaignFile({ number: NUMBER, name: `Sale ${list}` })) as object;
  fleet.stage.write(`${list}.yaml`, JSON.stringify({ ...file, ...block }));
  fleet.stage.write(`${list}.csv`, listOf(ROWS, list * PEOPLE_OF_A_LIST));
  const args = ["send", `${list}.yaml`, `${list}.csv`, ...more];
  const { id } = await fleet.json<ShownCampaign>(args);
  return { id, list };
}

/** The POSTs of one list, each with its row. */
function postsOf(list: number): { readonly at: number; readonly row: number; to: string | null }[] {
  return fleet.posts().flatMap(({ at, to }) => {
    const person = Number(to?.slice(-6));
    const isOfList = Math.floor(person / PEOPLE_OF_A_LIST) === list;
    return isOfList ? [{ at, to, row: (person % PEOPLE_OF_A_LIST) + 1 }] : [];
  });
}

const finished = ({ status }: ShownCampaign): boolean => status === "finished";

test("a canary that is spread over the list goes first, and the rest once it is delivered, although a worker dies meanwhile", async () => {
  // No webhook is counted until the other worker has had time to send too early.
  process.kill(fleet.webhookServer.pid, "SIGSTOP");
  const canary = { size: 20, minDelivered: 0.8, wait: "10m" };
  const { id, list } = await send({ canary });
  // What a worker leaves on the wire could make too few of them.
  await fleet.until(id, ({ counts }) => counts.pending === ROWS - 20 && counts.sending === 0);
  const [worker] = fleet.workers;
  await worker?.kill();
  await fleet.startWorker();
  const tried = (await fleet.show(id)) as Tried;
  expect(tried.trial).toMatchObject({ kind: "canary", size: 20, needed: 16 });
  expect(postsOf(list).length).toBeLessThanOrEqual(20);
  process.kill(fleet.webhookServer.pid, "SIGCONT");
  const last = await fleet.until(id, finished);

  const posts = postsOf(list);
  const first = posts.slice(0, 20).map(({ row }) => row);
  const gaps = first.sort((a, b) => a - b).map((row, at) => row - (first[at - 1] ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(ROWS / 10);
  expect(first.at(-1)).toBeGreaterThan(ROWS - ROWS / 10);
  expect(sentTwice(fleet.posts())).toEqual([]);
  expect(posts.length + last.counts.unknown).toBeGreaterThanOrEqual(ROWS);
});

test("a canary that fails pauses the campaign with its figures, and a person sends the rest", async () => {
  await fleet.turn({ failStatusCodes: "131026=1" });
  const canary = { size: 10, wait: "1m" };
  const { id, list } = await send({ canary });
  const paused = await fleet.until(id, ({ status }) => status === "paused");
  expect(paused.reasonCode).toMatch(/^canary:failed:0:10:8:/);
  expect(postsOf(list).length).toBeLessThanOrEqual(10);

  await fleet.turn({ failStatusCodes: "" });
  await fleet.json(["resume", id]);
  await fleet.until(id, finished);
  expect(postsOf(list)).toHaveLength(ROWS);
});

test("the first rows go, the campaign pauses, a probe gets through, and the rest follows", async () => {
  const { id, list } = await send({}, "--first", "120");
  await fleet.until(id, ({ reasonCode }) => reasonCode === "first:120");
  const first = postsOf(list).map(({ row }) => row);
  expect(first.sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, at) => at + 1));

  await fleet.json(["resume", id, "--probe", "5"]);
  await fleet.until(id, finished);
  expect(postsOf(list)).toHaveLength(ROWS);
  expect(sentTwice(fleet.posts())).toEqual([]);
});
