import type { Redis } from "ioredis";
import type { CampaignStatus, Guarantee } from "../../core/campaign.ts";
import type { FailureCount } from "../../core/failure.ts";
import { type Counts, STATES, type State, zeroCounts } from "../../core/message.ts";
import type { Mode } from "../../core/mode.ts";
import { parseRamp, type RampUp } from "../../core/ramp.ts";
import { readStopOn, type StopOn } from "../../core/stop-on.ts";
import { numberOfCampaign } from "../campaign-id.ts";
import { fieldsOf, type HashFields } from "../hashes.ts";
import { campaignKeys } from "../keys.ts";
import { decodePrice } from "../ledger/ledger-value.ts";
import { type CampaignHours, readHours } from "./campaign-hours.ts";
import { causeOf } from "./history.ts";
import { readTrial, type Trial } from "./trial.ts";

/** A campaign as people see it. Times are ms since 1970, null if not reached. */
export interface Campaign {
  readonly id: string;
  readonly number: string;
  readonly name: string;
  readonly status: CampaignStatus;
  /** Why it is paused or rejected, as a code or text; empty otherwise. */
  readonly reason: string;
  readonly mode: Mode;
  /** A test message: one row, kept out of the list of campaigns and what counts them. */
  readonly isTest: boolean;
  readonly category: string;
  /** What is done about a message of which it is not known whether it was sent. */
  readonly guarantee: Guarantee;
  /** Messages by the category that WhatsApp charged them in. */
  readonly charged: Readonly<Record<string, number>>;
  /** At which outcomes it pauses by itself. */
  readonly stopOn: StopOn;
  /** The pool that it is a part of; null: it is a campaign of its own. */
  readonly pool: string | null;
  readonly file: string;
  readonly rows: number;
  readonly counts: Counts;
  /** Ended permanently, by a cancel, its `endBy` or retention: nothing more is sent. */
  readonly closed: boolean;
  /** Failed rows by their cause, most frequent first. */
  readonly errors: readonly FailureCount[];
  readonly ratePerSecond: number | null;
  /** How its rate grows, and its first claim, from which that counts (ms, the number's clock). */
  readonly ramp: (RampUp & { readonly sinceMs: number | null }) | null;
  /** When the budget of people, which it found full, has room again. */
  readonly budgetAtMs: number | null;
  /** Messages that a frequency cap kept back, and when the last of those put off may go. */
  readonly capped: {
    readonly putOff: number;
    readonly skipped: number;
    readonly untilMs: number | null;
  };
  readonly createdAt: number;
  readonly startAt: number | null;
  /** When the API sends the messages it was given. */
  readonly delegatedTo: number | null;
  readonly endBy: number | null;
  /** When its messages may leave, and its people by place; null if at any time. */
  readonly hours: CampaignHours | null;
  readonly startedAt: number | null;
  /** When it was paused last; null if it was resumed since. */
  readonly pausedAt: number | null;
  readonly finishedAt: number | null;
  /** Who started it, while it waits for the approval of another person; null: it does not. */
  readonly awaitsApprovalOf: string | null;
  /** When retention deleted its rows. */
  readonly rowsDeletedAt: number | null;
  /** The rows that go before the rest; null if none do. */
  readonly trial: Trial | null;
}

/** One campaign with its counts; undefined if there is none with this id. */
export async function readCampaign(
  redis: Redis,
  number: string,
  id: string,
): Promise<Campaign | undefined> {
  const own = campaignKeys(number, id);
  const answers = await redis
    .multi()
    .hmget(own.campaign, ...SHOWN_FIELDS)
    .hgetall(own.counts)
    .hgetall(own.errors)
    .hgetall(own.pricing)
    .hgetall(own.trial)
    .hgetall(own.first)
    .exec();
  const [values, counts, errors, pricing, ...trials] = (answers ?? []).map(([, value]) => value);
  const found = (values ?? []) as (string | null)[];
  const fields: HashFields<"campaign"> = Object.fromEntries(
    SHOWN_FIELDS.flatMap((name, at) => (found[at] == null ? [] : [[name, found[at]]])),
  );
  if (fields.epoch === undefined) return undefined;
  const campaign = toCampaign(id, fields, (counts ?? {}) as Fields, (errors ?? {}) as Fields);
  const charged = toCharged((pricing ?? {}) as Fields);
  return { ...campaign, charged, trial: readTrial(campaign, trials as HashFields<"trial">[]) };
}

