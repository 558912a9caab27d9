import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { didYouMean } from "./nearest.ts";
import type { ShapeProblem } from "./shape.ts";
import { timeZoneProblem } from "./time-zone.ts";

/** `schedule.window` of a campaign: the hours in which its messages may leave. */
export interface SendWindow {
  /** `quiet-hours`: the preset of the recipient's country (time/quiet-hours.ts). */
  readonly hours: readonly WindowHours[] | "quiet-hours";
  /** Whose clock counts: each recipient's own, or that of one time zone. */
  readonly timezone: "recipient" | (string & {});
  /**
   * A row that is still pending when its first opening has ended: `next` sends it in the next one,
   * `skip` makes it `expired`.
   */
  readonly onMiss: OnMiss;
}

/**
 * Open from `fromS` to before `toS` of each of the days; seconds after midnight on the wall clock.
 */
export interface WindowHours {
  /** Days on which it opens: 1 is Monday, 7 is Sunday. */
  readonly days: readonly number[];
  readonly fromS: number;
  /** Not later than `fromS`: of the next day. 86,400 is the end of the day. */
  readonly toS: number;
}

const ON_MISS = ["next", "skip"] as const;
export type OnMiss = (typeof ON_MISS)[number];

export const DAY_S = 86_400;
export const DAY_NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export const ALL_DAYS: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

/** More windows than days twice over are a slip. */
const WINDOWS_MAX = 14;
const PRESET = "quiet-hours";
export const HOURS_KEYS = ["days", "from", "to", "timezone", "onMiss"];
const PRESET_KEYS = ["preset", "onMiss"];

type Parsed =
  | { readonly ok: true; readonly window: SendWindow }
  | { readonly ok: false; readonly problems: readonly ShapeProblem[] };

/** Reads `schedule.window`: one window, a list of them, or a preset. Paths begin within it. */
export function parseSendWindow(content: Json): Parsed {
  const problems: ShapeProblem[] = [];
  const window =
    isJsonObject(content) && "preset" in content
      ? readPreset(content, problems)
      : readWindows(content, problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, window };
}

/** The windows as people write them: `mon-fri 09:00-20:00`. */
export function hoursWords(hours: readonly WindowHours[]): string {
  return hours
    .map(({ days, fromS, toS }) => `${daysWords(days)} ${clockTime(fromS)}-${clockTime(toS)}`)
    .join(", ");
}

function readPreset(content: JsonObject, problems: ShapeProblem[]): SendWindow {
  unknownKeys(content, PRESET_KEYS, [], problems, " of a window with a preset");
  const { preset } = content;
  if (preset !== PRESET) {
    const guess = typeof preset === "string" ? didYouMean(preset, [PRESET]) : "";
    problems.push({ path: ["preset"], message: `must be ${PRESET}${guess}` });
  }
  return { hours: PRESET, timezone: "recipient", onMiss: readOnMiss(content, [], problems) };
}

function readWindows(content: Json, problems: ShapeProblem[]): SendWindow {
  const list = Array.isArray(content) ? content : [content];
  if (list.length === 0 || list.length > WINDOWS_MAX) {
    problems.push({ path: [], message: `must be one window, or a list of 1 to ${WINDOWS_MAX}` });
  }
  const read = list.map((one, at) => readOne(one, Array.isArray(content) ? [at] : [], problems));
  const [first = { timezone: "recipient", onMiss: "next" } as const] = read;
  for (const key of ["timezone", "onMiss"] as const) {
    const other = read.findIndex((one) => one[key] !== first[key]);
    if (other === -1) continue;
    const message = `must be the same in all windows (${first[key]} in the first)`;
    problems.push({ path: [other, key], message });
  }
  return { hours: read.map(({ hours }) => hours), timezone: first.timezone, onMiss: first.onMiss };
}

type Path = readonly (string | number)[];
type OneWindow = Pick<SendWindow, "timezone" | "onMiss"> & { readonly hours: WindowHours };

