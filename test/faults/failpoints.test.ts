/**
 * A crash at any instruction, without a seam in the code that is tested.
 *
 * A process acts on the world only by its commands to Redis and its bytes to the API. Between two
 * of those nothing that it does can be seen, so a crash (a hang, a lost connection) at any
 * instruction equals one before or after one of those. The proxies stand exactly there: they hold
 * the command, do what the test wants, and let the world go on as it may.
 */
import { expect, onTestFinished, test } from "vitest";
import { queuePrefix } from "../../src/store/keys.ts";
import { type Lane, openLane, startSocketRedis } from "../support/fault-lane.ts";
import { csvOf } from "../support/fleet.ts";
import { pause } from "../support/ledger-watch.ts";
import type { Armed, Moment, RedisFault, RedisProxy } from "../support/redis-proxy.ts";
import type { StreamPlan } from "../support/tcp-proxy.ts";
import { published, type Seeded, seeded, seedsOf, volume } from "../support/volume.ts";
import {
  type ApiPoint,
  allPoints,
  mayDoubt,
  nameOf,
  type Point,
  type RedisPoint,
} from "./points.ts";

/** Deployments side by side: most of the time each waits for something. */
const LANES = 3;
const PEOPLE = 12;
/** An answer that is late because the machine is busy must not look like one that was lost. */
const BUSY_MACHINE = { DROPCAST_ANSWER_TIMEOUT_SECONDS: "15" };
/** An API that refuses this one, and one that tells later that it has failed. */
const REFUSED = "48605559016";
const FAILED = "48605559002";
const ERRORS = [
  "OOM command not allowed when used memory > 'maxmemory'.",
  "READONLY You can't write against a read only replica.",
  "LOADING Redis is loading the dataset in memory",
  "MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.",
  "CLUSTERDOWN The cluster is down",
  "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
  "NOSCRIPT No matching script. Please use EVAL.",
  "NOPERM this user has no permissions to run the 'evalsha' command",
];

test.each(seedsOf("failpoints"))(
  "whatever breaks at whatever step, everybody gets the message once, the books are true and nothing is stuck",
  async (given) => {
    const chance = seeded("failpoints", given);
    const all = shuffled(allPoints(), chance);
    const points = all.slice(0, volume(all.length));
    const problems: string[] = [];
    let next = 0;
    let people = 0;
    let unknown = 0;

    async function work(): Promise<void> {
      const bench = await openBench(chance);
      for (;;) {
        const point = points[next++];
        if (point === undefined) return;
        const told = await bench.meet(point).catch((error: unknown) => [String(error)]);
        problems.push(...told.map((text) => `${nameOf(point)}: ${text}`));
        people += bench.last().people;
        unknown += bench.last().unknown;
      }
    }

    await Promise.all(Array.from({ length: LANES }, work));
    const figures = { points: points.length, people, unknown, problems: problems.length };
    published("failpoints", chance.seed, figures);
    expect(problems).toEqual([]);
  },
);

/** One deployment with a Redis of its own, on which one point after another is tried. */
async function openBench(chance: Seeded) {
  const own = await startSocketRedis();
  const lane = await openLane({
    redis: own,
    ratePerSecond: 200,
    env: BUSY_MACHINE,
    // After the record: a `failed` that overtakes it is parked, and then its job is the worker's.
    sandbox: { webhookDelayMs: [120, 160] },
  });
  onTestFinished(() => lane.close());
  let phonesFrom = 0;
  let last = { people: 0, unknown: 0 };
  let came = true;

  /** People of no other campaign: an open attempt of an earlier one would make theirs wait. */
  function takePhones(): string[] {
    phonesFrom += PEOPLE;
    const plain = Array.from(
      { length: PEOPLE - 2 },
      (_, at) => `4860${phonesFrom + at + 1_000_000}`,
    );
    return [...plain, prefixed(REFUSED, phonesFrom), prefixed(FAILED, phonesFrom)];
  }

  async function fail(point: Point): Promise<void> {
    if (point.way === "kill") {
      await lane.kill(point.kind === "redis" && point.role === "webhooks" ? "webhooks" : "worker");
    } else if (point.way === "gone") {
      await own.kill();
      await own.restart();
    }
  }

  function faultOf(point: RedisPoint): RedisFault {
    if (point.way === "cut") return { kind: "cut" };
    if (point.way === "error") return { kind: "error", reply: chance.pick(ERRORS) };
    if (point.way === "hang") return { kind: "hang", forMs: chance.int(300, 1_200) };
    return { kind: "call", act: () => fail(point) };
  }

  /**
   * Some steps are somebody else's once in a while: the job of a message that fails before its
   * answer is recorded is added by the worker. Then the next campaign may meet the point.
   */
  async function meet(point: Point): Promise<string[]> {
    for (let tries = 0; tries < 3; tries++) {
      came = true;
      const problems = await tryPoint(point);
      if (came || problems.length > 0) return problems;
    }
    return ["never came"];
  }

  async function tryPoint(point: Point): Promise<string[]> {
    last = { people: 0, unknown: 0 };
    await lane.ensureRunning();
    const phones = takePhones();
    const id =
      point.kind === "redis" && point.role === "send"
        ? await importBySend(lane, point, phones, faultOf(point))
        : await importWith(point, phones);
    await lane.ensureRunning();
    const { campaign } = await lane.settled(id);
    const problems = await lane.contradictions(campaign, phones);
    last = { people: phones.length, unknown: campaign.counts.unknown };
    const unknown = (await lane.rows(id)).filter(({ state }) => state === "unknown");
    if (!mayDoubt(point)) {
      problems.push(...unknown.map(({ row, reason }) => `row ${row} is unknown: ${reason}`));
    }
    return [...problems, ...(await jobsMissing(lane, id))];
  }

  async function importWith(point: Point, phones: readonly string[]): Promise<string> {
    const armed = point.kind === "api" ? armApi(lane, point, () => fail(point)) : armRedis(point);
    const id = await lane.import(phones);
    // It does not come any more when the campaign is over and all regular steps were taken again.
    const over = Promise.all([lane.settled(id), pause(10_000)]);
    came = await Promise.race([
      armed.fired.then(() => true),
      over.then(
        () => false,
        () => false,
      ),
    ]);
    armed.disarm();
    return id;
  }

  function armRedis(point: RedisPoint): Armed {
    const proxy = point.role === "webhooks" ? lane.webhooksToRedis : lane.toRedis;
    return arm(proxy, point, faultOf(point), chance.int(1, OFTEN[point.command] ?? 1));
  }

  return { meet, last: () => last };
}

