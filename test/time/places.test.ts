import examples from "libphonenumber-js/examples.mobile.json";
import { getCountries, getExampleNumber } from "libphonenumber-js/max";
import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { placeInZone, placeOfPhone, placeWords } from "../../src/time/places.ts";

const zonesOf = (digits: string): readonly string[] | undefined => placeOfPhone(digits)?.zones;

test.each([
  ["48609655911", "PL", ["Europe/Warsaw"]],
  ["213551234567", "DZ", ["Africa/Algiers"]],
  ["14155550123", "US", ["America/Los_Angeles"]],
  ["12085550123", "US", ["America/Boise", "America/Los_Angeles"]],
  ["13065550123", "CA", ["America/Regina"]],
  ["18765550123", "JM", ["America/Jamaica"]],
  ["5592912345678", "BR", ["America/Manaus", "America/Sao_Paulo"]],
  ["5568912345678", "BR", ["America/Rio_Branco"]],
  ["5511912345678", "BR", ["America/Sao_Paulo"]],
  ["526641234567", "MX", ["America/Tijuana"]],
  ["525512345678", "MX", ["America/Mexico_City"]],
  ["77011234567", "KZ", ["Asia/Almaty"]],
  ["8613812345678", "CN", ["Asia/Shanghai"]],
  ["34612345678", "ES", ["Europe/Madrid", "Atlantic/Canary"]],
])("the beginning of %s tells country and time zones", (digits, country, zones) => {
  expect(placeOfPhone(digits)).toEqual({ country, zones });
});

test("where mobiles have no area all zones of the country count", () => {
  expect(zonesOf("79241234567")).toContain("Asia/Vladivostok");
  expect(zonesOf("79241234567")).toContain("Europe/Kaliningrad");
  expect(zonesOf("61412345678")).toContain("Australia/Perth");
  expect(zonesOf("628123456789")).toHaveLength(3);
  // Toll-free, and an area code that nobody has yet.
  expect(zonesOf("18005550123")).toContain("Pacific/Honolulu");
  expect(zonesOf("18005550123")).toContain("America/St_Johns");
});

test("a number of no country is in no zone", () => {
  expect(placeOfPhone("870773111632")).toBeNull();
  expect(placeOfPhone("80012345678")).toBeNull();
  expect(placeOfPhone("")).toBeNull();
});

test("a zone by name counts before the phone, and has to be one", () => {
  expect(placeInZone("America/New_York", "48609655911")).toEqual({
    country: "PL",
    zones: ["America/New_York"],
  });
  expect(placeInZone("america/new_york", "48609655911")).not.toBeNull();
  for (const name of ["Warsaw", "EST", "+01:00", "CET", "Europe/Warszawa", " "]) {
    expect(placeInZone(name, "48609655911")).toBeNull();
  }
});

test("places are named in words", () => {
  const word = (digits: string): string =>
    placeWords(placeOfPhone(digits) ?? { country: null, zones: [] });
  expect(word("48609655911")).toBe("Europe/Warsaw");
  expect(word("34612345678")).toBe("Europe/Madrid and Atlantic/Canary");
  expect(word("79241234567")).toBe("all 11 time zones of RU");
});

test("every country's mobiles are known, and in zones with every clock that the country has", () => {
  const byArea = new Set(["US", "CA", "MX", "BR"]);
  // One legal time in China; Crimea's phones are +7; the islands share Australia's mobile numbers.
  const leftOut = new Set(["CN", "UA", "CX", "CC"]);
  const at = Temporal.Instant.from("2027-01-15T12:00Z");
  const summer = Temporal.Instant.from("2027-07-15T12:00Z");
  const clocks = (zones: readonly string[]): Set<string> =>
    new Set(
      zones.map((zone) => [at, summer].map((one) => one.toZonedDateTimeISO(zone).offset).join(" ")),
    );
  const missing: string[] = [];
  for (const country of getCountries()) {
    const digits = getExampleNumber(country, examples)?.number.slice(1);
    const place = digits === undefined ? null : placeOfPhone(digits);
    if (place === null) {
      missing.push(`${country} none`);
      continue;
    }
    if (byArea.has(country) || leftOut.has(country)) continue;
    const known = clocks(place.zones);
    for (const clock of clocks(zonesByIntl(country))) {
      if (!known.has(clock)) missing.push(`${country} ${clock}`);
    }
  }
  expect(missing).toEqual([]);
});

/** The zones of a country as the JavaScript engine knows them. */
function zonesByIntl(country: string): readonly string[] {
  const locale = new Intl.Locale(`und-${country}`) as Intl.Locale & {
    timeZones?: string[];
    getTimeZones?: () => string[] | undefined;
  };
  return locale.getTimeZones?.() ?? locale.timeZones ?? [];
}
