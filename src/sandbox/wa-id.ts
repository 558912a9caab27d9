/**
 * The recipient as WhatsApp itself spells the number: `contacts[].wa_id` of an answer and
 * `recipient_id` of a webhook. Brazil loses the ninth digit outside the area codes 11 to 28,
 * Mexico and Argentina gain the digit of mobile numbers (Meta phone-number reference).
 */
export function waIdOf(to: string): string {
  const brazil = /^55([3-9]\d)9(\d{8})$/.exec(to);
  if (brazil !== null) {
    return `55${brazil[1]}${brazil[2]}`;
  }
  if (/^52[2-9]\d{9}$/.test(to)) {
    return `521${to.slice(2)}`;
  }
  return /^54[1-8]\d{9}$/.test(to) ? `549${to.slice(2)}` : to;
}
