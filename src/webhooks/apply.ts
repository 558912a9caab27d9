import type { ApplyResult, StatusEvent } from "../store/ledger.ts";

/** Moves the row that the event is about. Rejects when Redis did not answer. */
export type ApplyPort = (
  number: string,
  event: StatusEvent,
  unmatched: "park" | "ask",
) => Promise<ApplyResult>;

/** A message that has failed: what its job in the retry dashboard is made from. */
export interface FailedMessage {
  readonly number: string;
  readonly campaign: string;
  readonly row: number;
  readonly attempt: number;
}

export interface DeliveryPorts {
  readonly apply: ApplyPort;
  /** Adds the failed job. Must be harmless when repeated. */
  readonly onFailed: (failed: FailedMessage) => Promise<void>;
}

/**
 * Brings an event to the number it is about. When it resolves, Redis has the event, and the job
 * of a failed message exists. When it rejects, either may be missing: the sender must be told to
 * repeat, which is harmless, because ranks only rise and job ids are fixed.
 *
 * The webhook does not name its number. One candidate: the event is applied, or parked, there.
 * Several (they share a secret): each is asked without parking, the first that knows the message
 * has it, and if none does the event is parked in every one, since any of them may be about to
 * record the answer that carries this wamid.
 */
export async function deliverEvent(
  ports: DeliveryPorts,
  numbers: readonly string[],
  event: StatusEvent,
): Promise<ApplyResult["kind"]> {
  if (numbers.length > 1) {
    const asked = await firstThatKnows(ports, numbers, event, "ask");
    if (asked === "moved" || asked === "unchanged") return asked;
  }
  return firstThatKnows(ports, numbers, event, "park");
}

async function firstThatKnows(
  ports: DeliveryPorts,
  numbers: readonly string[],
  event: StatusEvent,
  unmatched: "park" | "ask",
): Promise<ApplyResult["kind"]> {
  let last: ApplyResult["kind"] = "unmatched";
  for (const number of numbers) {
    const result = await ports.apply(number, event, unmatched);
    last = result.kind;
    if (result.kind !== "moved" && result.kind !== "unchanged") continue;
    if (result.state === "failed") {
      // On a repeat too: the first time may have ended between the row and its job.
      const { campaign, row, attempt } = result;
      await ports.onFailed({ number, campaign, row, attempt });
    }
    return result.kind;
  }
  return last;
}
