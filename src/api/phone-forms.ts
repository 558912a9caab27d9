/** Phones as the forms of our pages send them. */
import { accept, type Result, refuse } from "../core/refusal.ts";
import { createPhoneReader, isPhoneCountry } from "../producer/phones/phone-reader.ts";

export { readPasted } from "../producer/suppressions/paste.ts";

/** The country that a person typed, or `otherwise` if none; refuses one that does not exist. */
export function readCountry(typed: string, otherwise: string | null): Result<string | null> {
  const given = typed.trim();
  if (given === "") return accept(otherwise);
  if (isPhoneCountry(given)) return accept(given);
  return refuse(
    "phone_unreadable",
    "The country is not one. Nothing was changed.",
    "Give two letters, as in PL.",
  );
}

/** The phone that a person typed, as digits. */
export function readPhoneField(typed: string, country: string | null): Result<string> {
  const phone = createPhoneReader(country)(typed);
  if (phone.ok) return accept(phone.digits);
  return refuse(
    "phone_unreadable",
    "The phone number cannot be read.",
    'Write it with its country code, as in "+48 600 700 800", or give its country.',
  );
}
