import type { Config } from "../../config/config.ts";
import { endpointWords, isEndpointInTrouble } from "../../export/endpoint-words.ts";
import type { Check } from "../../health/check.ts";
import type { NumberStore } from "../../store/index.ts";

/** The endpoints of webhooks out for one number: nothing to check without any. */
export async function checkWebhooksOut(
  config: Pick<Config, "webhooksOut">,
  { number, notices }: Pick<NumberStore, "number" | "notices">,
): Promise<Check[]> {
  const name = `Number ${number}`;
  const configured = config.webhooksOut.filter(
    ({ numbers }) => numbers === null || numbers.has(number),
  );
  if (configured.length === 0) return [];
  const states = await notices.endpoints();
  return configured.map(({ id, name: endpoint }): Check => {
    const state = states.find((one) => one.id === id);
    if (state === undefined) {
      const message = `webhooks out: no worker has ${endpoint} in its configuration`;
      return {
        name,
        verdict: "warn",
        message,
        fix: "Give all workers the file in DROPCAST_CONFIG",
      };
    }
    const message = `webhooks out: ${endpointWords(state, configured)}`;
    if (!isEndpointInTrouble(state)) return { name, verdict: "ok", message };
    const fix = "Correct the endpoint; then try it: dropcast webhooks-out test";
    return { name, verdict: "warn", message, fix };
  });
}
