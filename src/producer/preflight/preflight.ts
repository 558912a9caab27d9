/**
 * What is found out about a list besides what is wrong with its rows: who has opted out, who is on
 * another campaign, where the messages go, what they will look like. The import looks through this
 * at every row it stores, so what `check` says is what `send` does, and no list is read a third
 * time.
 *
 * Opt-outs are looked up here to be counted; the claim of each message looks again.
 */
import type { CampaignDefinition } from "../../core/campaign.ts";
import { BODY_LENGTH_MAX, characters, compilePreview, previewProblem } from "../../core/preview.ts";
import type { PriceTable } from "../../core/prices.ts";
import type { CompiledTemplate } from "../../core/template.ts";
import type { ImportOutcome } from "../../store/batch-rows.ts";
import type { NumberOptOuts } from "../../store/number-opt-outs.ts";
import type { People } from "../../store/people.ts";
import { estimateSending } from "./estimate.ts";
import { costOf, createCountryOfPhone } from "./preflight-countries.ts";
import { type OtherCampaigns, readOthers } from "./preflight-others.ts";
import { type ImportReport, SAMPLES, type Sample, type Warning } from "./report.ts";
import { createWarnings } from "./warnings.ts";

/** What a preflight needs from outside; all of it may be missing, and the report then says so. */
export interface PreflightInput {
  /** Null: Redis is not there, so opt-outs and other campaigns are not looked at. */
  readonly people: People | null;
  readonly optOuts: Pick<NumberOptOuts, "check"> | null;
  /** The number's rate. */
  readonly ratePerSecond: number;
  readonly prices: PriceTable | null;
  readonly nowMs: number;
}

/** People looked up in one call. */
const ASKED_AT_ONCE = 1_000;

/** A row and what was decided about it. */
export interface JudgedRow {
  readonly cells: readonly string[];
  readonly line: number;
  readonly outcome: ImportOutcome;
}

export interface Preflight {
  /** Takes rows in their order. Those of people who have opted out come back as suppressed. */
  see(rows: readonly JudgedRow[]): Promise<readonly JudgedRow[]>;
  /** Writes down what was found, once all rows have been seen. */
  finish(report: ImportReport): void;
}

export interface PreflightList {
  readonly definition: CampaignDefinition;
  readonly columns: readonly string[];
  readonly template: CompiledTemplate;
  readonly mode: "live" | "sandbox";
}

/** Looks at the other campaigns first, which may take seconds when they are large. */
export async function createPreflight(
  input: PreflightInput | null,
  list: PreflightList,
): Promise<Preflight> {
  const people = input?.people ?? null;
  const optOuts = input?.optOuts ?? null;
  const others = people === null ? null : await readOthers(people, list.mode);
  const look = createLook(list, others);
  return {
    async see(rows) {
      const settled = optOuts === null ? rows : await suppress(rows, optOuts, list.definition);
      for (const row of settled) look.at(row);
      return settled;
    },
    finish(report) {
      const { category, schedule, delivery } = list.definition;
      report.samples = look.samples;
      report.cost = costOf(look.countries, { category, prices: input?.prices ?? null });
      report.warnings = [...previewWarning(list.definition, report.ok), ...look.warnings()];
      if (people === null) report.notChecked = ["opt_outs", "other_campaigns"];
      else if (others !== null && others.unread > 0) report.notChecked = ["other_campaigns"];
      if (input === null) return;
      const own = delivery.ratePerSecond ?? input.ratePerSecond;
      const ratePerSecond = Math.min(input.ratePerSecond, own);
      const { ok: messages } = report;
      const { nowMs } = input;
      report.estimate = estimateSending({ messages, ratePerSecond, nowMs, ...schedule });
    },
  };
}

/**
 * A preview with other variables than the body: one of the two is wrong. It is told and not refused,
 * because the preview is for people only; if it is the body that is wrong, the first message is
 * refused and pauses the campaign.
 */
function previewWarning(definition: CampaignDefinition, count: number): Warning[] {
  const { preview, template } = definition;
  const problem = preview === null ? null : previewProblem(preview, template.components);
  if (problem === null) return [];
  const reason =
    `template.preview ${problem}; one of the two is wrong, and if it is the body, WhatsApp ` +
    "refuses every message (132000)";
  return [{ code: "preview_variables", reason, count, lines: [] }];
}

/** Takes out who opted out, or whom WhatsApp could not reach lately; a thousand at once. */
async function suppress(
  rows: readonly JudgedRow[],
  optOuts: Pick<NumberOptOuts, "check">,
  definition: CampaignDefinition,
): Promise<readonly JudgedRow[]> {
  const asked = rows.flatMap(({ outcome }, index) =>
    outcome.kind === "pending" ? [{ index, phone: outcome.phone }] : [],
  );
  const settled = [...rows];
  for (let from = 0; from < asked.length; from += ASKED_AT_ONCE) {
    const some = asked.slice(from, from + ASKED_AT_ONCE);
    const reasons = await optOuts.check(
      definition,
      some.map(({ phone }) => phone),
    );
    for (const [at, { index, phone }] of some.entries()) {
      const [row, reason] = [rows[index], reasons[at] ?? null];
      if (row === undefined || reason === null) continue;
      settled[index] = { ...row, outcome: { kind: "suppressed", phone, reason } };
    }
  }
  return settled;
}

function createLook(list: PreflightList, others: OtherCampaigns | null) {
  const { definition, template, columns } = list;
  const preview =
    definition.preview === null
      ? null
      : compilePreview(definition.preview, definition.template, columns);
  const warnings = createWarnings();
  const countryOf = createCountryOfPhone();
  const countries = new Map<string | null, number>();
  const samples: Sample[] = [];

  function atMessage({ cells, line }: JudgedRow, phone: string): void {
    const country = countryOf(phone);
    countries.set(country, (countries.get(country) ?? 0) + 1);
    if (country === "US" && definition.category === "marketing") warnings.add("us_marketing", line);
    const other = others?.of(phone);
    if (other !== undefined) warnings.add("in_other_campaign", line, other);
    const text = preview?.fill(cells) ?? null;
    if (text !== null && characters(text) > BODY_LENGTH_MAX) warnings.add("body_too_long", line);
    if (samples.length < SAMPLES) samples.push(sampleOf({ phone, line, text, cells, template }));
  }

  return {
    at(row: JudgedRow): void {
      const { outcome, line } = row;
      if (outcome.kind === "pending") {
        if (outcome.landline === true) warnings.add("landline", line);
        for (const { code, column } of outcome.doubts ?? []) warnings.add(code, line, column);
        atMessage(row, outcome.phone);
      } else if (outcome.kind === "duplicate") warnings.add("duplicate", line);
      else if (outcome.kind === "suppressed") warnings.add(outcome.reason, line);
    },
    samples,
    countries,
    warnings: warnings.list,
  };
}

function sampleOf(row: {
  phone: string;
  line: number;
  text: string | null;
  cells: readonly string[];
  template: CompiledTemplate;
}): Sample {
  const filled = row.template.fill(row.cells);
  if (!filled.ok) throw new Error(`Line ${row.line} passed the check and cannot be filled in.`);
  const body = { to: row.phone, template: JSON.parse(filled.json) as unknown };
  return { line: row.line, body, preview: row.text };
}
