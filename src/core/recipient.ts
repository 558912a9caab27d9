/**
 * Which phone numbers are one person, and how a number is shown.
 *
 * In three countries the same handset is written in two ways, and WhatsApp itself may answer with
 * the other one (Meta, "Phone numbers" reference: Brazil and Mexico; Argentina is reported alike).
 * Folding is for comparing only: duplicates, suppression and the matching of status events. The
 * API is always given the number as it was parsed, because a folded one need not be dialable.
 */

/**
 * One spelling for all spellings of a person's number; any other number comes back unchanged.
 * `digits` are digits with country code, without "+". Folding a folded number changes nothing.
 *
 * - Brazil: mobiles got a ninth digit, a 9 after the area code; the form with it is kept. Without
 *   it, a number that begins with 2-5 is a landline and so another person: it is left alone.
 * - Mexico: `52 1` before the ten digits is the old form for mobiles; `52` is kept.
 * - Argentina: `54 9` marks a mobile called from abroad, and `15` after the area code is how it is
 *   written at home; `54` and the ten digits are kept.
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
/** Area code and subscriber number make ten digits; only Buenos Aires (11) has a two-digit area. */
const ARGENTINA_AT_HOME =
  /^549?(?:(?=\d{12}$))(11(?=15\d{8}$)|[23]\d{2}(?=15\d{7}$)|[23]\d{3}(?=15\d{6}$))15(\d{6,8})$/;

/**
 * A phone number for people to recognise and nobody to learn: `48******11`. The number of stars
 * is always six, so that the length tells nothing either.
 */
export function maskPhone(digits: string): string {
  if (digits.length < 7) return "******";
  return `${digits.slice(0, 2)}******${digits.slice(-2)}`;
}
