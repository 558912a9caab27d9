import { type PhoneNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { foldPhone } from "../../core/recipient.ts";
import { callingCodeOf } from "./plans.ts";
import { INTERNATIONAL_DIGITS_MIN, type ReadPhone } from "./reading.ts";

/** Digits with country code. */
export function readInternational(digits: string): ReadPhone | null {
  const parsed = parseInternational(digits);
  return parsed === undefined ? null : toPhone(parsed);
}

/**
 * Brazil without the ninth digit and Mexico with `1` after 52 are no longer valid as written, but
 * many lists (and WhatsApp's own ids) have them: the other spelling of the same handset is valid.
 */
export function parseInternational(digits: string): PhoneNumber | undefined {
  const parsed = parsePhoneNumberFromString(`+${digits}`);
  if (parsed === undefined || parsed.isValid()) return parsed;
  const folded = parsePhoneNumberFromString(`+${foldPhone(parsed.number.slice(1))}`);
  return folded?.isValid() ? folded : undefined;
}

/** Numbers without a country have a "+": bare digits are rather those of some country. */
export function readBareInternational(digits: string): ReadPhone | null {
  if (digits.length < INTERNATIONAL_DIGITS_MIN || callingCodeOf(digits) === null) return null;
  return readInternational(digits);
}

function toPhone(parsed: PhoneNumber): ReadPhone {
  const type = parsed.getType();
  return {
    ok: true,
    digits: parsed.number.slice(1),
    landline: type === "FIXED_LINE",
    mobile: type === "MOBILE" || type === "FIXED_LINE_OR_MOBILE",
  };
}
