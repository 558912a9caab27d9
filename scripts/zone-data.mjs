/**
 * Makes src/time/phone-zones.ts: which time zones a phone number can be in, by its first digits.
 *
 *   node scripts/zone-data.mjs map_data.txt zone.tab > src/time/phone-zones.ts
 *
 * `map_data.txt` is resources/timezones/map_data.txt of google/libphonenumber (Apache-2.0),
 * `zone.tab` is of the time zone database (public domain). Google's file is used for area codes
 * only: for whole countries it is often a neighbour's zone (Algeria: Paris), and Russian or
 * Australian mobiles have no area.
 */
import { readFileSync } from "node:fs";
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import metadata from "libphonenumber-js/max/metadata";
import { Temporal } from "temporal-polyfill";

const [mapFile, tabFile] = process.argv.slice(2);

const byCountry = new Map();
for (const line of readFileSync(tabFile, "utf8").split("\n")) {
  if (line === "" || line.startsWith("#")) continue;
  const [country, , zone] = line.split("\t");
  byCountry.set(country, [...(byCountry.get(country) ?? []), zone]);
}
// One legal time for all of China. Phones of Crimea have begun with +7 since 2014.
byCountry.set("CN", ["Asia/Shanghai"]);
byCountry.set("UA", ["Europe/Kyiv"]);
// Not in zone.tab.
byCountry.set("XK", ["Europe/Belgrade"]);
byCountry.set("AC", ["Atlantic/St_Helena"]);
byCountry.set("TA", ["Atlantic/St_Helena"]);

const google = new Map();
for (const line of readFileSync(mapFile, "utf8").split("\n")) {
  const [, prefix, zones] = /^(\d+)\|(.*)$/.exec(line) ?? [];
  if (prefix !== undefined) google.set(prefix, zones.split("&"));
}

/** Named rather than others whose clocks agree with theirs. */
const PREFERRED = ["Australia/Sydney", "Australia/Adelaide", "America/Sao_Paulo", "America/Manaus"];
PREFERRED.push("America/Rio_Branco", "America/Toronto", "America/Winnipeg", "Europe/Moscow");

/** Of zones whose clocks agree from 2026 to 2036 one is enough. */
function distinct(zones) {
  const kept = new Map();
  const rank = (zone) => (PREFERRED.includes(zone) ? 0 : 1);
  for (const zone of [...zones].sort((a, b) => rank(a) - rank(b))) {
    const key = behaviourOf(zone);
    if (!kept.has(key)) kept.set(key, zone);
  }
  return [...kept.values()];
}

const behaviours = new Map();
function behaviourOf(zone) {
  let known = behaviours.get(zone);
  if (known !== undefined) return known;
  const end = Temporal.Instant.from("2036-01-01T00:00Z").epochMilliseconds;
  let at = Temporal.Instant.from("2026-01-01T00:00Z").toZonedDateTimeISO(zone);
  const parts = [at.offset];
  for (;;) {
    at = at.getTimeZoneTransition("next");
    if (at === null || at.epochMilliseconds > end) break;
    parts.push(`${at.epochMilliseconds} ${at.offset}`);
  }
  known = parts.join();
  behaviours.set(zone, known);
  return known;
}

/** All that Google has for numbers with this beginning, of areas inside it, too. */
function googleZones(prefix, shortest) {
  const zones = [...google].flatMap(([other, found]) => (other.startsWith(prefix) ? found : []));
  for (let length = prefix.length - 1; length >= shortest && !google.has(prefix); length--) {
    const covering = google.get(prefix.slice(0, length));
    if (covering !== undefined) return [...covering, ...zones];
  }
  return zones;
}

const table = new Map();
function add(country, zones, prefix) {
  const key = `${country} ${distinct(zones).join(" ")}`;
  table.set(key, [...(table.get(key) ?? []), prefix]);
}

for (const [code, countries] of Object.entries(metadata.country_calling_codes)) {
  if (code === "1") continue;
  const own = code === "7" ? ["RU"] : code === "61" ? ["AU"] : countries;
  const zones = own.flatMap((country) => byCountry.get(country) ?? []);
  if (zones.length > 0) add(countries[0], zones, code);
}
for (const prefix of ["76", "77"]) add("KZ", byCountry.get("KZ"), prefix);
add("CC", byCountry.get("CC"), "6189162");
add("CX", byCountry.get("CX"), "6189164");

