import type { Act, ActDetails, Actor } from "../core/act.ts";
import type { Result } from "../core/refusal.ts";
import type { ActLog } from "../store/index.ts";

/** An act as it is known before it is done; absent parts are empty. */
interface Intended extends Pick<Act, "what"> {
  readonly campaigns?: readonly string[];
  readonly details?: ActDetails;
}

/**
 * Does what a person asks for and keeps a line of it in the audit. `learned` adds what is known
 * only afterwards. If `act` throws (Redis is away), its line stays `begun`: it may have been done.
 * A line that cannot be written never prevents the act (store/act-log.ts).
 */
export async function audited<T>(
  acts: Pick<ActLog, "begin" | "end">,
  by: Actor,
  intended: Intended,
  act: () => Promise<Result<T>>,
  learned: (value: T) => Partial<Pick<Act, "campaigns" | "details">> = () => ({}),
): Promise<Result<T>> {
  const { what, campaigns = [], details = {} } = intended;
  const begun = await acts.begin(by, { what, campaigns, details });
  const result = await act();
  const more = result.ok ? learned(result.value) : {};
  await acts.end(begun, {
    ...{ ...by, what, campaigns: more.campaigns ?? campaigns },
    details: { ...details, ...more.details },
    result: result.ok ? "done" : "refused",
    code: result.ok ? null : result.refusal.code,
  });
  return result;
}
