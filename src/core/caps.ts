import { z } from "zod";
import { CATEGORIES, type Category } from "./category.ts";
import { isJsonObject, type Json } from "./json.ts";
import { didYouMean } from "./nearest.ts";
import type { ShapeProblem } from "./shape.ts";

/** At most so many messages to one person within so many hours, which slide. */
interface Cap {
  readonly messages: number;
  readonly hours: number;
}

/** What happens to a message beyond a cap: it waits until it may go, or is left out. */
const CAP_OUTCOMES = ["later", "skip"] as const;
type CapOutcome = (typeof CAP_OUTCOMES)[number];

/** Frequency caps (`caps`), as a campaign file or the configuration file gives them. */
export interface Caps {
  /** By category; `[]`: none holds. A category that is not named: as configured, else none. */
  readonly limits: { readonly [category in Category]?: readonly Cap[] };
  /** `null`: as configured, else `later`. */
  readonly outcome: CapOutcome | null;
}

/** The caps that hold for the messages of one campaign. */
export interface CapRules {
  readonly category: Category;
  /** Empty: its messages are counted, and none is kept back. */
  readonly caps: readonly Cap[];
  readonly outcome: CapOutcome;
}

export const CAP_MESSAGES_MAX = 50;
/** The longest time that a cap counts. */
export const CAP_HOURS_MAX = 30 * 24;
const RULES_MAX = 3;
const WORDS = "must be as in 2 per 7d: 1 to 50 messages within 1h to 30d";

/**
 * What holds for messages of `category`: the campaign's caps, category by category over the
 * configured ones. Null: its messages are neither counted nor kept back.
 */
export function capRules(
  category: Category,
  own: Caps | null,
  configured: Caps | null,
): CapRules | null {
  const [mine, base] = [own?.limits[category], configured?.limits[category]];
  const caps = mine ?? base ?? [];
  // A campaign that is exempt still counts for those that are not.
  if (caps.length === 0 && (base ?? []).length === 0) return null;
  return { category, caps, outcome: own?.outcome ?? configured?.outcome ?? "later" };
}

type Parsed =
  | { readonly ok: true; readonly caps: Caps }
  | { readonly ok: false; readonly problems: readonly ShapeProblem[] };

export const CAPS_KEYS: readonly string[] = [...CATEGORIES, "then"];

/** Reads `caps`: by category `2 per 7d`, a list of such, or `none`; and `then`. */
export function parseCaps(content: Json): Parsed {
  if (!isJsonObject(content)) {
    const message = "must be a block of keys, as in { marketing: 2 per 7d }";
    return { ok: false, problems: [{ path: [], message }] };
  }
  const problems: ShapeProblem[] = Object.keys(content)
    .filter((key) => !CAPS_KEYS.includes(key))
    .map((key) => ({ path: [key], message: `is not a known key${didYouMean(key, CAPS_KEYS)}` }));
  const limits: Partial<Record<Category, readonly Cap[]>> = {};
  for (const category of CATEGORIES) {
    const value = content[category] ?? null;
    const caps = value === null ? null : readRules(value);
    if (caps === undefined) problems.push({ path: [category], message: `${WORDS}, or none` });
    else if (caps !== null) limits[category] = caps;
  }
  const outcome = content["then"] ?? null;
  if (outcome !== null && !CAP_OUTCOMES.some((one) => one === outcome)) {
    problems.push({ path: ["then"], message: "must be later or skip" });
  }
  if (problems.length === 0 && Object.keys(limits).length === 0) {
    const message = "names no category: give one of marketing, utility, authentication";
    problems.push({ path: [], message });
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, caps: { limits, outcome: outcome as CapOutcome | null } };
}

function readRules(value: Json): readonly Cap[] | undefined {
  if (value === "none" || value === false) return [];
  const written = Array.isArray(value) ? value : [value];
  const caps = written.flatMap((one) => readRule(one) ?? []);
  const isWhole = caps.length === written.length && caps.length > 0 && caps.length <= RULES_MAX;
  return isWhole ? caps : undefined;
}

function readRule(value: Json | undefined): Cap | undefined {
  if (typeof value !== "string") return undefined;
  const found = /^\s*(\d{1,2})\s+per\s+(\d{1,3})\s*([hd])\s*$/.exec(value);
  const messages = Number(found?.[1]);
  const hours = Number(found?.[2]) * (found?.[3] === "d" ? 24 : 1);
  const fits =
    messages >= 1 && messages <= CAP_MESSAGES_MAX && hours >= 1 && hours <= CAP_HOURS_MAX;
  return fits ? { messages, hours } : undefined;
}

/** `2 per 7d, 1 per 24h`. */
export function capsWords(caps: readonly Cap[]): string {
  return caps
    .map(({ messages, hours }) => {
      const per = hours % 24 === 0 && hours > 24 ? `${hours / 24}d` : `${hours}h`;
      return `${messages} per ${per}`;
    })
    .join(" and ");
}

/** `{ marketing: 2 per 7d, then: later }`; null if nothing is given. */
export const capsBlock = z.unknown().transform((value, context) => {
  if (value === undefined || value === null) return null;
  const read = parseCaps(value as Json);
  if (read.ok) return read.caps;
  for (const { path, message } of read.problems) {
    context.issues.push({ code: "custom", message, path: [...path], input: value });
  }
  return z.NEVER;
});
