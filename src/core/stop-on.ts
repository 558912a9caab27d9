import { isJsonObject, type Json } from "./json.ts";
import { didYouMean } from "./nearest.ts";
import type { ShapeProblem } from "./shape.ts";

/** At which outcomes a campaign pauses by itself (`stopOn`); `null`: never because of these. */
export interface StopOn {
  /** This share of `sample` or more consecutive messages failed: above 0, at most 1. */
  readonly failureShare: number | null;
  readonly sample: number;
  /** So many consecutive messages failed with the same error code. */
  readonly sameCode: number | null;
  /** WhatsApp charged so many messages as marketing that are not declared as marketing. */
  readonly category: number | null;
}

/** What holds if the campaign file says nothing. */
export const STOP_ON = { failureShare: 0.3, sample: 50, sameCode: 20, category: 3 } as const;

const KEYS = Object.keys(STOP_ON) as readonly (keyof StopOn)[];

interface Rule {
  readonly accepts: (value: number) => boolean;
  readonly wanted: string;
  readonly mayBeOff: boolean;
}

const RULES: Readonly<Record<keyof StopOn, Rule>> = {
  failureShare: {
    accepts: (value) => value > 0 && value <= 1,
    wanted: "must be above 0 and at most 1, as in 0.3 for 30 %",
    mayBeOff: true,
  },
  sample: whole(10, 1_000, { mayBeOff: false }),
  sameCode: whole(2, 1_000, { mayBeOff: true }),
  category: whole(1, 1_000, { mayBeOff: true }),
};

type Parsed =
  | { readonly ok: true; readonly stopOn: StopOn }
  | { readonly ok: false; readonly problems: readonly ShapeProblem[] };

/** Reads `stopOn`: `off`, or a block in which each key but `sample` may be off. */
export function parseStopOn(content: Json): Parsed {
  if (isOff(content)) {
    return {
      ok: true,
      stopOn: { ...STOP_ON, failureShare: null, sameCode: null, category: null },
    };
  }
  if (!isJsonObject(content)) {
    return { ok: false, problems: [{ path: [], message: "must be a block of keys, or off" }] };
  }
  const problems = Object.keys(content).flatMap((key): ShapeProblem[] =>
    key in RULES ? [] : [{ path: [key], message: `is not a known key${didYouMean(key, KEYS)}` }],
  );
  const values: Partial<Record<keyof StopOn, number | null>> = {};
  for (const key of KEYS) {
    const { accepts, wanted, mayBeOff } = RULES[key];
    const value = content[key] ?? null;
    if (value === null) continue;
    if (mayBeOff && isOff(value)) values[key] = null;
    else if (typeof value === "number" && accepts(value)) values[key] = value;
    else problems.push({ path: [key], message: `${wanted}${mayBeOff ? ", or off" : ""}` });
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, stopOn: { ...STOP_ON, ...values } as StopOn };
}

function isOff(value: Json | undefined): boolean {
  return value === "off" || value === false;
}

function whole(min: number, max: number, { mayBeOff }: Pick<Rule, "mayBeOff">): Rule {
  return {
    accepts: (value) => Number.isInteger(value) && value >= min && value <= max,
    wanted: `must be a whole number from ${min} to ${max}`,
    mayBeOff,
  };
}

/** `stopOn` as the campaign's hash has it and lib/recent.lua reads it; 0 is off. */
export function packStopOn({ failureShare, sample, sameCode, category }: StopOn): string {
  return [failureShare, sample, sameCode, category].map((limit) => limit ?? 0).join(" ");
}

/** A campaign of an older version has none: the defaults hold. */
export function readStopOn(stored: string | undefined): StopOn {
  if (stored === undefined) return STOP_ON;
  const [failureShare = 0, sample = 0, sameCode = 0, category = 0] = stored.split(" ").map(Number);
  return {
    failureShare: failureShare || null,
    sample,
    sameCode: sameCode || null,
    category: category || null,
  };
}
