import { delegatedTo, scheduleText } from "../core/delegate.ts";
import { type CompiledTemplate, compileTemplate } from "../core/template.ts";
import type {
  CampaignStore,
  CampaignToSend,
  Ledger,
  LoadedRow,
  NumberTime,
  RowOpening,
} from "../store/index.ts";
import { rowHours } from "../time/row-hours.ts";
import { type SendTimes, sendTimesOf } from "../time/send-times.ts";

/** A message of an open batch, ready for its slot. */
export interface DueMessage {
  readonly row: number;
  readonly person: Buffer;
  /** The phone begins with +1. */
  readonly plusOne: boolean;
  /** The request body without `schedule`. */
  readonly body: string;
  /** For a message that the API is to keep until `startAt`. */
  readonly kept: Kept | null;
  /** For a campaign with a window: when it may leave. The claim decides. */
  readonly opening: RowOpening | null;
}

/** The time until which the API keeps a message, and when it has passed, by `performance.now()`. */
interface Kept {
  readonly until: string;
  readonly passedAt: number;
}

/**
 * The whole request body of a message that is sent now. Backoff and pace may delay a message beyond
 * its `startAt`: then it has no `schedule`, because what the API does with a past one is not known.
 */
export function requestBody({ body, kept }: DueMessage): string {
  if (kept === null || performance.now() >= kept.passedAt) return body;
  return `${body.slice(0, -1)},"schedule":${JSON.stringify(kept.until)}}`;
}

/** One run of one batch in this process: its messages leave `waiting` when they are claimed. */
export interface BatchRun {
  readonly campaign: CampaignToSend;
  readonly batch: number;
  readonly run: number;
  readonly waiting: DueMessage[];
  /** Messages in claims that are not answered yet. */
  claiming: number;
  /** Granted messages of this run. */
  granted: number;
  /** Rows that wait for the budget of people, for closing the run, and when it has room. */
  readonly putOff: RowOpening[];
  budgetAtMs: number | null;
  /** Its start, by `performance.now()`. */
  readonly beganAt: number;
  /**
   * When it ends, finished or not, by `performance.now()`: a row of its batch that waited for its
   * window may leave then. At a slow pace a run takes longer than a window is open.
   */
  readonly endsAt: number;
  /** Called once, when nothing is left to claim. */
  readonly finish: () => void;
}

/** The result of loading a batch. */
export type LoadedBatch =
  | {
      readonly kind: "loaded";
      readonly campaign: CampaignToSend;
      readonly due: DueMessage[];
      /** Rows that wait for their window, or missed it: for closing the run. */
      readonly waiting: readonly RowOpening[];
      /** The first of their openings, by `performance.now()`; Infinity if none waits for one. */
      readonly endsAt: number;
    }
  | { readonly kind: "gone" }
  /** Stored by the rules of another version: `why` is for the log. */
  | { readonly kind: "unreadable"; readonly why: string };

/** Cached campaigns: few run at the same time. */
const READY_MAX = 50;
const FOREVER_MS = 2 ** 32 * 1_000;
/** When to check a row again whose next opening cannot be computed. */
const LOOK_AGAIN_MS = 7 * 24 * 3_600_000;

/** What reading the rows of a campaign needs. */
interface Ready {
  readonly template: CompiledTemplate;
  readonly times: SendTimes | null;
}

/**
 * Reads a batch and builds the request of every row that is pending and due, and whose window is
 * open. Rows that are due later are left out: closing the run makes the batch ready for that time.
 * `startFenceMs`: how long after its claim a message may leave.
 */
