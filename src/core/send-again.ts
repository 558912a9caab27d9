import { CODES, describeCode, type RetryRule } from "./error-codes.ts";
import { isJsonObject, type Json } from "./json.ts";
import type { ShapeProblem } from "./shape.ts";

/**
 * Failures after which a campaign may send a message again by itself (`delivery.retry`): how long
 * to wait before each further try, ms, and so how many there are. Only codes for which Meta
 * publishes the waits:
 * - 131049, WhatsApp chose not to deliver: 24 hours, and longer each time; earlier tries prolong
 *   the block (error codes page, per-user limits page). Never marketing to +1, where WhatsApp
 *   delivers none (lib/again.lua).
 * - 131056, too many messages to this recipient: 4^n seconds (messages page, "pair rate limits").
 */
const HOUR_MS = 3_600_000;
const WAITS_MS: Readonly<Record<number, readonly number[]>> = {
  [CODES.notDelivered]: [24 * HOUR_MS, 48 * HOUR_MS],
  131056: [1_000, 4_000, 16_000, 64_000, 256_000],
};

type SendAgain =
  | { readonly ok: true; readonly codes: readonly number[] }
  | { readonly ok: false; readonly problems: readonly ShapeProblem[] };

/**
 * Reads `{ 131049: true }`: the codes, ascending. Each code for which sending again by itself does
 * not help is refused with the reason.
 */
export function parseSendAgain(content: Json): SendAgain {
  if (!isJsonObject(content)) {
    const message = "must be a block of error codes, as in { 131049: true }";
    return { ok: false, problems: [{ path: [], message }] };
  }
  const codes: number[] = [];
  const problems: ShapeProblem[] = [];
  for (const [key, value] of Object.entries(content)) {
    const message = problemOf(key, value);
    if (message !== null) problems.push({ path: [key], message });
    else if (value === true) codes.push(Number(key));
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, codes: codes.sort((a, b) => a - b) };
}

const MAY = Object.keys(WAITS_MS).join(" and ");

function problemOf(key: string, value: Json | undefined): string | null {
  if (!/^[1-9]\d{0,7}$/.test(key)) return `is not an error code: give one of ${MAY}`;
  if (value !== true && value !== false && value !== null) return "must be true or false";
  const code = Number(key);
  if (Object.hasOwn(WAITS_MS, code)) return null;
  const { title, retry } = describeCode(code);
  return `cannot be sent again by itself (${title}): ${WHY_NOT[retry]}. Possible are ${MAY}`;
}

const WHY_NOT: Readonly<Record<RetryRule, string>> = {
  later: "no time is published after which it helps; use dropcast retry ID --code",
  after_cause: "it fails until its cause is fixed; then use dropcast retry ID --code",
  after_day: "use dropcast retry ID --code after a day",
  in_vain: "the same message would fail again",
  never: "the recipient opted out",
  not_known: "the code is not documented",
};

/** The form in which a campaign keeps it for the scripts: `131049:86400000,172800000 131056:…`. */
export function packSendAgain(codes: readonly number[] = []): string {
  return codes.map((code) => `${code}:${(WAITS_MS[code] ?? []).join(",")}`).join(" ");
}

/** The codes with how many further tries each has, from that form. */
export function unpackSendAgain(packed: string): { code: number; tries: number }[] {
  return packed
    .split(" ")
    .filter(Boolean)
    .map((one) => {
      const [code, waits = ""] = one.split(":");
      return { code: Number(code), tries: waits.split(",").length };
    });
}
