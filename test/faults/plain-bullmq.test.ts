/**
 * What the ledger is for: what BullMQ and ioredis do by themselves, shown on a plain sender (one
 * job a message, the POST in the job). Each `test.fails` is named by a promise that the plain
 * sender breaks, and holds that one assertion; how it came to it is set up and checked before, in
 * a hook, where anything unexpected fails the file. Beside each, what Dropcast does.
 */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { createLedgerClient } from "../../src/redis/ledger-client.ts";
import { openTestStore } from "../support/campaigns.ts";
import { httpAnswer, type RawServer, startRawServer } from "../support/raw-server.ts";
import { testNumber } from "../support/redis.ts";
import { type Moment, type RedisProxy, startRedisProxy } from "../support/redis-proxy.ts";
import { retryFailed } from "../support/retry.ts";
import { SOON } from "../support/soon.ts";
import { openPlain, type Plain } from "./plain-queue.ts";

let api: RawServer;
let proxy: RedisProxy;
let onPost: (() => Promise<unknown>) | undefined;

beforeAll(async () => {
  proxy = await startRedisProxy({ targetPath: inject("redisSocket") });
  api = await startRawServer({
    answer: (socket, { body }) => {
      const status = body.includes("refused") ? "400 Bad Request" : "200 OK";
      void Promise.resolve(onPost?.()).then(() => socket.write(httpAnswer(status, "{}")));
    },
  });
});

afterAll(async () => {
  await api.close();
  await proxy.close();
});

/** How often the API was sent this message. */
function postsOf(message: string): number {
  return api.requests.filter(({ body }) => body === JSON.stringify({ message })).length;
}

/** What a ledger says to a worker that claims a row once more, and what the row was given before. */
async function sentOnce(outcome: "accepted" | "nothing") {
  const store = await openTestStore();
  // Another row stays pending, so that the campaign goes on.
  const campaign = await store.import(2);
  const [granted] = await store.grant(campaign, 1);
  if (outcome === "accepted") await store.record(granted, outcome, { wamid: "wamid.A" });
  const verdicts = async (nonce?: Buffer) => {
    const again = await store.claim(campaign, [1], nonce === undefined ? {} : { nonce });
    return again.kind === "rows" ? again.verdicts : [];
  };
  return { store, campaign, granted, verdicts };
}

async function send(job: { data: unknown }): Promise<void> {
  const answer = await fetch(api.url, { method: "POST", body: JSON.stringify(job.data) });
  if (!answer.ok) throw new Error(`The API answered ${answer.status}`);
}

/** Long, so that a busy machine does something before one ends. */
const WINDOW_MS = 4_000;
/** Where no job is to be taken for stalled, however busy the machine is. */
const CALM = { lockDuration: 60_000 };
/** A busy machine lets a job stall more often than the test does. */
const OFTEN = 1_000;

const open = (): Promise<Plain> => openPlain({ proxyPort: proxy.port, apiUrl: api.url, send });

async function stateOf({ queue }: Plain, message: string): Promise<string> {
  return (await queue.getJobState(message)).toString();
}

async function ended(plain: Plain, message: string, state: string): Promise<void> {
  await vi.waitFor(async () => expect(await stateOf(plain, message)).toBe(state), SOON);
}

describe("Redis refuses to mark a job as completed whose POST has succeeded", () => {
  let plain: Plain;
  beforeAll(async () => {
    plain = await open();
    const refusal = { kind: "error", reply: "OOM command not allowed" } as const;
    const isMark = ({ command, when }: Moment) =>
      command === "plain.moveToFinished" && when === "before";
    const refused = proxy.once(isMark, refusal);
    await plain.add("marked", { attempts: 3 });
    plain.startWorker({ maxStalledCount: OFTEN });
    await refused.fired;
    await ended(plain, "marked", "completed");
  });
  afterAll(() => plain.close());

  test.fails("plain BullMQ: a message whose POST succeeded is not sent again", () => {
    expect(postsOf("marked")).toBe(1);
  });

  test("Dropcast: a run that comes again finds the message accepted, and gets nothing", async () => {
    const { verdicts } = await sentOnce("accepted");
    expect(await verdicts()).toEqual([{ kind: "not_pending" }]);
  });
});

