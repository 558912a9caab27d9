/**
 * Every refusal of Dropcast by its code: what it means, what to do, and the HTTP status that says
 * it. `refuse` takes no other code, and docs/errors.md is written from here. A code that was given
 * out is not renamed, because scripts rely on it; one that is no longer used moves to `REPLACED`.
 */
import { type Refused, refuse } from "./refusal.ts";
import { CAMPAIGNS } from "./refusals/campaigns.ts";
import type { RefusalEntry } from "./refusals/catalogue.ts";
import { DASHBOARD } from "./refusals/dashboard.ts";
import { DROPS } from "./refusals/drops.ts";
import { LISTS } from "./refusals/lists.ts";
import { REDIS } from "./refusals/redis.ts";
import { SANDBOX } from "./refusals/sandbox.ts";
import { SETUP } from "./refusals/setup.ts";
import { WEBHOOKS } from "./refusals/webhooks.ts";

export const REFUSALS = {
  ...CAMPAIGNS,
  ...LISTS,
  ...DROPS,
  ...SETUP,
  ...REDIS,
  ...WEBHOOKS,
  ...DASHBOARD,
  ...SANDBOX,
};

export type RefusalCode = keyof typeof REFUSALS;

/** Codes of earlier versions, and the one that says the same now. */
export const REPLACED = {
  webhooks_secret_missing: "webhook_secret_missing",
} as const satisfies Readonly<Record<string, RefusalCode>>;

export function describeRefusal(code: RefusalCode): RefusalEntry {
  return REFUSALS[code];
}

/** Says no in the catalogue's own words, where there is nothing to add. */
export function refusePlainly(code: RefusalCode): Refused {
  const { meaning, fix } = REFUSALS[code];
  return refuse(code, meaning, fix);
}
