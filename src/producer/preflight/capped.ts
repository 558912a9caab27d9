import type { CampaignDefinition } from "../../core/campaign.ts";
import { type CapRules, type Caps, capRules } from "../../core/caps.ts";
import type { CheckedRow } from "../check/check-rows.ts";

/** The configured frequency caps, and until when a cap keeps a message to each phone back, ms. */
export interface CapsNow {
  readonly configured: Caps | null;
  cappedUntil(phones: readonly string[], rules: CapRules): Promise<(number | null)[]>;
}

/** People looked up in one call. */
const ASKED_AT_ONCE = 1_000;

/** The rows that a cap would keep back now. The claim of each message decides. */
export async function* cappedRows(
  rows: readonly CheckedRow[],
  { category, caps = null }: CampaignDefinition,
  now: CapsNow | null,
): AsyncGenerator<{ readonly line: number; readonly code: "capped_later" | "capped_skip" }> {
  const rules = capRules(category, caps, now?.configured ?? null);
  if (now === null || rules === null || rules.caps.length === 0) return;
  const going = rows.flatMap(({ outcome, line }) =>
    outcome.kind === "pending" ? [{ line, phone: outcome.phone }] : [],
  );
  for (let from = 0; from < going.length; from += ASKED_AT_ONCE) {
    const some = going.slice(from, from + ASKED_AT_ONCE);
    const phones = some.map(({ phone }) => phone);
    const until = await now.cappedUntil(phones, rules);
    for (const [at, { line }] of some.entries()) {
      if (until[at] !== null) yield { line, code: `capped_${rules.outcome}` };
    }
  }
}
