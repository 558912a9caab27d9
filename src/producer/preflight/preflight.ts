/**
 * Findings about a list beyond faults in its rows: who has opted out, who is on another campaign,
 * where the messages go, what they will look like. The import passes every row it stores through
 * this, so `check` says what `send` does, and no list is read a third time.
 *
 * Opt-outs are looked up here for the counts; the claim of each message checks again.
 */
import type { CampaignDefinition } from "../../core/campaign.ts";
import { scheduleText } from "../../core/delegate.ts";
import type { Mode } from "../../core/mode.ts";
import { BODY_LENGTH_MAX, characters, compilePreview } from "../../core/preview.ts";
import type { PriceTable } from "../../core/prices.ts";
import type { SuppressReason } from "../../core/reasons.ts";
import { accept, type Result, refuse } from "../../core/refusal.ts";
import type { CompiledTemplate } from "../../core/template.ts";
import type { BudgetNow, NumberOptOuts, People } from "../../store/index.ts";
import { type Place, placeOfPhone } from "../../time/places.ts";
import type { CheckedRow } from "../check/check-rows.ts";
import type { PreparedList } from "../check/prepare-list.ts";
import { type CapsNow, cappedRows } from "./capped.ts";
import { costOf, countryOfPhone, type ListCost } from "./countries.ts";
import type { Estimate } from "./estimate.ts";
import { type GoesFirst, goesFirst } from "./goes-first.ts";
import { type OtherCampaigns, readOthers, waitForRepeats } from "./other-campaigns.ts";
import { outlookOf } from "./outlook.ts";
import {
  budgetWarning,
  canaryWarning,
  createWarnings,
  delegateWarning,
  nightWarning,
  placeholderWarning,
  previewWarning,
  type Warning,
} from "./warnings.ts";
import type { WindowReport } from "./window-report.ts";

/** What a preflight needs from outside; any of it may be missing, and the report then says so. */
export interface PreflightInput {
  /** Null: without Redis, opt-outs and other campaigns are not checked. */
  readonly people: People | null;
  readonly optOuts: Pick<NumberOptOuts, "check"> | null;
  /** The number's rate. */
  readonly ratePerSecond: number;
  readonly prices: PriceTable | null;
  /** The budget of people of the number's portfolio; null if none is configured. */
  readonly budget?: BudgetNow | null;
  /** Whom a frequency cap keeps back now; null: not known. */
  readonly caps?: CapsNow | null;
  readonly nowMs: number;
}

/** People looked up in one call: those of one piece of an ordinary list. */
const ASKED_AT_ONCE = 2_000;

/** How many messages are shown. */
const SAMPLES = 3;

/** A message as it will be sent. */
export interface Sample {
  readonly line: number;
  /** The request body. */
  readonly body: { readonly to: string; readonly template: unknown; readonly schedule?: string };
  /** The filled `template.preview`; null if the campaign has none. */
  readonly preview: string | null;
}

/** Findings about the rows that will be sent, or are deliberately left out. */
export interface PreflightFindings {
  /** The first messages as they will be sent. */
  readonly samples: readonly Sample[];
  readonly cost: ListCost;
  /** Null if the rate is not known. Of the first N if only these go. */
  readonly estimate: Estimate | null;
  /** Absent if all go. */
  readonly goesFirst?: GoesFirst;
  /** The sending hours; absent if it may be sent at any time. */
  readonly window?: WindowReport;
  readonly warnings: readonly Warning[];
  /** What could not be looked up without Redis. */
  readonly notChecked: readonly string[];
}

export interface Preflight {
  /**
   * Whether the list may be given a place among the campaigns now. Refuses one whose repeats are to
   * be left out if they cannot be known: `repeats_not_known`, `import_in_progress`.
   */
  mayBegin(digest: string): Promise<Result<void>>;
  /**
   * Reads the other campaigns, which takes seconds if they are large. `own` is the campaign that
   * the list becomes, empty for a check. Refuses like `mayBegin`.
   */
  begin(own: string): Promise<Result<void>>;
  /** Takes rows in order. Returns those of people who opted out as suppressed. */
  add(rows: readonly CheckedRow[]): Promise<readonly CheckedRow[]>;
  /** Findings among the rows that were passed in, of which `messages` will be sent. */
  found(messages: number): PreflightFindings;
}

