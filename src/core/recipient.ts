/**
 * Which phone numbers belong to the same person, and how to mask a number.
 *
 * In three countries a phone number has two spellings, and WhatsApp may answer with the other one
 * (Meta, "Phone numbers" reference: Brazil and Mexico; the same is reported for Argentina). Folded
 * numbers are for comparison only: duplicates, suppressions and matching of status events. The API
 * always gets the number as parsed, because a folded number may not be dialable.
 */

/**
 * Maps all spellings of a number to one; any other number is returned unchanged. `digits` are
 * digits with country code, without "+". Idempotent.
 *
 * - Brazil: mobiles got a ninth digit, a 9 after the area code; it is kept or added. A number
 *   without it that begins with 2-5 is a landline, so another person: it is left alone.
 * - Mexico: `52 1` before the ten digits is the old form for mobiles; it becomes `52`.
 * - Argentina: `54 9` marks a mobile called from abroad, `15` after the area code one called
 *   within the country; both become `54` and the ten digits.
 */
export function foldPhone(digits: string): string {
  if (digits.charCodeAt(0) !== FIVE) return digits;
  switch (digits.charCodeAt(1)) {
    case FIVE:
      return digits.replace(BRAZIL_WITHOUT_NINE, "$19$2");
    case TWO:
      return digits.replace(MEXICO_OLD_MOBILE, "52$1");
    case FOUR:
      return digits.replace(ARGENTINA_AT_HOME, "54$1$2").replace(ARGENTINA_ABROAD, "54$1");
    default:
      return digits;
  }
}

const FIVE = "5".charCodeAt(0);
const TWO = "2".charCodeAt(0);
const FOUR = "4".charCodeAt(0);

const BRAZIL_WITHOUT_NINE = /^(55[1-9][1-9])([016-9]\d{7})$/;
const MEXICO_OLD_MOBILE = /^521([2-9]\d{9})$/;
const ARGENTINA_ABROAD = /^549([1-3]\d{9})$/;
/** Area code and subscriber number have ten digits; only Buenos Aires has a two-digit code (11). */
const ARGENTINA_AT_HOME =
  /^549?(?:(?=\d{12}$))(11(?=15\d{8}$)|[23]\d{2}(?=15\d{7}$)|[23]\d{3}(?=15\d{6}$))15(\d{6,8})$/;

/**
 * Masks a phone number so that its owner can recognise it: `48******11`. There are always six
 * stars, to hide the length.
 */
export function maskPhone(digits: string): string {
  if (digits.length < 7) return "******";
  return `${digits.slice(0, 2)}******${digits.slice(-2)}`;
}

/**
 * A file's name without what may be a phone: people name lists after their customers. Seven digits
 * in a row, or with separators between them, become `…`.
 */
export function withoutDigits(name: string): string {
  return name.replace(/\+?\d(?:[ ().\-_]{0,2}\d){6,}/g, "…");
}
