import { isoTime } from "../core/format.ts";
import { CHECKS, type CheckCode } from "./runbook.ts";

/** The result of one check: what `doctor`, the API and the page of numbers and health say. */
export interface Check {
  /** Stable; docs/runbooks.md has a section for each. */
  readonly code: CheckCode;
  /** What it is about: `Redis`, `Number main`, `Workers`. */
  readonly name: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly message: string;
  /** What to do; there unless it is ok. */
  readonly fix?: string;
  /** Since when, ms since 1970; left out where it is not known. */
  readonly sinceMs?: number;
  /** The number it is about; left out where it is about the whole deployment. */
  readonly number?: string;
  /** A campaign that may be resumed about it, and how many of its messages wait. */
  readonly resume?: { readonly campaign: string; readonly pending: number };
}

const VERDICTS: readonly Check["verdict"][] = ["fail", "warn", "ok"];
const CODES = Object.keys(CHECKS) as readonly CheckCode[];

/** What stands still comes first, then what needs a look; of the same kind the oldest. */
export function worstFirst(checks: readonly Check[]): Check[] {
  return checks.toSorted(
    (a, b) =>
      VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict) ||
      CODES.indexOf(a.code) - CODES.indexOf(b.code) ||
      (a.sinceMs ?? Number.MAX_SAFE_INTEGER) - (b.sinceMs ?? Number.MAX_SAFE_INTEGER),
  );
}

/** A check for scripts: the same in the API and in `doctor --json`. */
export function checkJson({ code, name, verdict, message, fix, sinceMs, number, resume }: Check) {
  return {
    ...{ code, name, verdict, message },
    ...(fix === undefined ? {} : { fix }),
    ...(verdict === "ok" ? {} : { safe: CHECKS[code].safe }),
    ...(sinceMs === undefined ? {} : { since: isoTime(sinceMs) }),
    ...(number === undefined ? {} : { number }),
    ...(resume === undefined ? {} : { campaign: resume.campaign }),
  };
}

/** Checks as plain text, for a channel or a ticket. */
export function checksText(checks: readonly Check[], head: string): string {
  const lines = checks.map(({ code, name, verdict, message, fix, sinceMs }) =>
    [
      `${verdict.toUpperCase().padEnd(4)} ${name}: ${message}`,
      ...(sinceMs === undefined ? [] : [`     Since: ${isoTime(sinceMs)}`]),
      ...(fix === undefined ? [] : [`     Do: ${fix}`]),
      ...(verdict === "ok" ? [] : [`     Safe? ${CHECKS[code].safe}`, `     Runbook: ${code}`]),
    ].join("\n"),
  );
  return `${[head, ...lines].join("\n")}\n`;
}
