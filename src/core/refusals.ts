/**
 * Every refusal of Dropcast by its code: its meaning, what to do, and its HTTP status. `refuse`
 * accepts no other code, and docs/errors.md is generated from here. Released codes are not renamed,
 * because scripts rely on them; a code that is no longer used moves to `REPLACED`.
 */
import { API } from "./refusals/api.ts";
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
  ...API,
  ...SANDBOX,
};

export type RefusalCode = keyof typeof REFUSALS;

/** Codes of earlier versions and their replacements. */
export const REPLACED = {
  webhooks_secret_missing: "webhook_secret_missing",
  webhooks_secret_unusable: "webhook_secret_unusable",
} as const satisfies Readonly<Record<string, RefusalCode>>;

export function describeRefusal(code: RefusalCode): RefusalEntry {
  return REFUSALS[code];
}

/** A refusal (refusal.ts) with the catalogue's text, if there is nothing to add. */
export function refusePlainly(code: RefusalCode) {
  const { meaning: message, fix } = REFUSALS[code];
  return { ok: false, refusal: { code, message, fix } } as const;
}
