/**
 * A fleet under attack: a Redis of its own, processes that a run kills and replaces, lists that are
 * sent while it does, and the result when the dust has settled. Everything a run does by chance is
 * the run's; what must hold after every run is here.
 */
import type { Redis } from "ioredis";
import { createFileImporter } from "../../src/producer/import-file.ts";
import { storeIn } from "../../src/producer/sink/sink.ts";
import { keySpace, numberKeys } from "../../src/store/keys.ts";
import { createNumberStore, type NumberStore } from "../../src/store/number-store.ts";
import { portfolioKeys, portfolioSpace } from "../../src/store/shared-keys.ts";
import { campaignFile, type Fleet, listOf, startFleet } from "./fleet.ts";
import { type LedgerWatch, pause, watchLedger } from "./ledger-watch.ts";
import type { Running, Stage } from "./processes.ts";
import { watchProgress } from "./progress.ts";
import { type OwnRedis, startOwnRedis } from "./redis.ts";
import { type Compare, compareCampaign, type RunResult, settle } from "./run-result.ts";

export interface FaultRun {
  readonly redis: OwnRedis;
  readonly fleet: Fleet;
  readonly watch: LedgerWatch;
  /** The number's ledger, as a process of Dropcast opens it. */
  readonly store: NumberStore;
  /** The living ones. */
  readonly workers: Running[];
  /** Takes so many people who are in no other list: the first one's number (fleet.ts, phoneOf). */
  people(count: number): number;
  /** Sends a list of so many people; `keys` are of its campaign file. Returns the campaign. */
  send(people: number, keys?: object): Promise<string>;
  /** A person who sends the rest of every campaign whose canary paused it. */
  resumeCanaries(): Promise<void>;
  /** Sends another list when there is less than a second of work left. */
  stock(): Promise<void>;
  /** People who were written to and are not counted by the portfolio for a day. */
  uncounted(): Promise<string[]>;
  /** Resolves when so many messages are on the wire; sends another list when there is no work. */
  onWire(atLeast: number): Promise<void>;
  /**
   * Resolves when messages are claimed again: after a start of Redis workers wait for each other.
   * Sends another list when the last one is over, which it may be before this looks.
   */
  claimed(): Promise<void>;
  /** Waits for everything to be over and compares; by `compare` where the usual is too strict. */
  settle(o?: { compare?: Compare }): Promise<RunResult>;
  close(): Promise<void>;
}

export interface FaultRunOptions {
  readonly ratePerSecond: number;
  /** The portfolio of its number counts people up to this many; none is counted without it. */
  readonly dailyRecipients?: number;
  readonly workers: number;
  readonly knobs: Readonly<Record<string, string>>;
  /** From the last byte of a POST to the end of its answer, at most. */
  readonly answerSeconds: number;
  /** What the product's own waits are divided by. */
  readonly timeScale: number;
}

/** The one number of a run: its Redis is its own. */
export const NUMBER = "main";

/** Starts it, Redis with `appendfsync always`. Call it inside a test, and close it. */
export async function startFaultRun(o: FaultRunOptions): Promise<FaultRun> {
  const redis = await startOwnRedis();
  const client = redis.connect();
  return { ...(await startRunOn({ url: redis.url, clientOf: () => client }, o)), redis };
}

/** A Redis that a run uses and does not own; `env` and `bin` are for its processes. */
export interface RunRedis {
  readonly url: string;
  /** The client for a key space. */
  readonly clientOf: (space: string) => Redis;
  readonly env?: Readonly<Record<string, string>>;
  readonly bin?: string | undefined;
}

