import type { z } from "@hono/zod-openapi";
import { type Refused, refuse } from "../core/refusal.ts";

export function queryInvalid(error: z.ZodError): Refused {
  return refuse("dashboard_query_invalid", `The query is not valid: ${wordsOf(error)}.`, WHERE);
}

export function bodyInvalid(error: z.ZodError): Refused {
  return refuse("dashboard_body_invalid", `The body is not valid: ${wordsOf(error)}.`, WHERE);
}

const WHERE = "The page /api/docs, and /api/openapi.json, say what this address takes.";
const ISSUES_SHOWN = 5;

/** The parts that are wrong; never their values. */
function wordsOf({ issues }: z.ZodError): string {
  const words = issues.slice(0, ISSUES_SHOWN).map((issue) => {
    if (issue.code === "unrecognized_keys") {
      return `${issue.keys.map((key) => key.slice(0, 40)).join(", ")} (not known)`;
    }
    const place = issue.path.map((part) => String(part).slice(0, 40)).join(".");
    return place === "" ? "it is not JSON of the right shape" : place;
  });
  return words.join("; ");
}
