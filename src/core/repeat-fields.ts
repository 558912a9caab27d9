import { z } from "zod";

const DAYS_WORDS = "must be 1d to 365d, as in 90d";

/** `1d` to `365d`, in ms. */
export const days = z.string(DAYS_WORDS).transform((value, context) => {
  const [, count] = /^\s*(\d{1,3})\s*d\s*$/.exec(value) ?? [];
  if (count !== undefined && Number(count) >= 1 && Number(count) <= 365) {
    return Number(count) * 24 * 3_600_000;
  }
  context.issues.push({ code: "custom", message: DAYS_WORDS, input: value });
  return z.NEVER;
});

/** `1h` to `30d`, in ms: every campaign of that time with the same name or template is read. */
function repeatWindow(value: unknown): number | undefined {
  const [, count, unit] = /^\s*(\d{1,3})\s*([hd])\s*$/.exec(String(value)) ?? [];
  const hours = Number(count) * (unit === "d" ? 24 : 1);
  return hours >= 1 && hours <= 30 * 24 ? hours * 3_600_000 : undefined;
}

const SKIP_WORDS = "must be 1h to 30d, as in 7d";

/** Whom to leave out, in ms. */
export const skipRepeat = z.string(SKIP_WORDS).transform((value, context) => {
  const ms = repeatWindow(value);
  if (ms !== undefined) return ms;
  context.issues.push({ code: "custom", message: SKIP_WORDS, input: value });
  return z.NEVER;
});

/** What holds if the file says nothing. */
export const WARN_REPEAT_MS = 7 * 24 * 3_600_000;

/** Whom to report, in ms; `off` is null. */
export const warnRepeat = z.unknown().transform((value, context) => {
  if (value === undefined || value === null) return WARN_REPEAT_MS;
  if (value === "off" || value === false) return null;
  const ms = repeatWindow(value);
  if (ms !== undefined) return ms;
  const message = "must be 1h to 30d, as in 7d, or off";
  context.issues.push({ code: "custom", message, input: value });
  return z.NEVER;
});
