import type { RejectCode } from "../../core/reject.ts";

/** A phone that was read: digits with country code, without "+". */
export interface ReadPhone {
  readonly ok: true;
  readonly digits: string;
  /** A landline, in a country where the number shows that. */
  readonly landline: boolean;
  /** A mobile, or a number that cannot be told from one. */
  readonly mobile: boolean;
}

/**
 * What a cell may mean before the style of its list is known. "Bare" is a cell with neither "+" nor
 * a leading international prefix; only bare cells depend on the list.
 *
 * - `plus`, `prefix`: it shows its own country ("+", `00`, Australia's `0011`)
 * - `trunk`: bare, a number of the list's country with its trunk prefix (`0151 …`)
 * - `plain`: bare, a number of the list's country as written
 * - `coded`: bare, with the list's own country code in front
 * - `mistyped`: bare, a number of the list's country as written, or one behind the country's own
 *   code with a mistyped digit or without its area (Germany: 49151234567 may be a landline in
 *   04915; Brazil: 55987654321)
 * - `abroad`: bare, and valid only as the digits of a number of another country
 * - `either`: bare, a number of the list's country (`phone`) or of another one (`other`)
 * - `either_home`: bare, and two numbers of the list's country: `phone` as written, `other` by its
 *   code
 * - `old`: bare, a Brazilian mobile from before the ninth digit was added, or a typo
 * - `short`: the same, and it begins like a current mobile that lost a digit
 * - `zeros`: a leading `00` that may be a typo: `phone` abroad, `other` at home with one zero, if
 *   any
 * - `unread`: bare, and not a number of the list's country or any other
 * - `none`: not a phone in any country
 */
export type Shape =
  | "plus"
  | "prefix"
  | "trunk"
  | "plain"
  | "coded"
  | "mistyped"
  | "abroad"
  | "either"
  | "either_home"
  | "old"
  | "short"
  | "zeros"
  | "unread"
  | "none";

export interface Reading {
  readonly shape: Shape;
  readonly phone: ReadPhone | null;
  readonly other: ReadPhone | null;
  /** Of `unread` and `none`: why. */
  readonly refused: RefusedPhone | null;
}

/** Why a cell is not a phone that can be sent to. `about` says more, and never quotes the cell. */
export interface RefusedPhone {
  readonly ok: false;
  readonly code: RejectCode;
  readonly about?: string;
}

/** Without "+" or 00, this many digits may be a number with country code; no shorter ones. */
export const INTERNATIONAL_DIGITS_MIN = 10;

export function reading(
  shape: Shape,
  phone: ReadPhone | null,
  other: ReadPhone | null = null,
): Reading {
  return { shape, phone, other, refused: null };
}

export function unreadable(shape: "unread" | "none", code: RejectCode, about?: string): Reading {
  const refused: RefusedPhone =
    about === undefined ? { ok: false, code } : { ok: false, code, about };
  return { shape, phone: null, other: null, refused };
}
