import type { CampaignDefinition } from "../core/campaign.ts";
import type { ImportOutcome } from "../store/batch-rows.ts";
import type { ImportStore } from "../store/import-store.ts";

/** People looked up in one call. */
const ASKED_AT_ONCE = 1_000;

/**
 * Takes those out of a block of judged rows who opted out, or whom WhatsApp could not reach lately:
 * their rows become `suppressed`. What changes after the import is seen by the claim.
 */
export function createSuppressor(input: {
  imports: Pick<ImportStore, "suppressed">;
  definition: CampaignDefinition;
}): (outcomes: readonly ImportOutcome[]) => Promise<readonly ImportOutcome[]> {
  const { imports, definition } = input;
  return async (outcomes) => {
    const sendable = outcomes.flatMap((outcome, index) =>
      outcome.kind === "pending" ? [{ index, phone: outcome.phone }] : [],
    );
    const kept = [...outcomes];
    for (let at = 0; at < sendable.length; at += ASKED_AT_ONCE) {
      const people = sendable.slice(at, at + ASKED_AT_ONCE);
      const phones = people.map(({ phone }) => phone);
      const reasons = await imports.suppressed(definition, phones);
      for (const [nth, { index, phone }] of people.entries()) {
        const reason = reasons[nth] ?? null;
        if (reason !== null) kept[index] = { kind: "suppressed", phone, reason };
      }
    }
    return kept;
  };
}