/** The same on a Redis that is there. */
export async function startRunOn(
  { url, clientOf, env = {}, bin }: RunRedis,
  o: FaultRunOptions,
): Promise<Omit<FaultRun, "redis">> {
  const fleet = await startFleet({
    ...{ redisUrl: url, number: NUMBER, bin },
    ratePerSecond: o.ratePerSecond,
    workers: o.workers,
    ...(o.dailyRecipients === undefined
      ? {}
      : { portfolios: { [NUMBER]: { dailyRecipients: o.dailyRecipients } } }),
    knobs: { magic: "off", webhookDelayMs: "20-200", webhookRetryDelaysMs: RETRIES, ...o.knobs },
    env: {
      DROPCAST_TIME_SCALE: String(o.timeScale),
      DROPCAST_ANSWER_TIMEOUT_SECONDS: String(o.answerSeconds),
      ...env,
    },
  });
  const mode = "sandbox";
  const client = clientOf(keySpace(NUMBER, mode));
  const watch = watchLedger({ redis: client, number: keySpace(NUMBER, mode) });
  let people = 0;
  const take = (count: number): number => {
    people += count;
    return people - count;
  };
  const store = await createNumberStore({ redis: client, clientOf, number: NUMBER, mode });
  const send = createLists({ stage: fleet.stage, store, people: take });
  const stock = async (): Promise<void> => {
    const counts = (await watch.campaigns()).map((campaign) => campaign.counts.pending);
    const waiting = counts.reduce((sum, count) => sum + count, 0);
    if (waiting < o.ratePerSecond) await send(Math.max(LIST_MIN, o.ratePerSecond * LIST_SECONDS));
  };
  const resumeCanaries = async (): Promise<void> => {
    for (const { id, status, reason } of await watch.campaigns()) {
      const isPaused = status === "paused" && reason.startsWith("canary:");
      if (isPaused) await store.campaigns.resume(id);
    }
  };
  return {
    fleet,
    watch,
    store,
    workers: [...fleet.workers],
    people: take,
    send,
    stock,
    resumeCanaries,
    async onWire(atLeast) {
      const progress = watchProgress();
      for (;;) {
        const { size } = await watch.onWire();
        if (size >= atLeast) return;
        if (progress.isStuck(size)) throw await watch.asError(`${size} are on the wire`);
        await stock();
        await resumeCanaries();
        await pause(LOOK_EVERY_MS);
      }
    },
    async uncounted() {
      const { people: counted } = portfolioKeys(keySpace(portfolioSpace(NUMBER), mode));
      const written = new Set(fleet.posts().flatMap(({ to }) => to ?? []));
      const phones = [...written];
      const until = await clientOf(portfolioSpace(NUMBER)).zmscore(
        counted,
        ...phones.map((to) => store.ledger.person(to)),
      );
      return phones.filter((_, at) => Number(until[at] ?? 0) < Date.now() + DAY_MS - CLOCK_MS);
    },
    async claimed() {
      const { guard } = numberKeys(store.space);
      const lastClaim = () => client.hget(guard, "claimedAt");
      const before = await lastClaim();
      const progress = watchProgress();
      while ((await lastClaim()) === before) {
        if (progress.isStuck(before)) throw await watch.asError("nothing is claimed");
        await stock();
        await pause(LOOK_EVERY_MS);
      }
    },
    settle: ({ compare = compareCampaign } = {}) => settle({ fleet, watch, store, compare }),
    async close() {
      await watch.stop();
      await fleet.stage.close();
    },
  };
}

const DAY_MS = 24 * 3_600_000;
/** A run lasts for less than this. */
const CLOCK_MS = 3_600_000;
const LOOK_EVERY_MS = 20;
/** Short lists: what is left of the last one when a run ends has to be sent as well. */
const LIST_SECONDS = 3;
/** Several batches, so that several workers have one. */
const LIST_MIN = 500;

/** Five minutes: a receiver that is killed again and again, on a busy machine, takes its time. */
const RETRIES = [100, 200, 400, 800, ...Array.from({ length: 300 }, () => 1_000)].join(",");

/** What `dropcast send` does, without a process for each list: its own import, in this process. */
function createLists(o: {
  stage: Stage;
  store: NumberStore;
  people: FaultRun["people"];
}): FaultRun["send"] {
  const importFile = createFileImporter({
    numbers: { [NUMBER]: NUMBER },
    openNumber: () => ({ sink: storeIn(o.store.imports), store: null, country: null }),
    mode: "sandbox",
  });
  let lists = 0;
  return async (count, keys = {}) => {
    const name = `list-${++lists}`;
    const file = JSON.parse(campaignFile({ number: NUMBER, name })) as object;
    const campaignPath = o.stage.write(`${name}.yaml`, JSON.stringify({ ...file, ...keys }));
    const csvPath = o.stage.write(`${name}.csv`, listOf(count, o.people(count)));
    const imported = await importFile({ campaignPath, csvPath });
    if (!imported.ok) throw new Error(imported.refusal.message);
    return imported.value.id;
  };
}
