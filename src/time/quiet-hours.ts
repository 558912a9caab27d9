import { ALL_DAYS, type WindowHours } from "../core/send-window.ts";

/**
 * Hours in which marketing may be sent, by country: the preset `quiet-hours`. A hint to begin with
 * and not legal advice: most of it was written for calls and SMS, whether it reaches WhatsApp is
 * open, and public holidays and stricter states of a country are not in it.
 */
interface QuietHours {
  /** ISO 3166. */
  readonly countries: readonly string[];
  readonly hours: readonly WindowHours[];
  readonly source: string;
  /**
   * `law`: a statute or decree. `rule`: of a regulator or carriers. `practice`: what senders keep
   * to.
   */
  readonly strength: "law" | "rule" | "practice";
  /** When it was looked up, year and month. */
  readonly asOf: string;
}

const HOUR_S = 3_600;
const daily = (from: number, to: number): WindowHours[] => [
  { days: ALL_DAYS, fromS: from * HOUR_S, toS: to * HOUR_S },
];

export const QUIET_HOURS: readonly QuietHours[] = [
  {
    countries: ["US", "PR", "VI", "GU", "AS", "MP"],
    hours: daily(8, 21),
    source:
      "47 CFR 64.1200(c)(1), telephone solicitations; states such as FL, OK and TX are stricter",
    strength: "law",
    asOf: "2026-11",
  },
  {
    countries: ["CA"],
    hours: daily(8, 21),
    source: "no hours in CASL; kept by senders",
    strength: "practice",
    asOf: "2026-11",
  },
  {
    countries: ["FR", "GP", "MQ", "GF", "RE", "YT"],
    hours: [{ days: [1, 2, 3, 4, 5, 6], fromS: 8 * HOUR_S, toS: 22 * HOUR_S }],
    source:
      "carriers' rule for marketing SMS: not from 22 to 8, not on Sundays and public holidays",
    strength: "rule",
    asOf: "2026-11",
  },
  {
    countries: ["AE"],
    hours: daily(7, 21),
    source: "regulator's rule for promotional SMS: not from 21 to 7",
    strength: "rule",
    asOf: "2026-11",
  },
  {
    countries: ["IN"],
    hours: daily(10, 21),
    source: "TRAI: no commercial SMS and calls from 21 to 9; carriers begin at 10",
    strength: "rule",
    asOf: "2026-11",
  },
  {
    countries: ["VN"],
    hours: daily(7, 21),
    source: "decree on advertising SMS: 7 to 22; carriers end at 21",
    strength: "law",
    asOf: "2026-11",
  },
  {
    countries: ["CN"],
    hours: daily(7, 21),
    source: "carriers' rule for marketing SMS",
    strength: "rule",
    asOf: "2026-11",
  },
  {
    countries: ["GB", "IE", "NL", "DE", "AU", "NZ"],
    hours: daily(8, 20),
    source: "no hours for WhatsApp found; kept by senders",
    strength: "practice",
    asOf: "2026-11",
  },
];

/** Of every other country: what senders keep to. */
const OTHER_QUIET_HOURS: readonly WindowHours[] = daily(9, 20);

const BY_COUNTRY = new Map(
  QUIET_HOURS.flatMap(({ countries, hours }) =>
    countries.map((country) => [country, hours] as const),
  ),
);

/** The hours of the preset for a country; null: not known. */
export function quietHoursOf(country: string | null): readonly WindowHours[] {
  return BY_COUNTRY.get(country ?? "") ?? OTHER_QUIET_HOURS;
}

/** The preflight warns of marketing that goes out at other times, whatever the window is. */
export const MARKETING_HOURS: readonly WindowHours[] = daily(8, 21);