/** `country` is the list's or null: messages to other countries give a warning. */
interface PreflightList extends Pick<PreparedList, "country" | "columns" | "template" | "times"> {
  readonly definition: CampaignDefinition;
  readonly mode: Mode;
}

export function createPreflight(input: PreflightInput | null, list: PreflightList): Preflight {
  const { definition, mode } = list;
  const { category } = definition;
  const people = input?.people ?? null;
  const optOuts = input?.optOuts ?? null;
  let others: OtherCampaigns | null = null;
  const look = createLook(list, (): OtherCampaigns | null => others);
  return {
    async mayBegin(digest) {
      if (people !== null) return waitForRepeats(people, { definition, mode, digest });
      return definition.recipients.skipRepeatMs === null ? accept(undefined) : refuseNotLooked();
    },
    async begin(own) {
      if (people === null) return accept(undefined);
      const read = await readOthers(people, { definition, mode, own, about: "all" });
      if (!read.ok) return read;
      others = read.value;
      return accept(undefined);
    },
    async add(rows) {
      const asked = optOuts === null ? rows : await suppress(rows, optOuts, definition);
      const settled = others === null ? asked : asked.map((row) => leaveOut(row, others));
      for (const row of settled) look.at(row);
      for await (const at of cappedRows(settled, definition, input?.caps ?? null)) {
        look.capped(at.code, at.line);
      }
      return settled;
    },
    found(messages) {
      const first = goesFirst(definition, messages);
      const going = first?.first ?? messages;
      const at = { people: look.places, going: look.firstPlaces };
      const outlook = outlookOf(list, { ...at, messages: going, input });
      return {
        samples: look.samples,
        cost: costOf(look.countries, { category, prices: input?.prices ?? null }),
        estimate: outlook.estimate,
        ...(first === null ? {} : { goesFirst: first }),
        ...(outlook.window === undefined ? {} : { window: outlook.window }),
        warnings: [
          ...previewWarning(definition, messages),
          ...placeholderWarning(definition, list.columns, messages),
          ...delegateWarning(definition, messages),
          ...canaryWarning(definition, going),
          ...budgetWarning(input?.budget ?? null, going),
          ...look.warnings(),
          ...(category === "marketing" ? nightWarning(outlook.atNight) : []),
        ],
        notChecked: people === null ? notLooked(definition) : [...(others?.unread ?? [])],
      };
    },
  };
}

/** Removes who opted out, or whom WhatsApp could not reach lately. */
async function suppress(
  rows: readonly CheckedRow[],
  optOuts: Pick<NumberOptOuts, "check">,
  definition: CampaignDefinition,
): Promise<readonly CheckedRow[]> {
  const asked = rows.filter(({ outcome }) => outcome.kind === "pending");
  const reasons = new Map<CheckedRow, SuppressReason>();
  for (let from = 0; from < asked.length; from += ASKED_AT_ONCE) {
    const some = asked.slice(from, from + ASKED_AT_ONCE);
    const found = await optOuts.check(definition, some.map(phoneOf));
    for (let at = 0; at < some.length; at++) {
      const [row, reason] = [some[at], found[at] ?? null];
      if (row !== undefined && reason !== null) reasons.set(row, reason);
    }
  }
  if (reasons.size === 0) return rows;
  return rows.map((row) => {
    const reason = reasons.get(row);
    if (reason === undefined) return row;
    return { ...row, outcome: { kind: "suppressed", phone: phoneOf(row), reason } };
  });
}

function phoneOf({ outcome }: CheckedRow): string {
  return outcome.kind === "rejected" ? "" : outcome.phone;
}

function leaveOut(row: CheckedRow, others: OtherCampaigns | null): CheckedRow {
  const { outcome } = row;
  if (outcome.kind !== "pending") return row;
  const campaign = others?.leftOut(outcome.phone);
  if (campaign === undefined) return row;
  return { ...row, outcome: { kind: "suppressed", phone: outcome.phone, reason: "repeated" } };
}

