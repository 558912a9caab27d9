import { randomFillSync } from "node:crypto";

const ID_BYTES = 9;
const POOL_IDS = 512;

/**
 * Generates WhatsApp message ids with the byte layout of the samples on LiveChat's page: `wamid.`
 * and the base64 of a header, the recipient's digits and 18 hex digits, about 58 characters.
 * Random, not seeded: another run with the same seed must not repeat ids that the sender under test
 * remembers.
 */
export function createWamidGenerator(): (recipientDigits: string) => string {
  const pool = Buffer.alloc(ID_BYTES * POOL_IDS);
  let used = pool.length;

  return (recipientDigits) => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const id = pool.toString("hex", used, used + ID_BYTES).toUpperCase();
    used += ID_BYTES;
    const length = String.fromCharCode(recipientDigits.length);
    const bytes = `\x1c\x18${length}${recipientDigits}\x15\x02\x00\x11\x18\x12${id}\x00`;
    return `wamid.${Buffer.from(bytes, "latin1").toString("base64")}`;
  };
}

/**
 * The recipient's number as WhatsApp spells it in an answer's `contacts[].wa_id` and a webhook's
 * `recipient_id`. Brazilian numbers lose the ninth digit outside the area codes 11 to 28; Mexican
 * and Argentinian ones get the digit of mobile numbers (Meta phone-number reference).
 */
export function waIdOf(to: string): string {
  const brazil = /^55([3-9]\d)9(\d{8})$/.exec(to);
  if (brazil !== null) return `55${brazil[1]}${brazil[2]}`;
  if (/^52[2-9]\d{9}$/.test(to)) return `521${to.slice(2)}`;
  return /^54[1-8]\d{9}$/.test(to) ? `549${to.slice(2)}` : to;
}
