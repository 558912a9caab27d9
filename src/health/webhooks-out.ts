import { endpointWords, isEndpointInTrouble } from "../export/endpoint-words.ts";
import type { EndpointState, NumberStore } from "../store/index.ts";
import type { Check } from "./check.ts";

/** An endpoint of the configuration. */
export interface ConfiguredEndpoint {
  readonly id: string;
  readonly name: string;
  /** Null: all numbers. */
  readonly numbers: ReadonlySet<string> | null;
}

/** The endpoints of webhooks out for one number: nothing to check without any. */
export async function checkWebhooksOut(
  endpoints: readonly ConfiguredEndpoint[],
  { number, notices }: Pick<NumberStore, "number" | "notices">,
): Promise<Check[]> {
  const configured = endpoints.filter(({ numbers }) => numbers === null || numbers.has(number));
  if (configured.length === 0) return [];
  const states = await notices.endpoints();
  return configured.map((one) => endpointCheck(number, one, { states, configured }));
}

function endpointCheck(
  number: string,
  { id, name: endpoint }: ConfiguredEndpoint,
  known: {
    readonly states: readonly EndpointState[];
    readonly configured: readonly ConfiguredEndpoint[];
  },
): Check {
  const own = { code: "webhooks_out", name: `Number ${number}`, number } as const;
  const state = known.states.find((one) => one.id === id);
  if (state === undefined) {
    const message = `webhooks out: no worker has ${endpoint} in its configuration`;
    const fix = "Give all workers the file in DROPCAST_CONFIG";
    return { ...own, verdict: "warn", message, fix };
  }
  const message = `webhooks out: ${endpointWords(state, known.configured)}`;
  if (!isEndpointInTrouble(state)) return { ...own, verdict: "ok", message };
  const fix = "Correct the endpoint; then try it: dropcast webhooks-out test";
  const { failedAt, disabledAt } = state;
  const sinceMs = disabledAt ?? failedAt;
  return { ...own, verdict: "warn", message, fix, ...(sinceMs === null ? {} : { sinceMs }) };
}
