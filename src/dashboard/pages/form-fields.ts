import type { ApiContext } from "../../api/access.ts";
import { accept, type Result, refuse } from "../../core/refusal.ts";

const FORM = "application/x-www-form-urlencoded";

/**
 * The fields of a form as our pages send it; no body at all has none. Refuses a body of another
 * type (`dashboard_body_invalid`), of which each field would count as left out.
 */
export async function readFields(context: ApiContext): Promise<Result<URLSearchParams>> {
  const type = context.req.header("content-type") ?? "";
  const text = await context.req.text();
  if (text === "" || type.toLowerCase().startsWith(FORM)) return accept(new URLSearchParams(text));
  return refuse(
    "dashboard_body_invalid",
    `The body is not a form of the type ${FORM}. Nothing was changed.`,
    "Send the fields as the page does, or use the HTTP API (/api/docs).",
  );
}
