import type { State } from "../../src/core/message.ts";
import type { RequestEntry, WebhookEntry } from "../../src/sandbox/json-log.ts";
import { lastStatus, postsByRecipient } from "./request-log.ts";

/** A line of `dropcast export --format ndjson`, as far as it is judged. */
export interface ExportedRow {
  readonly row: number;
  readonly state: State;
  readonly code: number | null;
  readonly reason: string | null;
  readonly attempts: number;
  readonly wamid: string | null;
  readonly matched: string | null;
  readonly maybe_duplicate: boolean;
  readonly input: Readonly<Record<string, string>>;
}

export interface LogComparison {
  readonly rows: readonly ExportedRow[];
  readonly posts: readonly RequestEntry[];
  readonly webhooks: readonly WebhookEntry[];
  /** The recipient as the API gets it; null for a row that has none. */
  readonly recipientOf: (row: ExportedRow) => string | null;
  /** Rows whose worker was killed: it made no POST, or heard no answer. None when left out. */
  readonly unheardRows?: ReadonlySet<number>;
}

interface Evidence {
  readonly posts: readonly RequestEntry[];
  /** wamid -> the statuses that a receiver has taken with 2xx. */
  readonly delivered: ReadonlyMap<string, ReadonlySet<string>>;
  readonly unheard: "unheard" | "heard";
}

/** These rows never get a POST. */
const NEVER_SENT: ReadonlySet<State> = new Set<State>(["rejected", "duplicate"]);

/**
 * Compares the ledger, as it is exported, with what the API and the webhooks really did, row by
 * row. Returns every contradiction in words; an empty list: none. To be asked when the campaign
 * has finished and every webhook was delivered.
 */
export function compareWithLog(input: LogComparison): string[] {
  const posts = postsByRecipient(input.posts);
  const delivered = deliveredStatuses(input.webhooks);
  const problems: string[] = [];
  const judged = new Set<string>();
  for (const row of input.rows) {
    const to = NEVER_SENT.has(row.state) ? null : input.recipientOf(row);
    if (to !== null && judged.has(to)) problems.push(`row ${row.row}: its person has two rows`);
    if (to !== null) judged.add(to);
    const found = to === null ? [] : (posts.get(to) ?? []);
    const unheard = input.unheardRows?.has(row.row) === true ? "unheard" : "heard";
    const texts = judge(row, { posts: found, delivered, unheard });
    problems.push(...texts.map((text) => `row ${row.row}: ${text}`));
  }
  const strangers = [...posts.keys()].filter((to) => !judged.has(to));
  if (strangers.length > 0) {
    problems.push(`${strangers.length} recipients got a POST and are no row to be sent`);
  }
  return problems;
}

function judge(row: ExportedRow, { posts, delivered, unheard }: Evidence): string[] {
  if (NEVER_SENT.has(row.state)) return [];
  const accepted = posts.filter((post) => post.decision === "accepted");
  if (accepted.length > 1) return [`${accepted.length} accepted POSTs`];
  const last = posts.at(-1);
  if (last === undefined) return judgeNotPosted(row, unheard);
  // Only an answer that says "not sent" may be followed by another POST.
  const repeated = posts.slice(0, -1).filter((post) => post.decision !== "refused");
  const again = repeated.map((post) => `another POST came after one with ${post.fault}`);
  const [taken] = accepted;
  if (taken === undefined) return [...again, ...judgeNotTaken(row, last, unheard)];
  const told = delivered.get(taken.wamid ?? "") ?? new Set<string>();
  return [...again, ...judgeTaken(row, taken, { told, unheard })];
}

function judgeNotPosted(row: ExportedRow, unheard: Evidence["unheard"]): string[] {
  if (row.state === "cancelled" || row.state === "expired") return [];
  if (row.state === "unknown" && unheard === "unheard") return [];
  return [`is ${row.state} without any POST`];
}

/** The API took nothing: the answer said so, or did not say anything. */
function judgeNotTaken(
  row: ExportedRow,
  last: RequestEntry,
  unheard: Evidence["unheard"],
): string[] {
  // An error inside a 2xx proves nothing: some APIs queue a message and pass on why it waits.
  if (last.decision === "dropped" || unheard === "unheard" || last.httpStatus < 300) {
    return row.state === "unknown" ? [] : [`is ${row.state} although nobody could know`];
  }
  const code = last.code === 0 ? last.httpStatus : last.code;
  if (row.state !== "failed") return [`is ${row.state}, but was refused with ${code}`];
  return row.code === code ? [] : [`failed with ${row.code}, but was refused with ${code}`];
}

/** The API took it: what its webhooks told counts; before any, whether it answered so. */
function judgeTaken(
  row: ExportedRow,
  post: RequestEntry,
  { told, unheard }: { told: ReadonlySet<string>; unheard: Evidence["unheard"] },
): string[] {
  const status = lastStatus(post);
  const missing = post.statuses.map(nameOf).filter((name) => !told.has(name));
  if (missing.length > 0) return [`its webhooks ${missing.join(", ")} were not delivered`];
  const wasAnswered = unheard === "heard" && post.httpStatus < 300 && post.fault === "none";
  const expected = status?.status ?? (wasAnswered ? "accepted" : "unknown");
  const problems: string[] = [];
  if (row.state !== expected) problems.push(`is ${row.state}, but should be ${expected}`);
  if (row.state === "failed" && row.code !== status?.code) {
    problems.push(`failed with ${row.code}, but its status said ${status?.code}`);
  }
  if (row.maybe_duplicate) problems.push("is marked as a possible duplicate");
  const knowsWamid = status !== null || (wasAnswered && /^(meta|id-wamid)$/.test(post.shape ?? ""));
  if (knowsWamid && row.wamid === null) problems.push("has no wamid");
  else if (knowsWamid && row.wamid !== post.wamid)
    problems.push("has the wamid of another message");
  if (row.wamid?.startsWith("wamid.") && row.wamid !== post.wamid) {
    problems.push("has a wamid that the API never gave it");
  }
  return problems;
}

function deliveredStatuses(lines: readonly WebhookEntry[]): Map<string, Set<string>> {
  const taken = new Map<string, Set<string>>();
  for (const { wamid, status, httpStatus } of lines) {
    if (httpStatus < 200 || httpStatus >= 300) continue;
    const known = taken.get(wamid);
    if (known === undefined) taken.set(wamid, new Set([status]));
    else known.add(status);
  }
  return taken;
}

function nameOf(status: string): string {
  return status.split(":")[0] ?? status;
}
