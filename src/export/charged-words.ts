import { count } from "../core/format.ts";
import type { Campaign } from "../store/index.ts";

/** What people began themselves is not charged as a template. */
const NO_TEMPLATE = /^(?:service|referral_conversion)?$/;

/** Messages that WhatsApp charged in another category than the campaign has; null: none. */
export function chargedWords({ charged, category }: Campaign): string | null {
  const others = Object.entries(charged).filter(
    ([one]) => !one.startsWith(category) && !NO_TEMPLATE.test(one),
  );
  if (others.length === 0) return null;
  const list = others.map(([one, messages]) => `${count(messages)} as ${one}`).join(", ");
  return `WhatsApp charged messages in another category than ${category}: ${list}.`;
}
