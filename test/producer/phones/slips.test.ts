import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { expect, it } from "vitest";
import { lineTypeIn, planOf } from "../../../src/producer/phones/plans.ts";
import { type Seeded, seeded } from "../../support/volume.ts";
import { readColumn } from "./read-column.ts";

/**
 * What slips of one digit do to lists of national numbers. In each country numbers are made by its
 * plan, written as people write them there, and then one of them is mistyped: whoever is reached must
 * be the person who was meant, or somebody whose number the mistyped one is, in that country.
 */
const COUNTRIES: readonly CountryCode[] = [
  ...(["PL", "DE", "US", "CA", "BR", "MX", "AR", "IN", "ID", "NG"] as const),
  ...(["EG", "SA", "AU", "GB", "IT", "FR", "SG", "KE", "JP", "TR"] as const),
];

/** Cells with a slip in each country; all of them in the long run. */
const IS_FULL = process.env["FAULTS"] === "full";
const SLIPS = IS_FULL ? 10_000 : 300;
/** In the long run each time another one. */
const SEED = IS_FULL ? undefined : 1;
const TIMEOUT_MS = IS_FULL ? 300_000 : 30_000;

type Cell = { meant: string; typed: string };

/** A valid number of the country, in digits: mobiles mostly. */
function newNumber(country: CountryCode, { int, pick, random }: Seeded): string {
  const plan = planOf(country);
  const [mobile, landline] = [plan.mobile ?? plan.fixed, plan.fixed ?? plan.mobile];
  const lengths = (random() < 0.8 ? mobile : landline)?.lengths ?? [];
  for (;;) {
    const digits = Array.from({ length: pick(lengths) }, () => int(0, 9)).join("");
    const line = lineTypeIn(plan, digits);
    if (line === "mobile" || line === "landline") return digits;
  }
}

function spelling(country: CountryCode, chance: Seeded): string {
  const number = `+${planOf(country).callingCode}${newNumber(country, chance)}`;
  const written = parsePhoneNumberFromString(number)?.formatNational() ?? "";
  return chance.random() < 0.5 ? written : written.replace(/\D/g, "");
}

const SLIP_KINDS = ["more", "less", "swapped", "changed", "second"] as const;

function slip(country: CountryCode, cell: string, chance: Seeded): string {
  const { int, pick, random } = chance;
  const places = cell.split("").flatMap((character, at) => (/\d/.test(character) ? [at] : []));
  const nth = int(0, places.length - 2);
  const [at = 0, next = 0] = places.slice(nth);
  const [before, behind] = [cell.slice(0, at), cell.slice(at + 1)];
  const digit = String(int(0, 9));
  switch (pick(SLIP_KINDS)) {
    case "more":
      return before + digit + cell.slice(at);
    case "less":
      return before + behind;
    case "swapped":
      return before + cell[next] + cell.slice(at + 1, next) + cell[at] + cell.slice(next + 1);
    case "changed":
      return before + digit + behind;
    case "second": {
      const end = random() < 0.5 ? String(int(10, 9_999)) : spelling(country, chance);
      return `${cell}${pick(["/", " / "])}${end}`;
    }
  }
}

/** Who has nothing to do with the list: abroad, or no number of the country as it was typed. */
function isStranger(country: CountryCode, { typed }: Cell, reached: string): boolean {
  const person = parsePhoneNumberFromString(`+${reached}`);
  const asTyped = parsePhoneNumberFromString(typed.replace(/\D/g, ""), country);
  return person?.country !== country || !asTyped?.isValid() || asTyped.number !== `+${reached}`;
}

it.each([
  ["a list of nothing but slips", 0],
  ["a list with one slip in ten", 9],
])(
  "%s reaches nobody abroad, and at home only whose number was typed",
  (name, good) => {
    const chance = seeded(`slips: ${name}`, SEED);
    for (const country of COUNTRIES) {
      const cells = Array.from({ length: SLIPS }, (): Cell => {
        const meant = spelling(country, chance);
        return { meant, typed: slip(country, meant, chance) };
      });
      const others = cells.slice(0, Math.ceil(SLIPS / 10)).map(({ meant }) => meant);
      const column = [...cells.map(({ typed }) => typed), ...repeated(others, good * 10)];
      const { style, phones } = readColumn(column, { country });
      const { phones: meant } = readColumn(
        cells.map((cell) => cell.meant),
        { country },
      );

      const strangers = cells.filter((cell, at) => {
        const reached = phones[at] ?? "";
        const isPhone = /^\d/.test(reached);
        return isPhone && reached !== meant[at] && isStranger(country, cell, reached);
      });
      expect(style.bare, country).toBe("national");
      expect(strangers, country).toEqual([]);
    }
  },
  TIMEOUT_MS,
);

function repeated(cells: readonly string[], times: number): string[] {
  return Array.from({ length: times }, () => cells).flat();
}
