/**
 * A fleet under attack: a Redis of its own, processes that a run kills and replaces, lists that are
 * sent while it does, and the verdict when the dust has settled. Everything a run does by chance is
 * the run's; what must hold after every run is here.
 */
import { createRowFormat } from "../../src/export/row-format.ts";
import type { Campaign } from "../../src/store/campaign-reader.ts";
import { createRowReader } from "../../src/store/row-reader.ts";
import { compareWithOracle, type ExportedRow } from "./check-oracle.ts";
import { campaignFile, digitsOf, type Fleet, listOf, startFleet } from "./fleet.ts";
import { type LedgerWatch, watchLedger } from "./ledger-watch.ts";
import { sentTwice } from "./oracle.ts";
import type { Running } from "./processes.ts";
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
  /** Sends a list of so many people, each of whom is in no other list. Returns the campaign. */
  send(people: number): Promise<string>;
  /** Sends a list when fewer than `least` rows wait. */
  stock(o: { least: number; people: number }): Promise<void>;
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
  const send = createLists(fleet);
  return {
    redis,
    fleet,
    watch,
    workers: [...fleet.workers],
    send,
    async stock({ least, people }) {
      const waiting = (await watch.campaigns()).reduce(
        (sum, { counts }) => sum + counts.pending,
        0,
      );
      if (waiting < least) await send(people);
    },
    settle: ({ withinMs }) => settle({ fleet, watch, withinMs, exported: exporter(client) }),
    async close() {
      await watch.stop();
      await fleet.stage.close();
    },
  };
}

/** Often enough for a receiver that is killed again and again. */
const RETRIES = [100, 200, 400, 800, ...Array.from({ length: 40 }, () => 1_000)].join(",");

function createLists({ stage }: Fleet): Siege["send"] {
  let lists = 0;
  let people = 0;
  return async (count) => {
    const name = `list-${++lists}`;
    stage.write(`${name}.yaml`, campaignFile({ number: NUMBER, name }));
    stage.write(`${name}.csv`, listOf(count, people));
    people += count;
    const { id } = await stage.json<{ id: string }>(["send", `${name}.yaml`, `${name}.csv`]);
    return id;
  };
}

type Exporter = (campaign: Campaign) => Promise<ExportedRow[]>;

/** What `dropcast export --format ndjson` writes, without a process for each campaign. */
function exporter(redis: ReturnType<OwnRedis["connect"]>): Exporter {
  const reader = createRowReader({ redis, number: NUMBER });
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
  const problems = exported.length === rows ? [] : [`${id}: ${exported.length} of ${rows} rows`];
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
