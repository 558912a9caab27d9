/**
 * The result of a run once everything has settled: the exported ledger compared with what the
 * sandbox's own logs say that the API and the webhooks did. docs/reliability.md says what each
 * check means.
 */
import { expect } from "vitest";
import { createRowFormat } from "../../src/export/row-format.ts";
import type { RequestEntry, WebhookEntry } from "../../src/sandbox/json-log.ts";
import type { Campaign } from "../../src/store/campaigns/campaign.ts";
import type { NumberStore } from "../../src/store/number-store.ts";
import { compareWithLog, type ExportedRow } from "./compare-request-log.ts";
import { digitsOf, type Fleet } from "./fleet.ts";
import type { LedgerWatch } from "./ledger-watch.ts";
import { loudLogs } from "./quiet-logs.ts";
import { postsByRecipient, sentTwice } from "./request-log.ts";

export type ComparedRow = ExportedRow & { readonly campaign: string };

/** What a run comes to. `problems`: every contradiction found, in words. */
export interface RunResult {
  readonly problems: readonly string[];
  readonly rows: readonly ComparedRow[];
  readonly figures: Figures;
}

export interface Figures {
  readonly [name: string]: number;
  readonly rows: number;
  readonly posts: number;
  /** Webhooks that were answered 2xx. */
  readonly events: number;
  readonly duplicates: number;
  readonly losses: number;
  readonly stuck: number;
  readonly unknownsMade: number;
  readonly unknownsResolved: number;
  readonly unknownsLeft: number;
}

/** Tells what contradicts the request log in one campaign's rows; `posts` are those to its people. */
export type Compare = (
  rows: readonly ExportedRow[],
  posts: readonly RequestEntry[],
  webhooks: readonly WebhookEntry[],
) => string[];

/** Row by row; a row that is unknown may have been sent or not. */
export const compareCampaign: Compare = (rows, posts, webhooks) => {
  const unheardRows = new Set(rows.flatMap((row) => (row.state === "unknown" ? [row.row] : [])));
  return compareWithLog({ rows, posts, webhooks, recipientOf: digitsOf, unheardRows });
};

/**
 * Records and webhooks that were confirmed are lost with the file, so a row may know less than the
 * API: but what was sent is never taken for pending, failed or refused (O5), and what a row says
 * of itself is true (O4, O8).
 */
export const compareAfterLoss: Compare = (rows, posts) => {
  const sent = postsByRecipient(posts);
  return rows.flatMap((row) => {
    const theirs = sent.get(digitsOf(row)) ?? [];
    const [first] = theirs;
    const problems: string[] = [];
    if (theirs.length > 1) problems.push(`${theirs.length} POSTs`);
    if (!MAY_BE.has(row.state)) problems.push(`is ${row.state}`);
    if (first === undefined && row.state !== "unknown") problems.push(`is ${row.state}, unsent`);
    if (row.wamid !== null && row.wamid !== first?.wamid) problems.push("has a foreign wamid");
    return problems.map((text) => `row ${row.row}: ${text}`);
  });
};

const MAY_BE: ReadonlySet<string> = new Set(["unknown", "accepted", "sent", "delivered", "read"]);

/** Rows whose outcome nobody heard: in doubt still, or settled by a webhook for their person. */
export function interruptedRows({ rows }: RunResult): readonly ComparedRow[] {
  return rows.filter(({ state, matched }) => state === "unknown" || matched === "recipient");
}

/**
 * Nothing is in doubt, and nothing had to be settled by a webhook for want of an answer; says why
 * it was. On a starved machine a lease may end before its record is written: that settles it.
 */
export function expectNoDoubt(result: RunResult): void {
  expect(interruptedRows(result).map(({ reason }) => reason)).toEqual([]);
}

/** No contradiction, nobody sent to twice, nothing lost in silence, nothing stuck. */
export function expectSound({ problems, figures }: RunResult): void {
  expect(problems).toEqual([]);
  expect(figures).toMatchObject({ duplicates: 0, losses: 0, stuck: 0 });
}

/** Waits for every campaign to be over and every webhook to be taken, and judges. */
export async function settle(o: Settling): Promise<RunResult> {
  for (;;) {
    await o.watch.until((all) => all.every(isOver));
    await o.fleet.webhooksDelivered();
    const result = await judged(o);
    if (result === "moved") continue;
    const problems = [...result.problems, ...(await o.watch.stop())];
    return { ...result, problems };
  }
}

