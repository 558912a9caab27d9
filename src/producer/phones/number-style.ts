/**
 * How a list writes its phones, and what its bare cells therefore mean.
 *
 * A bare cell (no "+", no 00) that is not a number of the list's country is, in 13 to 32 % of
 * one-digit typos, a valid number abroad. So the list decides and not the cell: all bare cells are
 * counted by what they may mean, and the style of most applies to all. A cell that does not fit it
 * is rejected, whatever it would be elsewhere. The counts are those of the whole list, so the same
 * bytes have the same style, wherever in the list its odd rows are.
 */
import type { Numbers } from "../../core/campaign.ts";
import type { RejectCode } from "../../core/reject.ts";
import type { Reading, ReadPhone, RefusedPhone, Shape } from "./reading.ts";

/** What bare cells of a list mean. Plain JSON: a campaign keeps it for its corrected rows. */
export interface NumberStyle {
  /** `unclear`: numbers of the list's country pass unless they may be another number. */
  readonly bare: Numbers | "unclear";
  /** A cell that reads both ways; `mobile`: national if a mobile. */
  readonly either: Numbers | "mobile" | "reject";
  /**
   * A cell that is two numbers of the list's country: if only one is a mobile, that one is meant.
   */
  readonly eitherHome: "plain" | "coded" | "reject";
  /**
   * A number of the list's country that begins with the country's code, and may be another one
   * behind it that was mistyped. Absent in styles that earlier versions stored: rejected.
   */
  readonly mistyped?: "read" | "reject";
  /** Mobiles without the digit that was added to them; `all`: those that begin with 9, too. */
  readonly old: "all" | "read" | "reject";
  /**
   * A leading `00` that may be a typo: read all but mobiles with a zero too many, or landlines
   * only.
   */
  readonly zeros: "all" | "landlines" | "reject";
}

type ShapeCounts = Readonly<Record<Shape, number>>;

export interface ShapeCounter {
  add(reading: Reading): void;
  readonly counts: ShapeCounts;
}

export function createShapeCounter(): ShapeCounter {
  const counts: Record<Shape, number> = {
    ...{ plus: 0, prefix: 0, trunk: 0, plain: 0, coded: 0, mistyped: 0, abroad: 0 },
    ...{ either: 0, either_home: 0, old: 0, short: 0, zeros: 0, unread: 0, none: 0 },
  };
  return { add: ({ shape }) => void counts[shape]++, counts };
}

/** Of two kinds of cells, one decides if the other is at most half as frequent. */
const CLEAR = 2;
/** Fewer cells that are valid only abroad may all be typos. */
const INTERNATIONAL_CELLS_MIN = 3;
/** A cell that is two people's numbers is read as one kind only if the other hardly occurs. */
const SURE = 50;
/** A possible typo is read as written if it is more frequent than typos are. */
const OLD_CELLS_MIN = 1 / 10;
const ZEROS_CELLS_MIN = 1 / 20;
const ZEROS_OF_LANDLINES_MIN = 1 / 200;

/** `given`: the campaign's setting; null: the list decides. */
export function styleOf(
  counts: ShapeCounts,
  { country, given }: { country: string | null; given: Numbers | null },
): NumberStyle {
  const { trunk, coded, abroad, either, prefix, zeros } = counts;
  const plain = counts.plain + counts.mistyped;
  const cells = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const rest = {
    eitherHome: eitherHomeStyleOf(counts),
    mistyped: given === "national" ? "read" : mistypedStyleOf(counts),
    old: oldStyleOf(counts),
    zeros: zerosStyleOf((prefix + zeros) / cells),
  } as const;
  if (given !== null) return { bare: given, either: given, ...rest };
  if (country === null) {
    const bare = isInternational(counts) ? "international" : "unclear";
    return { bare, either: bare === "unclear" ? "reject" : bare, ...rest };
  }
  const { old, short } = counts;
  const home = trunk + plain + coded + either + counts.either_home + old + short;
  if (home >= CLEAR * abroad) {
    const either = decideBetween(plain, abroad, ["national", "reject", "mobile"]);
    return { bare: "national", either, ...rest };
  }
  if (abroad >= CLEAR * home && abroad >= INTERNATIONAL_CELLS_MIN) {
    const either = plain * SURE <= abroad ? "international" : "reject";
    return { bare: "international", either, ...rest };
  }
  return { bare: "unclear", either: "reject", ...rest };
}

/** If a list has neither kind, a leading country code is taken as one. */
function eitherHomeStyleOf({ plain, trunk, coded }: ShapeCounts): NumberStyle["eitherHome"] {
  return decideBetween(plain, coded, ["plain", "coded", trunk === 0 ? "coded" : "reject"]);
}

function mistypedStyleOf({ plain, coded, either_home }: ShapeCounts): "read" | "reject" {
  return decideBetween(plain, coded + either_home, ["read", "reject", "reject"]);
}

/** `share`: of the cells with a leading 00; NaN without such cells. */
function zerosStyleOf(share: number): NumberStyle["zeros"] {
  if (share < ZEROS_OF_LANDLINES_MIN) return "reject";
  return share < ZEROS_CELLS_MIN ? "landlines" : "all";
}

function oldStyleOf({
  old,
  short,
  plain,
  mistyped,
  trunk,
  coded,
}: ShapeCounts): NumberStyle["old"] {
  const today = plain + mistyped + trunk + coded;
  if (old + short > today) return "all";
  return old >= (old + short + today) * OLD_CELLS_MIN ? "read" : "reject";
}

