/**
 * Columns beside the phones that hold what a phone lacks: its country ("Austria", "+43") or its
 * area code ("030"). A bare phone is read by the country of the list, and in a row that names
 * another country that would be another person's.
 */
import type { RejectCode } from "../../core/reject.ts";
import { createCellReader } from "../phones/phone-reader.ts";
import { callingCodeOf, planOf } from "../phones/plans.ts";
import type { Reading, ReadPhone, Shape } from "../phones/reading.ts";
import { countryNamed } from "./country-names.ts";
import { plainWords } from "./plain-words.ts";
import type { Column } from "./seen-columns.ts";

/**
 * - `code`: "Country code", "Dial code"
 * - `area`: "Vorwahl", "Area code", which may hold a country code as well
 * - `country`: "Country", "Billing country"
 */
interface PartColumn extends Column {
  readonly kind: "code" | "area" | "country";
}

/** Why a phone cannot be what it was read as; `about`: the column that says so. */
interface PhoneParts {
  readonly code: RejectCode;
  readonly about: string;
}

/** Asked of a row whose phone was read. */
type PartCheck = (
  cells: readonly string[],
  phone: { readonly cell: string; readonly reading: Reading; readonly read: ReadPhone },
) => PhoneParts | null;

export function createPartCheck(columns: readonly string[], phoneColumn: number): PartCheck {
  const parts = columns.flatMap((name, index): PartColumn[] => {
    const kind = index === phoneColumn ? null : kindOf(name);
    return kind === null ? [] : [{ index, name, kind }];
  });
  const codes = parts.filter(({ kind }) => kind !== "country");
  const countries = parts.filter(({ kind }) => kind !== "area");
  if (parts.length === 0) return () => null;
  const countryIn = remembered(countryNamed);
  const readIn = createReaders();
  return (cells, { cell, reading, read }) => {
    if (SHOWS_ITS_COUNTRY.has(reading.shape)) return null;
    for (const column of codes) {
      const isLacking = lacks(column, cells[column.index] ?? "", { reading, read });
      if (isLacking) return { code: "phone_split", about: column.name };
      if (isLacking === false) return null;
    }
    let other: PartColumn | null = null;
    for (const column of countries) {
      const country = countryIn(cells[column.index] ?? "");
      if (country === null) continue;
      // A person may live in one country and have an invoice in another.
      if (read.digits.startsWith(planOf(country).callingCode)) return null;
      if (readIn(country, cell) === null) return null;
      other ??= column;
    }
    return other === null ? null : { code: "phone_other_country", about: other.name };
  };
}

const SHOWS_ITS_COUNTRY: ReadonlySet<Shape> = new Set(["plus", "prefix", "zeros", "coded"]);

/** Whether the phone lacks what the cell holds; null: the cell says nothing. */
function lacks(
  { kind }: PartColumn,
  cell: string,
  { reading, read }: { reading: Reading; read: ReadPhone },
): boolean | null {
  const [, prefix, digits = ""] = /^['=("\s]*(\+|00)?\s*(\d{1,6})[)"\s]*$/.exec(cell) ?? [];
  if (digits === "") return null;
  if (callingCodeOf(digits) === digits) {
    if (read.digits.startsWith(digits)) return false;
    if (prefix !== undefined || kind === "code") return true;
  }
  if (kind === "code") return null;
  const area = digits.replace(/^0+/, "");
  // A phone with its own zero is whole: the area code may be that of another column.
  return area !== "" && reading.shape !== "trunk" && !hasBehindCode(read.digits, area);
}

function hasBehindCode(digits: string, area: string): boolean {
  const code = callingCodeOf(digits) ?? "";
  return digits.slice(code.length).startsWith(area);
}

function kindOf(name: string): PartColumn["kind"] | null {
  const joined = plainWords(name).replace(/[^\p{L}]+/gu, "");
  if (CODE.test(joined)) return "code";
  if (AREA.test(joined)) return "area";
  return COUNTRY.test(joined) ? "country" : null;
}

/** Joined names, in the languages of common lists. */
const CODE =
  /countrycode|codecountry|(?:dial|calling|isd)(?:ing)?code|phoneprefix|countryprefix|landesvorwahl|landervorwahl|laendervorwahl|internationalevorwahl|codigo(?:de|do)?pais|codigopais|indicatifpays|codepays|prefissointernazionale|kierunkowykraju|kodkraju|ulkekodu|кодстраны|кодкраини|кодкраїни|^ddi$|^isd$|landcode|landkode|landskod|landnummer/u;
const AREA =
  /vorwahl|areacode|citycode|stdcode|^std$|^ddd$|^lada$|prefijo|prefisso|indicatif|indicativo|kierunkowy|alankodu|кодгорода|кодміста|netnummer|kengetal|riktnummer|citiescode/u;
const COUNTRY =
  /country(?!code)|^(?:liefer|rechnungs|wohn|adress|kunden)?(?:land|laender|lander|staat)$|^(?:pays|pais|kraj|panstwo|paese|nazione|nacao|ulke|zeme|krajina|orszag|tara|negara|maa|riik|drzava|страна|країна|краина|держава|χωρα|البلد|الدولة|国|国家|국가)(?:dostawy|wysylki|delivraison|defacturation|deenvio|defacturacion)?$|^iso(?:code)?$/u;

/** A list has few countries, and may have millions of rows. */
function remembered(read: (cell: string) => string | null): typeof read {
  const known = new Map<string, string | null>();
  return (cell) => {
    const before = known.get(cell);
    if (before !== undefined) return before;
    const found = read(cell);
    if (known.size < REMEMBERED_MAX) known.set(cell, found);
    return found;
  };
}

const REMEMBERED_MAX = 1_000;

/** One reader for each country that the list names. */
function createReaders(): (country: string, cell: string) => string | null {
  const readers = new Map<string, ReturnType<typeof createCellReader>>();
  return (country, cell) => {
    let reader = readers.get(country);
    if (reader === undefined) {
      reader = createCellReader(country);
      readers.set(country, reader);
    }
    return reader(cell).phone?.digits ?? null;
  };
}