interface Settling {
  readonly fleet: Fleet;
  readonly watch: LedgerWatch;
  readonly store: NumberStore;
  readonly compare: Compare;
}

/**
 * Judges every row by what the API logged. What a worker that stood still finds when it goes on may
 * settle a row that is unknown, or give it back to be sent: then rows have moved since the log was
 * read, and their campaign may be running again.
 */
async function judged({ fleet, watch, store, compare }: Settling): Promise<RunResult | "moved"> {
  const campaigns = await watch.campaigns();
  const unknowns = await watch.unknowns();
  const [posts, webhooks] = [fleet.posts(), fleet.webhooks()];
  const rows: ComparedRow[] = [];
  const problems: string[] = [];
  for (const campaign of campaigns) {
    const own = await exported(store, campaign);
    const people = new Set(own.map(digitsOf));
    const theirs = posts.filter(({ to }) => people.has(to ?? ""));
    const found = [...compare(own, theirs, webhooks), ...countsOf(campaign, own)];
    problems.push(...found.map((text) => `${campaign.id} ${text}`));
    for (const row of own) rows.push({ ...row, campaign: campaign.id });
  }
  problems.push(...(await shownOtherwise(fleet, campaigns)));
  const figures = (all: readonly Campaign[]) => JSON.stringify(all.map(({ counts }) => counts));
  const hasMoved = figures(campaigns) !== figures(await watch.campaigns());
  if (hasMoved || !campaigns.every(isOver)) return "moved";
  problems.push(...strangers(rows, posts), ...loudLogs(fleet.stage, posts));
  return { problems, rows, figures: figuresOf({ rows, posts, webhooks, unknowns }) };
}

const isOver = ({ status, counts }: Campaign): boolean =>
  (status === "finished" || status === "cancelled") && counts.pending + counts.sending === 0;

/** What `dropcast export --format ndjson` writes, without a process for each campaign. */
async function exported(store: NumberStore, { id, rows }: Campaign): Promise<ExportedRow[]> {
  const format = await createRowFormat("ndjson", ["phone", "first_name"]);
  const all = [];
  for await (const row of store.rows.all(id, rows)) all.push(row);
  const lines = format.rows(all).split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as ExportedRow);
}

const NEVER_SENT: ReadonlySet<string> = new Set(["rejected", "duplicate", "cancelled"]);

function figuresOf(o: {
  rows: readonly ComparedRow[];
  posts: readonly RequestEntry[];
  webhooks: readonly WebhookEntry[];
  unknowns: { made: number; left: number };
}): Figures {
  const { rows, posts, webhooks, unknowns } = o;
  const accepted = posts.filter(({ decision }) => decision === "accepted");
  const reached = new Set(accepted.map(({ to }) => to));
  const known = rows.filter(({ state }) => state !== "unknown" && !NEVER_SENT.has(state));
  return {
    rows: rows.length,
    posts: posts.length,
    events: webhooks.filter(({ httpStatus }) => httpStatus >= 200 && httpStatus < 300).length,
    duplicates: sentTwice(posts).length,
    losses: known.filter((row) => !reached.has(digitsOf(row))).length,
    stuck: rows.filter(({ state }) => state === "pending" || state === "sending").length,
    unknownsMade: unknowns.made,
    unknownsResolved: unknowns.made - unknowns.left,
    unknownsLeft: unknowns.left,
  };
}

/** POSTs to people who are in no list. */
function strangers(rows: readonly ComparedRow[], posts: readonly RequestEntry[]): string[] {
  const people = new Set(rows.map(digitsOf));
  const count = posts.filter(({ to }) => !people.has(to ?? "")).length;
  return count === 0 ? [] : [`${count} POSTs went to people of no list`];
}

/** Where the counters of a campaign and its rows differ. */
function countsOf({ counts, rows }: Campaign, own: readonly ExportedRow[]): string[] {
  const inOrder = own.every(({ row }, at) => row === at + 1);
  const whole = own.length === rows && inOrder;
  const problems = whole ? [] : [`${own.length} of ${rows} rows, or not in order`];
  for (const [state, count] of Object.entries(counts)) {
    const found = own.filter((row) => row.state === state).length;
    if (found !== count) problems.push(`${found} rows are ${state}, counted ${count}`);
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
