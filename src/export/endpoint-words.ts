import { counted, isoTime } from "../core/format.ts";
import type { EndpointState } from "../store/index.ts";

/** What was told to endpoints of webhooks out, for people and as JSON. */

/** Its last try failed, or it wants no more. */
export function isEndpointInTrouble(state: EndpointState): boolean {
  const { disabledAt, failedAt, deliveredAt } = state;
  return disabledAt !== null || (failedAt !== null && failedAt > (deliveredAt ?? 0));
}

/**
 * `crm.example.com #3fa9c1: 12 delivered, 3 waiting; the last try failed: HTTP 503`. `configured`:
 * the endpoints of this process; nothing is left to correct about one that is not among them.
 */
export function endpointWords(
  state: EndpointState,
  configured: readonly { readonly id: string }[],
): string {
  const { name, delivered, waiting, givenUp, dropped, failure, disabledAt } = state;
  const counts = [
    `${counted(delivered, "event")} delivered`,
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(givenUp > 0 ? [`${givenUp} given up`] : []),
    ...(dropped > 0 ? [`${dropped} dropped to make room`] : []),
  ].join(", ");
  if (!configured.some(({ id }) => id === state.id)) {
    return `${name}: no longer in the configuration; ${counts}`;
  }
  if (disabledAt !== null) return `${name}: disabled, it answered 410 (gone); ${counts}`;
  return isEndpointInTrouble(state)
    ? `${name}: ${counts}; the last try failed: ${failure}`
    : `${name}: ${counts}`;
}

export function endpointJson(state: EndpointState) {
  const { id, name, waiting, delivered, givenUp, dropped, failure } = state;
  return {
    ...{ id, name, waiting, delivered, givenUp, dropped, failure },
    ...{ deliveredAt: isoTime(state.deliveredAt), failedAt: isoTime(state.failedAt) },
    ...{ disabledAt: isoTime(state.disabledAt), configuredAt: isoTime(state.configuredAt) },
  };
}
