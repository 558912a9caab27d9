/**
 * A fleet under attack: a Redis of its own, processes that a run kills and replaces, lists that are
 * sent while it does, and the verdict when the dust has settled. Everything a run does by chance is
 * the run's; what must hold after every run is here.
 */
import { expect } from "vitest";
import { createRowFormat } from "../../src/export/row-format.ts";
import { createFileImporter } from "../../src/producer/import-file.ts";
import type { Campaign } from "../../src/store/campaign-reader.ts";
import { createNumberStore, type NumberStore } from "../../src/store/number-store.ts";
import { compareWithOracle, type ExportedRow } from "./check-oracle.ts";
import { campaignFile, digitsOf, type Fleet, listOf, startFleet } from "./fleet.ts";
import { type LedgerWatch, watchLedger } from "./ledger-watch.ts";
import { sentTwice } from "./oracle.ts";
import type { Running, Stage } from "./processes.ts";
import { loudLogs } from "./quiet-logs.ts";
import { type OwnRedis, startOwnRedis } from "./redis.ts";

/** What a run comes to. `problems`: every contradiction found, in words. */
export interface Verdict {
  readonly problems: readonly string[];
  readonly rows: readonly (ExportedRow & { readonly campaign: string })[];
  readonly figures: {
    readonly rows: number;
    readonly posts: number;
    readonly events: number;
    readonly duplicates: number;
    readonly losses: number;
    readonly stuck: number;
    readonly unknownsMade: number;
    readonly unknownsResolved: number;
    readonly unknownsLeft: number;
  };
}

export interface Siege {
  readonly redis: OwnRedis;
  readonly fleet: Fleet;
  readonly watch: LedgerWatch;
  /** The living ones. */
  readonly workers: Running[];
  /** Takes so many people who are in no other list: the first one's number (fleet.ts, phoneOf). */
  people(count: number): number;
  /** Sends a list of so many people. Returns the campaign. */
  send(people: number): Promise<string>;
  /** Sends another list when there is less than a second of work left. */
  stock(): Promise<void>;
  /** Waits for everything to be finished and compares. */
  settle(o: { withinMs: number }): Promise<Verdict>;
  close(): Promise<void>;
}

export interface SiegeOptions {
  readonly ratePerSecond: number;
  readonly workers: number;
  readonly knobs: Readonly<Record<string, string>>;
  /** From the last byte of a POST to the end of its answer, at most. */
  readonly answerSeconds: number;
  /** What the product's own waits are divided by. */
  readonly timeScale: number;
}

/** Rows whose outcome nobody heard: in doubt still, or settled by a webhook for their person. */
export function interruptedRows({ rows }: Verdict): Verdict["rows"] {
  return rows.filter(({ state, matched }) => state === "unknown" || matched === "recipient");
}

/** No contradiction, nobody sent to twice, nothing lost in silence, nothing stuck. */
export function expectSound({ problems, figures }: Verdict): void {
  expect(problems).toEqual([]);
  expect(figures).toMatchObject({ duplicates: 0, losses: 0, stuck: 0 });
}

/** The one number of a siege: its Redis is its own. */
export const NUMBER = "main";

/** Starts it, Redis with `appendfsync always`. Call it inside a test, and close it. */
export async function startSiege(o: SiegeOptions): Promise<Siege> {
  const redis = await startOwnRedis();
  const fleet = await startFleet({
    redisUrl: redis.url,
    number: NUMBER,
    ratePerSecond: o.ratePerSecond,
    workers: o.workers,
    knobs: { magic: "off", webhookDelayMs: "20-200", webhookRetryDelaysMs: RETRIES, ...o.knobs },
    env: {
      DROPCAST_TIME_SCALE: String(o.timeScale),
      DROPCAST_ANSWER_TIMEOUT_SECONDS: String(o.answerSeconds),
    },
  });
  const client = redis.connect();
  const watch = watchLedger({ redis: client, number: NUMBER });
  let people = 0;
  const take = (count: number): number => {
    people += count;
    return people - count;
  };
  const store = await createNumberStore({ redis: client, number: NUMBER });
  const send = createLists({ stage: fleet.stage, store, people: take });
  return {
    redis,
    fleet,
    watch,
    workers: [...fleet.workers],
    people: take,
    send,
    async stock() {
      const counts = (await watch.campaigns()).map((campaign) => campaign.counts.pending);
      const waiting = counts.reduce((sum, count) => sum + count, 0);
      if (waiting < o.ratePerSecond) await send(Math.max(LIST_MIN, o.ratePerSecond * LIST_SECONDS));
    },
    settle: ({ withinMs }) => settle({ fleet, watch, withinMs, exported: exporter(store) }),
    async close() {
      await watch.stop();
      await fleet.stage.close();
    },
  };
}

/** Short lists: what is left of the last one when a run ends has to be sent as well. */
const LIST_SECONDS = 3;
/** Several batches, so that several workers have one. */
const LIST_MIN = 500;

/** Often enough for a receiver that is killed again and again. */
const RETRIES = [100, 200, 400, 800, ...Array.from({ length: 40 }, () => 1_000)].join(",");