/** What is not checked without Redis. */
function notLooked({ recipients }: CampaignDefinition): string[] {
  const { warnRepeatMs, skipRepeatMs } = recipients;
  const asks = warnRepeatMs !== null || skipRepeatMs !== null;
  return ["opt_outs", "other_campaigns", ...(asks ? ["repeats"] : [])];
}

function refuseNotLooked(): Result<never> {
  return refuse(
    "repeats_not_known",
    "Who got the same campaign or template lately cannot be looked up, but recipients.skipRepeat needs it to leave them out.",
    "Run it where it can reach the Redis of the workers, or remove recipients.skipRepeat.",
  );
}

function createLook(list: PreflightList, othersNow: () => OtherCampaigns | null) {
  const { definition, template, columns } = list;
  const home = list.country?.toUpperCase() ?? null;
  const preview =
    definition.preview === null
      ? null
      : compilePreview(definition.preview, definition.template, columns);
  const warnings = createWarnings();
  const countries = new Map<string | null, number>();
  const places = new Map<Place, number>();
  const firstPlaces = new Map<Place, number>();
  let messages = 0;
  const samples: Sample[] = [];
  // For a list that is sent now.
  const schedule = scheduleText(definition.schedule, 0);

  function atMessage({ cells, line }: CheckedRow, phone: string): void {
    const country = countryOfPhone(phone);
    countries.set(country, (countries.get(country) ?? 0) + 1);
    const found = list.times?.placeOf(phone, cells) ?? null;
    const place = found === null ? placeOfPhone(phone) : found.ok ? found.place : null;
    const isFirst = messages++ < (definition.recipients.first ?? Number.POSITIVE_INFINITY);
    if (place !== null) {
      places.set(place, (places.get(place) ?? 0) + 1);
      if (isFirst) firstPlaces.set(place, (firstPlaces.get(place) ?? 0) + 1);
    }
    if (found?.ok === true && found.place.zones.length > 1) {
      warnings.add("zones_of_country", line, found.place.country ?? undefined);
    }
    if (home !== null && country !== home) warnings.add("other_country", line);
    if (country === "US" && definition.category === "marketing") warnings.add("us_marketing", line);
    const others = othersNow();
    const before = others?.got(phone);
    if (before !== undefined) warnings.add("got_lately", line, before);
    const other = others?.on(phone);
    if (other !== undefined) warnings.add("in_other_campaign", line, other);
    const text = preview?.fill(cells) ?? null;
    if (text !== null && characters(text) > BODY_LENGTH_MAX) warnings.add("body_too_long", line);
    if (samples.length < SAMPLES) {
      samples.push(sampleOf({ phone, line, text, cells, template, schedule }));
    }
  }

  return {
    at(row: CheckedRow): void {
      const { outcome, line } = row;
      if (outcome.kind === "pending") {
        if (outcome.landline === true) warnings.add("landline", line);
        for (const { code, column } of outcome.doubts ?? []) warnings.add(code, line, column);
        atMessage(row, outcome.phone);
      } else if (outcome.kind === "duplicate") warnings.add("duplicate", line);
      else if (outcome.kind === "suppressed") {
        const about =
          outcome.reason === "repeated" ? othersNow()?.leftOut(outcome.phone) : undefined;
        warnings.add(outcome.reason, line, about);
      }
    },
    samples,
    countries,
    places,
    firstPlaces,
    warnings: warnings.list,
    capped: (code: "capped_later" | "capped_skip", line: number) => warnings.add(code, line),
  };
}

/** The message of a row that passed its check. */
export function sampleOf(row: {
  phone: string;
  line: number;
  text: string | null;
  cells: readonly string[];
  template: CompiledTemplate;
  schedule: string | null;
}): Sample {
  const filled = row.template.fill(row.cells);
  if (!filled.ok) throw new Error(`Line ${row.line} passed the check and cannot be filled in.`);
  const { schedule } = row;
  const message = { to: row.phone, template: JSON.parse(filled.json) as unknown };
  const body = schedule === null ? message : { ...message, schedule };
  return { line: row.line, body, preview: row.text };
}