// An area code that is newer than Google's file, and none at all (toll-free): anywhere in the US
// and Canada.
add("US", [...byCountry.get("US"), ...byCountry.get("CA")], "1");
// Area codes that were laid over others have the zones of these; Google's file has some of them.
const OVERLAYS = { 448: 850, 364: 270, 458: 541, 581: 418, 367: 418, 236: 250, 257: 250, 672: 250 };
Object.assign(OVERLAYS, { 778: 250, 930: 812, 986: 208, 729: 423, 879: 709, 474: 306 });
for (let area = 200; area < 1000; area++) {
  const country = countryOfArea(area);
  if (country === undefined) continue;
  const zones =
    country === "US" || country === "CA"
      ? googleZones(`1${OVERLAYS[area] ?? area}`, 2)
      : byCountry.get(country);
  if (zones.length > 0) add(country, zones, `1${area}`);
}

function countryOfArea(area) {
  for (const exchange of ["234", "555", "201", "492", "765", "500", "622", "733", "258"]) {
    const phone = parsePhoneNumberFromString(`+1${area}${exchange}5678`);
    if (phone?.isValid() && phone.country !== undefined) return phone.country;
  }
  return undefined;
}

// Where Google's file puts all of Para and the west of Amazonas into Manaus's time.
const BRAZIL = {
  91: "America/Belem",
  93: "America/Belem",
  94: "America/Belem",
  97: "America/Rio_Branco",
};
for (let area = 11; area < 100; area++) {
  const zones = googleZones(`55${area}`, 3);
  const also = BRAZIL[area] === undefined ? [] : [BRAZIL[area]];
  if (zones.length > 0) add("BR", [...zones, ...also], `55${area}`);
}

// Chihuahua left Mazatlan's time in 2022, and Google's file does not say for which area codes.
for (let area = 200; area < 1000; area++) {
  const zones = googleZones(`52${area}`, 3).filter((zone) => byCountry.get("MX").includes(zone));
  const also = zones.includes("America/Mazatlan") ? ["America/Mexico_City"] : [];
  if (zones.length > 0) add("MX", [...zones, ...also], `52${area}`);
}

/** A prefix says nothing new when the next shorter one in the table says the same. */
function withoutRepeats() {
  const lineOf = new Map(
    [...table].flatMap(([key, prefixes]) => prefixes.map((one) => [one, key])),
  );
  // Ten area codes that agree are one shorter beginning.
  for (const length of [5, 4]) {
    for (const key of table.keys()) {
      for (let start = 0; start < 10 ** (length - 1); start++) {
        const stem = String(start);
        if (!stem.startsWith("52") || stem.length !== length - 1) continue;
        const tens = Array.from({ length: 10 }, (_, digit) => stem + digit);
        if (!tens.every((one) => lineOf.get(one) === key)) continue;
        for (const one of tens) lineOf.delete(one);
        lineOf.set(stem, key);
      }
    }
  }
  const lines = new Map();
  for (const [prefix, key] of lineOf) lines.set(key, [...(lines.get(key) ?? []), prefix]);
  return lines;
}

const entries = [...withoutRepeats()].map(
  ([key, prefixes]) => `${key} ${prefixes.sort().join(" ")}`,
);
const wrapped = [""];
for (const word of entries.sort().join("; ").split(" ")) {
  const line = wrapped.at(-1);
  if (line.length + word.length > 97) wrapped.push(word);
  else wrapped[wrapped.length - 1] = line === "" ? word : `${line} ${word}`;
}

console.log(`/**
 * Which country and time zones phone numbers are in, by their first digits: the longest beginning
 * that is listed decides. An entry: country, time zones, beginnings. Of time zones whose clocks
 * agree until 2036 one is named. A number can be ported: this is the zone of the number, not of the
 * person.
 *
 * Made by scripts/zone-data.mjs. Area codes of +1, +52 and +55 are from the file
 * resources/timezones/map_data.txt of google/libphonenumber at f7e3e88c (2026-07-17), Copyright (C)
 * 2012 The Libphonenumber Authors, licensed under the Apache License, Version 2.0
 * (http://www.apache.org/licenses/LICENSE-2.0); changed: cut to area codes, and corrected where
 * that script says so. Countries are from zone.tab of the time zone database 2025b (public domain).
 */
export const PHONE_ZONES = \`
${wrapped.join("\n")}
\`;`);