describe("a sender is killed after the API took its POST", () => {
  let plain: Plain;
  beforeAll(async () => {
    plain = await open();
    await plain.add("killed");
    const child = plain.startProcess();
    const gone = new Promise((resolve) => child.once("exit", resolve));
    onPost = async () => {
      onPost = undefined;
      child.kill("SIGKILL");
      await gone;
    };
    await gone;
    expect(postsOf("killed")).toBe(1);
    plain.startWorker({ maxStalledCount: OFTEN });
    await ended(plain, "killed", "completed");
  });
  afterAll(() => plain.close());

  test.fails("plain BullMQ: a message whose sender was killed is not sent again", () => {
    expect(postsOf("killed")).toBe(1);
  });

  // With real processes and kills: failpoints.test.ts, and test/e2e/workers.test.ts.
  test("Dropcast: nobody else gets a message that is on the wire; when its lease ends it is unknown", async () => {
    const { store, campaign, verdicts } = await sentOnce("nothing");
    expect(await verdicts()).toEqual([{ kind: "not_pending" }]);
    await store.endLeases();
    await store.store.ledger.sweep();
    expect(await store.state(campaign, 1)).toBe("unknown");
    expect(await verdicts()).toEqual([{ kind: "not_pending" }]);
  });
});

describe("the connection breaks between a command and its reply", () => {
  const afterIncr = ({ command, when }: Moment) => command === "incr" && when === "after";
  let key = "";
  let count = 0;
  beforeAll(async () => {
    key = `plain:${testNumber()}`;
    const redis = new Redis({ port: proxy.port });
    redis.on("error", () => {
      // The cut.
    });
    await redis.ping();
    const cut = proxy.once(afterIncr, { kind: "cut" });
    count = await redis.incr(key);
    await cut.fired;
    await redis.del(key);
    redis.disconnect();
  });

  test.fails("plain ioredis: a command that was given once is executed once", () => {
    expect(count).toBe(1);
  });

  test("Dropcast: the ledger's client gives up a command that was not answered, and never repeats it", async () => {
    const redis = createLedgerClient({ kind: "url", url: proxy.url });
    redis.on("error", () => {
      // The cut.
    });
    onTestFinished(() => redis.disconnect());
    await redis.connect();
    const cut = proxy.once(afterIncr, { kind: "cut" });
    await expect(redis.incr(`${key}:ledger`)).rejects.toThrow();
    await cut.fired;
    await vi.waitFor(async () => expect(await redis.get(`${key}:ledger`)).toBe("1"), SOON);
    await redis.del(`${key}:ledger`);
  });

  test("Dropcast: a claim that is told twice all the same grants the same attempt", async () => {
    const { granted, verdicts } = await sentOnce("nothing");
    const { attempt, nonce } = granted;
    expect(await verdicts(nonce)).toMatchObject([{ kind: "granted", attempt }]);
  });
});

describe("a list is imported again", () => {
  let plain: Plain;
  beforeAll(async () => {
    plain = await open();
    plain.startWorker(CALM);
    for (let imported = 1; imported <= 2; imported++) {
      const job = await plain.add("again", { removeOnComplete: true });
      await ended(plain, job.id ?? "", "unknown");
    }
  });
  afterAll(() => plain.close());

  test.fails("plain BullMQ: a job id that is known keeps a message from being sent twice", () => {
    expect(postsOf("again")).toBe(1);
  });

  test("Dropcast: the same bytes are refused, with the campaign they made", async () => {
    const store = await openTestStore();
    const first = await store.import(3, { digest: "same" });
    await expect(store.import(3, { digest: "same" })).rejects.toThrow("already_imported");
    expect((await store.found(first)).rows).toBe(3);
  });
});