export function createBatchLoader(input: {
  campaigns: CampaignStore;
  ledger: Ledger;
  startFenceMs: number;
}) {
  const { campaigns, ledger, startFenceMs } = input;
  const cached = new Map<string, Ready>();

  function readyFor({ id, epochMs, definition, columns }: CampaignToSend): Ready {
    const key = `${id}:${epochMs}`;
    const known = cached.get(key);
    if (known !== undefined) return known;
    const template = compileTemplate(definition.template, columns);
    // The import compiled the same template with the same columns before it stored a row.
    if (!template.ok) throw new Error(`The template of ${id} no longer compiles.`);
    const ready = { template: template.value, times: sendTimesOf(definition, columns) };
    if (cached.size >= READY_MAX) cached.delete(cached.keys().next().value ?? key);
    cached.set(key, ready);
    return ready;
  }

  function toDue(
    row: LoadedRow,
    {
      template,
      opening,
      kept,
    }: { template: CompiledTemplate; opening: RowOpening | null; kept: Kept | null },
  ): DueMessage {
    // An erased row has no person: its claim suppresses it, and nothing is sent.
    if (row.phone === "") {
      return {
        ...{ row: row.row, person: ledger.person(""), plusOne: false },
        ...{ body: "", opening, kept },
      };
    }
    const filled = template.fill(row.cells);
    // The import rejects rows whose values do not fit, so a pending row always fills.
    if (!filled.ok) throw new Error(`Row ${row.row} no longer fits its template.`);
    return {
      row: row.row,
      person: ledger.person(row.phone),
      plusOne: row.phone.startsWith("1"),
      body: `{"to":${JSON.stringify(row.phone)},"template":${filled.json}}`,
      opening,
      kept,
    };
  }

  /** When a pending row may leave, by Redis's clock. */
  function openingOf(
    times: SendTimes,
    row: LoadedRow,
    { campaign, clock }: { campaign: CampaignToSend; clock: NumberTime },
  ): { isOpen: boolean; opening: RowOpening } {
    const { row: number, value } = row;
    if (row.phone === "") {
      return { isOpen: true, opening: { row: number, opensMs: 0, closesMs: FOREVER_MS } };
    }
    const found = times.placeOf(row.phone, row.cells);
    // The import rejects rows whose time zone is not known: never send such a row on a guess.
    if (!found.ok) throw new Error(`Row ${number} has no time zone.`);
    const isAgain = value.flags.includes("retried") || value.flags.includes("maybeDuplicate");
    const dueMs = (value.times.due ?? 0) + clock.wallMs - clock.nowMs;
    const atMs = Math.max(clock.wallMs, dueMs);
    const hours = rowHours(times, found.place, {
      atMs,
      sinceMs: campaign.startedAtMs ?? campaign.epochMs,
      // A message that is sent again on purpose has had its first opening.
      onMiss: isAgain ? "next" : (campaign.definition.schedule.window?.onMiss ?? "next"),
      marginMs: startFenceMs,
    });
    if (hours.kind === "open") {
      const { opensMs, closesMs } = hours;
      return { isOpen: true, opening: { row: number, opensMs, closesMs } };
    }
    if (hours.kind === "missed") {
      const { closedMs } = hours;
      return { isOpen: false, opening: { row: number, opensMs: closedMs, closesMs: closedMs } };
    }
    const opensMs = hours.opensMs ?? atMs + LOOK_AGAIN_MS;
    return { isOpen: false, opening: { row: number, opensMs, closesMs: null } };
  }

  return async function load(id: string, batch: number): Promise<LoadedBatch> {
    const campaign = await campaigns.toSend(id);
    const loaded = campaign && (await ledger.load(id, batch, campaign.epochMs));
    if (campaign === undefined || loaded === undefined) return { kind: "gone" };
    const { rows, dueByMs, clock } = loaded;
    try {
      const { template, times } = readyFor(campaign);
      const kept = keptUntil(campaign, clock);
      const due: DueMessage[] = [];
      const waiting: RowOpening[] = [];
      for (const row of rows.filter(({ value }) => value.state === "pending")) {
        const hours = times === null ? null : openingOf(times, row, { campaign, clock });
        if (hours?.isOpen === false) waiting.push(hours.opening);
        else if ((row.value.times.due ?? 0) <= dueByMs) {
          due.push(toDue(row, { template, opening: hours?.opening ?? null, kept }));
        }
      }
      return { kind: "loaded", campaign, due, waiting, endsAt: firstOpening(waiting, clock) };
    } catch (error) {
      return { kind: "unreadable", why: String(error) };
    }
  };
}

/** By `performance.now()`. A row that missed its only opening waits for nothing. */
function firstOpening(waiting: readonly RowOpening[], { wallMs }: NumberTime): number {
  const opens = waiting.flatMap(({ opensMs, closesMs }) => (closesMs === null ? [opensMs] : []));
  return performance.now() + Math.min(...opens) - wallMs;
}

function keptUntil({ definition }: CampaignToSend, { wallMs }: NumberTime): Kept | null {
  const until = scheduleText(definition.schedule, wallMs);
  const atMs = delegatedTo(definition.schedule);
  if (until === null || atMs === null) return null;
  return { until, passedAt: performance.now() + atMs - wallMs };
}
