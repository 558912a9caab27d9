import { foldColumnName } from "../core/columns.ts";
import { describeCode } from "../core/error-codes.ts";
import { describeFailure } from "../core/failure.ts";
import { describeReason, reasonName } from "../core/reasons.ts";
import { rejectCode, rejectReason } from "../core/reject.ts";
import type { Campaign, CampaignRow, TimeName } from "../store/index.ts";

/** What an export says about each row besides its input cells, in every format the same. */

const TIMES = ["claimed", "accepted", "sent", "delivered", "read", "failed"] as const;

/** The columns after the input columns, in this order. */
const FACTS = [
  "row",
  "state",
  "code",
  "reason",
  "attempts",
  ...TIMES.map((name) => `${name}_at` as const),
  "unknown_since",
  "wamid",
  "matched",
  "maybe_duplicate",
  "decided",
] as const;

/**
 * The same for a campaign of a pool, whose rows are numbered otherwise than those of the list. The
 * row of the list is last, so that scripts find all others in their places.
 */
const FACTS_OF_POOL = [...FACTS, "list_row"] as const;

export type FactName = (typeof FACTS_OF_POOL)[number];
type Facts = Partial<Record<FactName, string | number | boolean | null>>;

export function factNames({ pool }: Pick<Campaign, "pool">): readonly FactName[] {
  return pool === null ? FACTS : FACTS_OF_POOL;
}

/** In the order of {@link factNames}. */
export function factsOf(row: CampaignRow): Facts {
  const { value } = row;
  const at = (name: TimeName): string | null => {
    const ms = value.times[name];
    return ms === undefined ? null : new Date(ms).toISOString();
  };
  return {
    row: row.row,
    ...(row.listRow === undefined ? {} : { list_row: row.listRow }),
    state: row.state,
    code: value.code === 0 ? null : value.code,
    reason: reasonOf(row),
    attempts: value.attempt,
    claimed_at: at("claimed"),
    accepted_at: at("accepted"),
    sent_at: at("sent"),
    delivered_at: at("delivered"),
    read_at: at("read"),
    failed_at: at("failed"),
    unknown_since: row.unknownSince === null ? null : new Date(row.unknownSince).toISOString(),
    wamid: row.wamid,
    // How the wamid was matched with the row, if not by the API's answer.
    matched: value.flags.includes("matched") ? "recipient" : null,
    maybe_duplicate: value.flags.includes("maybeDuplicate"),
    decided: value.flags.includes("decided"),
  };
}

/** Why the row is in its state; null if the state explains itself. */
function reasonOf({ state, value, note, erased, listRow }: CampaignRow): string | null {
  if (erased) return describeReason("erased");
  if (state === "rejected") {
    const code = rejectCode(value.reason);
    return code === undefined ? null : rejectReason(code, String(note ?? ""));
  }
  if (state === "suppressed" && value.reason === 0) return describeReason("opted_out");
  // The import numbers rows as the list does.
  const ofList = listRow === undefined ? "" : " of the list";
  if (state === "duplicate") return `the same person as row ${note}${ofList}`;
  if (state === "failed") return describeFailure(value).title;
  const named = reasonName(value.reason);
  const words = named === undefined ? null : describeReason(named);
  if (value.code === 0) return words;
  const title = describeCode(value.code).title;
  return words === null ? title : `${title}. ${words}`;
}

/**
 * A list may have a column `state` of its own, for example if it comes from an export. An import
 * looks for none of these names (unlike `dropcast_row` of a rejects file), nor for phones in them.
 */
export function factColumns(columns: readonly string[], facts: readonly string[]): string[] {
  const taken = new Set(columns.map(foldColumnName));
  return facts.map((fact) => freeColumnName(fact, taken));
}

/** The name, with the first free number if it is taken. */
export function freeColumnName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let nth = 2; taken.has(free); nth++) free = `${name}_${nth}`;
  return free;
}

/** As many cells as the header has; only rejected rows have more or fewer. */
export function inputCells({ cells }: CampaignRow, width: number): string[] {
  return Array.from({ length: width }, (_, index) => cells[index] ?? "");
}