describe("a message that failed is added again", () => {
  let plain: Plain;
  beforeAll(async () => {
    plain = await open();
    plain.startWorker(CALM);
    await plain.add("refused");
    await ended(plain, "refused", "failed");
    expect(postsOf("refused")).toBe(1);
    await plain.add("refused");
    // The queue has come past it when the next one is done.
    await plain.add("behind");
    await ended(plain, "behind", "completed");
  });
  afterAll(() => plain.close());

  test.fails("plain BullMQ: what was added is tried", () => {
    expect(postsOf("refused")).toBe(2);
  });

  // `retry` and its button: test/store/decisions.test.ts and test/dashboard/board-retry.test.ts.
  test("Dropcast: a failed message that is retried is pending again, under a new attempt", async () => {
    const store = await openTestStore();
    const campaign = await store.import(2);
    const failed = await store.send(campaign, 1, "failed", { code: 131000 });
    await retryFailed(store.store, campaign, { codes: new Set(), mode: "send" });
    const [again] = await store.grant(campaign, 1);
    expect(again.attempt).toBe(failed.attempt + 1);
  });
});

describe("the reply that hands a job to a worker is lost twice", () => {
  let plain: Plain;
  beforeAll(async () => {
    plain = await open();
    const handsOver = ({ command, when, reply }: Moment) =>
      command === "plain.moveToActive" && when === "after" && reply.includes("starved");
    const first = proxy.once(handsOver, { kind: "cut" });
    plain.startWorker();
    await plain.add("starved", { attempts: 5 });
    await first.fired;
    await proxy.once(handsOver, { kind: "cut" }).fired;
    await ended(plain, "starved", "failed");
  });
  afterAll(() => plain.close());

  test.fails("plain BullMQ: a job that failed has been tried", () => {
    expect(postsOf("starved")).toBeGreaterThan(0);
  });

  // Dropcast: a job only says which batch to look at; one that is lost is added again, and the rows
  // are pending all the while: "cut after batches.moveToActive" in failpoints.test.ts.
});

describe("a limit of 40 a second", () => {
  let plain: Plain;
  const times: number[] = [];
  beforeAll(async () => {
    plain = await open();
    const limiter = { max: 40, duration: WINDOW_MS };
    onPost = async () => times.push(performance.now());
    plain.startWorker({ limiter, concurrency: 100, ...CALM });
    // The rest comes when the window that a first one opened is about to close; if the machine slept
    // through it, in the next one.
    let firsts = 0;
    await vi.waitFor(
      async () => {
        const leftMs = await plain.redis.pttl(`bull:${plain.name}:limiter`);
        if (leftMs > WINDOW_MS / 4) throw new Error(`${leftMs} ms left`);
        if (leftMs > 0) return;
        const first = `limited-first-${++firsts}`;
        await plain.add(first);
        await ended(plain, first, "completed");
        throw new Error("a window was opened");
      },
      { ...SOON, interval: 5 },
    );
    const rest = Array.from({ length: 100 }, (_, at) => `limited-${at}`);
    await plain.queue.addBulk(
      rest.map((message) => ({ name: "message", data: { message }, opts: { jobId: message } })),
    );
    await vi.waitFor(() => expect(times.length).toBe(firsts + 100), SOON);
    onPost = undefined;
  });
  afterAll(() => plain.close());

  test.fails("plain BullMQ: no stretch of time has more POSTs than the limit", () => {
    const within = (from: number) =>
      times.filter((at) => at >= from && at < from + WINDOW_MS).length;
    expect(Math.max(...times.map(within))).toBeLessThanOrEqual(40);
  });

  // Dropcast: test/e2e/pace.test.ts, at the API, with several workers.
});