type Fields = Record<string, string>;

/** Without its template and columns: they are large, and a page shows fifty campaigns. */
const SHOWN_FIELDS = fieldsOf(
  "campaign",
  ...(["epoch", "name", "status", "reason", "mode", "category", "file", "rows"] as const),
  ...(["closed", "purgedAt", "ratePerSecond", "startAt", "endBy", "ramp", "rampAt"] as const),
  ...(["pool", "capPutOff", "capSkipped", "capUntil"] as const),
  ...(["budgetAt", "guarantee", "awaits", "startedBy"] as const),
  ...(["window", "places", "delegatedTo", "test", "stopOn"] as const),
  ...(["createdAt", "startedAt", "pausedAt", "finishedAt"] as const),
);

function toCampaign(
  id: string,
  fields: HashFields<"campaign">,
  counts: Fields,
  errors: Fields,
): Omit<Campaign, "trial" | "charged"> {
  return {
    id,
    number: numberOfCampaign(id) ?? "",
    name: fields.name ?? "",
    status: fields.status as CampaignStatus,
    reason: fields.reason ?? "",
    mode: fields.mode === "live" ? "live" : "sandbox",
    isTest: fields.test !== undefined,
    category: fields.category ?? "",
    guarantee: fields.guarantee === "at-least-once" ? "at-least-once" : "at-most-once",
    stopOn: readStopOn(fields.stopOn),
    pool: fields.pool ?? null,
    file: fields.file ?? "",
    rows: Number(fields.rows),
    counts: toCounts(counts),
    closed: (fields.closed ?? "") !== "" || fields.purgedAt !== undefined,
    errors: Object.entries(errors)
      .map(([field, count]) => ({ ...causeOf(Number(field)), count: Number(count) }))
      .sort((a, b) => b.count - a.count || a.code - b.code),
    ratePerSecond: fields.ratePerSecond === undefined ? null : Number(fields.ratePerSecond),
    ramp:
      fields.ramp === undefined
        ? null
        : { ...parseRamp(fields.ramp), sinceMs: timeOrNull(fields.rampAt) },
    budgetAtMs: timeOrNull(fields.budgetAt),
    capped: {
      putOff: Number(fields.capPutOff ?? 0),
      skipped: Number(fields.capSkipped ?? 0),
      untilMs: timeOrNull(fields.capUntil),
    },
    createdAt: Number(fields.createdAt),
    startAt: timeOrNull(fields.startAt),
    delegatedTo: timeOrNull(fields.delegatedTo),
    endBy: timeOrNull(fields.endBy),
    hours: readHours(fields),
    startedAt: timeOrNull(fields.startedAt),
    pausedAt: timeOrNull(fields.pausedAt),
    finishedAt: timeOrNull(fields.finishedAt),
    awaitsApprovalOf: fields.awaits === undefined ? null : (fields.startedBy ?? ""),
    rowsDeletedAt: timeOrNull(fields.purgedAt),
  };
}

/** The scripts count messages by the byte of their price. */
function toCharged(pricing: Fields): Record<string, number> {
  const charged: Record<string, number> = {};
  for (const [byte, messages] of Object.entries(pricing)) {
    const category = decodePrice(Number(byte))?.category ?? "";
    if (category !== "") charged[category] = (charged[category] ?? 0) + Number(messages);
  }
  return charged;
}

export function toCounts(fields: Fields): Counts {
  const counts = zeroCounts();
  for (const [state, number] of Object.entries(STATES)) {
    counts[state as State] = Number(fields[number] ?? 0);
  }
  return counts;
}

export function timeOrNull(text: string | undefined): number | null {
  return text === undefined || text === "0" ? null : Number(text);
}
