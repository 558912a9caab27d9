import { z } from "zod";
import { parseCaps } from "./caps.ts";
import type { Json } from "./json.ts";

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