/** Steps that every campaign of this size meets at least so often. */
const OFTEN: Readonly<Record<string, number>> = { dispatch: 3, sweep: 3, "apply-status": 10 };

function arm(proxy: RedisProxy, point: RedisPoint, fault: RedisFault, nth: number): Armed {
  let met = 0;
  return proxy.once((moment) => isAt(point, moment) && ++met === nth, fault);
}

function isAt({ command, when }: RedisPoint, moment: Moment): boolean {
  return moment.command === command && moment.when === when;
}

/** Breaks the next new connection to the API; the kept ones are closed first. */
function armApi(lane: Lane, point: ApiPoint, fail: () => Promise<void>): Armed {
  let fire = (): void => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  const disarm = (): void => lane.toApi.plan(() => ({}));
  const onFault = (): void => {
    void fail().then(fire);
  };
  lane.toApi.cutAll();
  let taken = false;
  lane.toApi.plan(() => {
    if (taken) return {};
    taken = true;
    // Who is killed, or loses Redis, has nothing else to suffer: the connection only waits.
    const ending = point.way === "cut" ? ("reset" as const) : ("swallow" as const);
    const cut = (afterBytes: number): StreamPlan => ({ cut: { afterBytes, ending } });
    switch (point.at) {
      case "connect":
        return { refuse: ending === "reset" ? "reset" : "blackhole", onFault };
      case "first byte of the request":
        return { toServer: cut(0), onFault };
      case "half of the request":
        return { toServer: cut(200), onFault };
      case "answer not begun":
        return { toClient: cut(0), onFault };
      case "half of the answer":
        return { toClient: cut(150), onFault };
    }
  });
  return { fired, disarm };
}

/** `send` is run until it says that the list is stored; the first time it meets the fault. */
async function importBySend(
  lane: Lane,
  point: RedisPoint,
  phones: readonly string[],
  fault: RedisFault,
): Promise<string> {
  const { stage, store, toRedis } = lane;
  stage.setEnv({ DROPCAST_REDIS_URL: toRedis.url });
  const file = `list-${phones[0]}.csv`;
  stage.write(file, csvOf(phones.map((phone, at) => [`+${phone}`, `Name ${at}`])));
  stage.write("sale.yaml", campaignYaml(lane.number, phones[0] ?? ""));
  const send = ["send", "sale.yaml", file, "--json"];
  const first = stage.launch(send);
  const how: RedisFault = point.way === "kill" ? { kind: "call", act: () => first.kill() } : fault;
  const armed = arm(toRedis, point, how, 1);
  const came = await Promise.race([armed.fired.then(() => true), first.ended.then(() => false)]);
  if (!came) throw new Error("never came");
  await first.ended;
  for (let tries = 0; tries < 3; tries++) {
    const [newest] = await store.campaigns.list();
    if (newest?.name === phones[0] && newest?.status !== "importing") return newest?.id ?? "";
    const again = await stage.run(send);
    if (again.code !== 0 && tries === 2) throw new Error(`${again.stdout} ${again.stderr}`);
  }
  throw new Error("send stored nothing in three tries");
}

function campaignYaml(number: string, name: string): string {
  return JSON.stringify({
    name,
    number,
    category: "marketing",
    template: {
      name: "spring_sale",
      language: { code: "en_US" },
      components: [{ type: "body", parameters: [{ type: "text", text: "{{first_name}}" }] }],
    },
  });
}

/** Every failed message has its job in the dashboard, whoever died in between. */
async function jobsMissing({ redis, store, rows }: Lane, id: string): Promise<string[]> {
  const failed = (await rows(id)).filter(({ state }) => state === "failed");
  const missing: string[] = [];
  for (const { row, attempts } of failed) {
    const key = `${queuePrefix(store.space)}:failed-${store.space}:f-${id}-${row}-${attempts}`;
    if ((await redis.exists(key)) === 0) missing.push(`row ${row} failed and has no job`);
  }
  return missing;
}

/** The ending decides what the sandbox does; what stands before it makes it another person. */
function prefixed(phone: string, serial: number): string {
  return `48${String(serial).padStart(3, "0")}${phone.slice(4)}`.slice(0, 12);
}

function shuffled<T>(list: readonly T[], { random }: Seeded): T[] {
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
