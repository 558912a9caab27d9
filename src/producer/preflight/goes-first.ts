import type { CampaignDefinition } from "../../core/campaign.ts";
import { type CanaryRules, neededOf } from "../../core/trial.ts";

/** The messages of a list that go before the rest. */
export interface GoesFirst {
  /** Only so many go until a person resumes the campaign; null: the rest follows by itself. */
  readonly first: number | null;
  /** Before them; null: there is none. */
  readonly canary: (CanaryRules & { readonly needed: number }) | null;
}

/** Of a list with so many messages; null if all go at once. */
export function goesFirst(
  { canary = null, recipients: { first = null } }: CampaignDefinition,
  messages: number,
): GoesFirst | null {
  const holds = first !== null && first < messages ? first : null;
  // Nothing waits for a canary that is all there is to send.
  const tried =
    canary === null || canary.size >= (holds ?? messages)
      ? null
      : { ...canary, needed: neededOf(canary.size, canary.minDelivered) };
  return holds === null && tried === null ? null : { first: holds, canary: tried };
}