function readOne(content: Json, path: Path, problems: ShapeProblem[]): OneWindow {
  if (!isJsonObject(content)) {
    problems.push({ path, message: "must be a block with from and to" });
    return {
      hours: { days: ALL_DAYS, fromS: 0, toS: DAY_S },
      timezone: "recipient",
      onMiss: "next",
    };
  }
  unknownKeys(content, [...HOURS_KEYS, "preset"], path, problems, "");
  const fromS = readTime(content["from"], [...path, "from"], problems);
  const toS = readTime(content["to"], [...path, "to"], problems);
  if (fromS === DAY_S) {
    problems.push({ path: [...path, "from"], message: 'must be before "24:00"' });
  }
  if (fromS !== null && fromS === toS) {
    const message = 'is the same as from; for the whole day: from "00:00", to "24:00"';
    problems.push({ path: [...path, "to"], message });
  }
  return {
    hours: {
      days: readDays(content["days"], [...path, "days"], problems),
      fromS: fromS ?? 0,
      toS: toS ?? DAY_S,
    },
    timezone: readZone(content["timezone"], [...path, "timezone"], problems),
    onMiss: readOnMiss(content, path, problems),
  };
}

function unknownKeys(
  content: JsonObject,
  known: readonly string[],
  path: Path,
  problems: ShapeProblem[],
  where: string,
): void {
  for (const key of Object.keys(content)) {
    if (known.includes(key)) continue;
    const message = `is not a known key${where}${didYouMean(key, known) || `; known: ${known.join(", ")}`}`;
    problems.push({ path: [...path, key], message });
  }
}

function readTime(value: Json | undefined, path: Path, problems: ShapeProblem[]): number | null {
  const [, hours, minutes, seconds = "0"] =
    /^\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*$/.exec(typeof value === "string" ? value : "") ?? [];
  const time = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  if (hours !== undefined && Number(minutes) < 60 && Number(seconds) < 60 && time <= DAY_S) {
    return time;
  }
  const isMissing = value === undefined || value === null;
  const message = isMissing ? 'is missing: a time, as in "09:00"' : 'must be a time, as in "09:00"';
  problems.push({ path, message });
  return null;
}

function readDays(
  value: Json | undefined,
  path: Path,
  problems: ShapeProblem[],
): readonly number[] {
  if (value === undefined || value === null) return ALL_DAYS;
  if (!Array.isArray(value) || value.length === 0) {
    problems.push({ path, message: "must be a list of days, as in [mon, tue, wed]" });
    return ALL_DAYS;
  }
  const days = new Set<number>();
  for (const [at, name] of value.entries()) {
    const day = typeof name === "string" ? DAY_NAMES.indexOf(name.trim().toLowerCase() as Day) : -1;
    if (day !== -1) {
      days.add(day + 1);
      continue;
    }
    const written = typeof name === "string" ? name : "";
    const start = DAY_NAMES.find((known) => written.trim().toLowerCase().startsWith(known));
    const guess =
      start === undefined ? didYouMean(written, DAY_NAMES) : `; did you mean "${start}"?`;
    problems.push({
      path: [...path, at],
      message: `must be one of ${DAY_NAMES.join(", ")}${guess}`,
    });
  }
  return [...days].sort((a, b) => a - b);
}

type Day = (typeof DAY_NAMES)[number];

function readZone(value: Json | undefined, path: Path, problems: ShapeProblem[]): string {
  if (value === undefined || value === null || value === "recipient") return "recipient";
  const problem =
    typeof value === "string"
      ? timeZoneProblem(value)
      : "must be recipient, or the name of a time zone, as in Europe/Warsaw";
  if (problem !== null) problems.push({ path, message: problem });
  return typeof value === "string" ? value : "recipient";
}

function readOnMiss(content: JsonObject, path: Path, problems: ShapeProblem[]): OnMiss {
  const value = content["onMiss"];
  if (value === undefined || value === null) return "next";
  const known = ON_MISS.find((one) => one === value);
  if (known !== undefined) return known;
  const guess = typeof value === "string" ? didYouMean(value, ON_MISS) : "";
  problems.push({ path: [...path, "onMiss"], message: `must be next or skip${guess}` });
  return "next";
}

function daysWords(days: readonly number[]): string {
  if (days.length === 7) return "every day";
  const names = days.map((day) => DAY_NAMES[day - 1] ?? "");
  const isRun = days.every((day, at) => at === 0 || day === (days[at - 1] ?? 0) + 1);
  return isRun && days.length > 2 ? `${names[0]}-${names.at(-1)}` : names.join(", ");
}

/** `09:00`, with seconds where there are some. */
export function clockTime(seconds: number): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3_600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  return `${two(hours)}:${two(minutes)}${rest === 0 ? "" : `:${two(rest)}`}`;
}