/** A style that was stored as JSON; empty if none was, as with campaigns of earlier versions. */
export function readStyle(kept: string, list: Parameters<typeof styleOf>[1]): NumberStyle {
  return kept === ""
    ? styleOf(createShapeCounter().counts, list)
    : (JSON.parse(kept) as NumberStyle);
}

/** Which of two kinds a list has; the third answer if it has neither. */
function decideBetween<const A, const B, const C>(
  one: number,
  two: number,
  [a, b, none]: readonly [A, B, C],
) {
  if (one === 0 && two === 0) return none;
  if (two * SURE <= one) return a;
  return one * SURE <= two ? b : "reject";
}

/**
 * Without a country, bare cells are international only if nearly all are valid so (by chance hardly
 * one in three national numbers is), and not all of them are American numbers as well.
 */
function isInternational({ abroad, either, unread }: ShapeCounts): boolean {
  return abroad + either >= 9 * unread && either <= 9 * abroad;
}

/** Whether two styles read a list with these counts alike. */
export function readsAlike(counts: ShapeCounts, one: NumberStyle, two: NumberStyle): boolean {
  const { trunk, plain, mistyped, abroad, either, either_home, old, short, zeros } = counts;
  const bare = trunk + plain + mistyped + abroad + either_home + old + short;
  return (
    (one.bare === two.bare || bare === 0) &&
    (one.either === two.either || either === 0) &&
    (one.eitherHome === two.eitherHome || either_home === 0) &&
    (one.mistyped === two.mistyped || mistyped === 0) &&
    (one.old === two.old || old + short === 0) &&
    (one.zeros === two.zeros || zeros === 0)
  );
}

/** How the phones of a list are written, and how those without "+" were read. */
export interface PhoneStyleReport {
  /** Of bare phones; `unclear`: those that may be another country's were rejected. */
  numbers: NumberStyle["bare"];
  decidedBy: "campaign" | "list";
  /** The country of its national numbers. */
  country: string | null;
  /** Cells without any country code. */
  national: number;
  /** Cells that begin with one, without "+". */
  withCode: number;
  plus: number;
  /** `00`, or the country's own international prefix. */
  prefix: number;
}

export function phoneStyleReport(
  counts: ShapeCounts,
  style: NumberStyle,
  { country, given }: { country: string | null; given: Numbers | null },
): PhoneStyleReport {
  const { trunk, plain, mistyped, coded, abroad, either, either_home, old, short } = counts;
  const { plus, prefix, zeros } = counts;
  const international = style.bare === "international";
  const coming = international ? abroad + either : 0;
  const ownCode = style.eitherHome === "plain" ? 0 : either_home;
  return {
    numbers: style.bare,
    decidedBy: given === null ? "list" : "campaign",
    country: country?.toUpperCase() ?? null,
    national:
      trunk +
      plain +
      mistyped +
      old +
      short +
      (international ? 0 : either) +
      (either_home - ownCode),
    withCode: coded + coming + ownCode,
    plus,
    prefix: prefix + zeros,
  };
}

export type PhoneVerdict = ReadPhone | RefusedPhone;

/** The meaning of a cell in a list of this style. */
export function verdictOf(reading: Reading, style: NumberStyle): PhoneVerdict {
  const { phone, other, shape } = reading;
  if (reading.refused !== null) return reading.refused;
  switch (shape) {
    case "abroad":
      if (style.bare === "international") return phone ?? AMBIGUOUS;
      return style.bare === "national" ? ABROAD : AMBIGUOUS;
    case "either":
      if (style.either === "international") return other ?? phone ?? AMBIGUOUS;
      if (style.either === "national") return phone ?? AMBIGUOUS;
      return style.either === "mobile" && phone?.mobile ? phone : AMBIGUOUS;
    case "mistyped":
      if (style.bare === "international") return WITHOUT_CODE;
      return style.mistyped === "read" ? (phone ?? AMBIGUOUS) : AMBIGUOUS;
    case "either_home":
      return readEitherHome(reading, style);
    case "zeros":
      return readZeros(reading, style);
    case "trunk":
    case "plain":
      return style.bare === "international" ? WITHOUT_CODE : (phone ?? AMBIGUOUS);
    case "old":
      return style.old === "reject" ? OLD : (phone ?? AMBIGUOUS);
    case "short":
      return style.old === "all" ? (phone ?? AMBIGUOUS) : OLD;
    case "plus":
    case "prefix":
    case "coded":
    case "unread":
    case "none":
      return phone ?? AMBIGUOUS;
  }
}

function readZeros({ phone, other }: Reading, { zeros }: NumberStyle): PhoneVerdict {
  const isHabit = zeros === "all" || (zeros === "landlines" && other !== null);
  return isHabit && phone !== null && !other?.mobile ? phone : AMBIGUOUS;
}

function readEitherHome({ phone, other }: Reading, style: NumberStyle): PhoneVerdict {
  const plain = phone ?? AMBIGUOUS;
  const coded = other ?? AMBIGUOUS;
  if (style.bare === "international") return coded;
  if (phone?.mobile !== other?.mobile) return phone?.mobile ? plain : coded;
  if (style.eitherHome === "reject") return AMBIGUOUS;
  return style.eitherHome === "plain" ? plain : coded;
}

const AMBIGUOUS = refused("phone_ambiguous");
const ABROAD = refused("phone_abroad");
const WITHOUT_CODE = refused("phone_without_code");
const OLD = refused("phone_old_plan", "mobiles of Brazil have nine digits behind the area code");

function refused(code: RejectCode, about?: string): RefusedPhone {
  return about === undefined ? { ok: false, code } : { ok: false, code, about };
}