/** What `dropcast send` does, without a process for each list: its own import, in this process. */
function createLists(o: {
  stage: Stage;
  store: NumberStore;
  people: Siege["people"];
}): Siege["send"] {
  const importFile = createFileImporter({
    numbers: { [NUMBER]: NUMBER },
    openNumber: () => ({ imports: o.store.imports, country: null }),
    mode: "sandbox",
  });
  let lists = 0;
  return async (count) => {
    const name = `list-${++lists}`;
    const campaignPath = o.stage.write(`${name}.yaml`, campaignFile({ number: NUMBER, name }));
    const csvPath = o.stage.write(`${name}.csv`, listOf(count, o.people(count)));
    const imported = await importFile({ campaignPath, csvPath });
    if (!imported.ok) throw new Error(imported.refusal.message);
    return imported.value.id;
  };
}

type Exporter = (campaign: Campaign) => Promise<ExportedRow[]>;

/** What `dropcast export --format ndjson` writes, without a process for each campaign. */
function exporter({ rows: reader }: NumberStore): Exporter {
  return async ({ id, rows }) => {
    const format = await createRowFormat("ndjson", ["phone", "first_name"]);
    const all = [];
    for await (const row of reader.all(id, rows)) all.push(row);
    const lines = format.rows(all).split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as ExportedRow);
  };
}

const isOver = ({ status, counts }: Campaign): boolean =>
  (status === "finished" || status === "cancelled") && counts.pending + counts.sending === 0;

async function settle(o: {
  fleet: Fleet;
  watch: LedgerWatch;
  withinMs: number;
  exported: Exporter;
}): Promise<Verdict> {
  const { fleet, watch, withinMs } = o;
  // Read before anything is concluded from them: a run that hangs is told by its states.
  await watch.until((all) => all.every(isOver), withinMs);
  await fleet.webhooksDelivered(withinMs);
  const [campaigns, unknowns] = [await watch.campaigns(), await watch.unknowns()];
  const [posts, webhooks] = [fleet.posts(), fleet.webhooks()];
  const rows: (ExportedRow & { campaign: string })[] = [];
  const problems: string[] = [];
  for (const campaign of campaigns) {
    const own = await o.exported(campaign);
    rows.push(...own.map((row) => ({ ...row, campaign: campaign.id })));
    const people = new Set(own.map(digitsOf));
    const theirs = posts.filter(({ to }) => to !== null && people.has(to));
    const unheardRows = new Set(own.flatMap((row) => (row.state === "unknown" ? [row.row] : [])));
    const found = compareWithOracle({
      rows: own,
      posts: theirs,
      webhooks,
      recipientOf: digitsOf,
      unheardRows,
    });
    problems.push(...found.map((text) => `${campaign.id} ${text}`));
    problems.push(...countsOf(campaign, own));
  }
  problems.push(...(await shownOtherwise(fleet, campaigns)));
  problems.push(...loudLogs(fleet.stage, posts), ...(await watch.stop()));
  const accepted = posts.filter(({ decision }) => decision === "accepted");
  const reached = new Set(accepted.map(({ to }) => to));
  const heardOf = rows.filter(({ state }) => state !== "unknown" && !NEVER_SENT.has(state));
  const figures = {
    rows: rows.length,
    posts: posts.length,
    events: webhooks.filter(({ httpStatus }) => httpStatus >= 200 && httpStatus < 300).length,
    duplicates: sentTwice(posts).length,
    losses: heardOf.filter((row) => !reached.has(digitsOf(row))).length,
    stuck: rows.filter(({ state }) => state === "pending" || state === "sending").length,
    unknownsMade: unknowns.made,
    unknownsResolved: unknowns.made - unknowns.left,
    unknownsLeft: unknowns.left,
  };
  return { problems, rows, figures };
}

const NEVER_SENT: ReadonlySet<string> = new Set(["rejected", "duplicate"]);

/** Where the counters of a campaign and its rows differ. */
function countsOf({ id, counts, rows }: Campaign, exported: readonly ExportedRow[]): string[] {
  const inOrder = exported.every(({ row }, at) => row === at + 1);
  const whole = exported.length === rows && inOrder;
  const problems = whole ? [] : [`${id}: ${exported.length} of ${rows} rows, or not in order`];
  for (const [state, count] of Object.entries(counts)) {
    const found = exported.filter((row) => row.state === state).length;
    if (found !== count) problems.push(`${id}: ${found} rows are ${state}, counted ${count}`);
  }
  return problems;
}

/** Where `list --json` says something else than the ledger. */
async function shownOtherwise(fleet: Fleet, campaigns: readonly Campaign[]): Promise<string[]> {
  const listed = new Map((await fleet.list()).map((campaign) => [campaign.id, campaign]));
  return campaigns.flatMap(({ id, rows, counts }) => {
    const shown = listed.get(id);
    const same = shown?.rows === rows && JSON.stringify(shown.counts) === JSON.stringify(counts);
    return same ? [] : [`${id}: the command line shows other figures`];
  });
}
