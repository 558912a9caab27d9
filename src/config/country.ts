// Not the library: it is 90 files, and nearly every command reads a configuration.
import metadata from "libphonenumber-js/min/metadata";

/** Codes that people write for a country whose code is another one. */
const COMMON_SLIPS: Readonly<Record<string, string>> = { UK: "GB", EN: "GB", EL: "GR" };

/**
 * What is wrong with a two-letter country code, or `null`. The known ones are those whose phone
 * numbers the import can read (ISO 3166-1 alpha-2, as libphonenumber lists them).
 */
export function countryProblem(code: string): string | null {
  if (isKnown(code)) return null;
  const upper = code.toUpperCase();
  const meant = COMMON_SLIPS[upper] ?? (isKnown(upper) ? upper : null);
  return meant === null
    ? "must be the two-letter code of a country (ISO 3166), as in PL"
    : `must be the two-letter code of a country; did you mean ${meant}?`;
}

function isKnown(code: string): boolean {
  return Object.hasOwn(metadata.countries, code);
}
