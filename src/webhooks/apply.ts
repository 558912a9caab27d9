import type { FailedMessage } from "../core/failure.ts";
import type { ApplyResult, StatusEvent, Unmatched, Waits } from "../store/index.ts";
import type { Hints } from "./hints.ts";

/** Moves the row that the event is about. Rejects when Redis did not answer. */
type ApplyPort = (number: string, event: StatusEvent, unmatched: Unmatched) => Promise<ApplyResult>;

/** A failed message: the data of its job in the retry dashboard. */
export interface FailedOfNumber extends FailedMessage {
  readonly number: string;
}

export interface DeliveryPorts {
  readonly apply: ApplyPort;
  /** Adds the failed job. Must be harmless when repeated. */
  readonly onFailed: (failed: FailedOfNumber) => Promise<void>;
}

/**
 * Applies an event to the number it belongs to. Once it resolves, Redis has the event, and the job
 * of a failed message exists. If it rejects, either may be missing and the sender must repeat the
 * event. That is harmless: ranks only rise and job ids are fixed.
 *
 * The webhook does not name its number. With one candidate, the event is applied there: it matches
 * a message or is stored as unmatched. Several candidates (they share a secret) are in different
 * hash slots of Redis, so no script sees them all:
 *
 * 1. Ask all at once. This writes nothing unless one knows the wamid: that one applies the event.
 *    (The number of a hint is asked first, since most messages have three events.)
 * 2. If the event fits an open attempt of exactly one number, that number matches it.
 * 3. Else store it as unmatched, by its wamid alone, with each number that has an open attempt to
 *    the recipient or a pending answer that may name the wamid; if none has, with the first number.
 *
 * Between 1 and 2 a number may claim a message to the same person. The event arrived before that
 * claim, so it does not belong to it; and its own number was asked while the attempt was open.
 * Remaining race: an attempt is closed by something other than its own wamid before its event
 * arrives. Example: A's attempt to Ann is unknown. An agent writes to Ann from A with a template of
 * the same category, and A, the only open one, takes the agent's `sent` for its own. Then B writes
 * to Ann, and B's answer is lost. A's own `sent` arrives late: only B is open, and B takes it, if
 * its time is after B's claim or less than a minute before. Both messages were sent.
 */
export async function deliverEvent(
  ports: DeliveryPorts,
  numbers: readonly string[],
  event: StatusEvent,
  hints?: Hints,
): Promise<ApplyResult["kind"]> {
  const [only] = numbers;
  if (numbers.length === 1 && only !== undefined) return applyTo(ports, only, event, "park");
  const known = await whoKnows(ports, numbers, event, hints);
  if (known.number !== undefined) {
    hints?.knew(event.wamid, known.number);
    return finish(ports, known.number, known.result);
  }
  const [fitting, ...more] = known.waiting("fits");
  if (fitting !== undefined && more.length === 0) return applyTo(ports, fitting, event, "park");
  const places = known.waiting("fits", "open", "wire");
  const kinds = await Promise.all(
    (places.length > 0 ? places : numbers.slice(0, 1)).map((number) =>
      applyTo(ports, number, event, "park_unmatched"),
    ),
  );
  return kinds.find((kind) => kind !== "parked") ?? "parked";
}

type Known =
  | { readonly number: string; readonly result: ApplyResult }
  | { readonly number: undefined; readonly waiting: (...waits: Waits[]) => string[] };

/** The number that knows the wamid and applied the event; else which numbers wait for what. */
async function whoKnows(
  ports: DeliveryPorts,
  numbers: readonly string[],
  event: StatusEvent,
  hints: Hints | undefined,
): Promise<Known> {
  const hint = hints?.first(event.wamid);
  if (hint !== undefined && numbers.includes(hint)) {
    const result = await ports.apply(hint, event, "ask");
    if (result.kind !== "unmatched") return { number: hint, result };
  }
  const asked = await Promise.all(
    numbers.map(async (number) => ({ number, result: await ports.apply(number, event, "ask") })),
  );
  const known = asked.find(({ result }) => result.kind !== "unmatched");
  if (known !== undefined) return known;
  return {
    number: undefined,
    waiting: (...waits) =>
      asked.flatMap(({ number, result }) =>
        result.kind === "unmatched" && waits.includes(result.waits) ? [number] : [],
      ),
  };
}

async function applyTo(
  ports: DeliveryPorts,
  number: string,
  event: StatusEvent,
  unmatched: Unmatched,
): Promise<ApplyResult["kind"]> {
  return finish(ports, number, await ports.apply(number, event, unmatched));
}

async function finish(
  ports: DeliveryPorts,
  number: string,
  result: ApplyResult,
): Promise<ApplyResult["kind"]> {
  if ("state" in result && result.state === "failed") {
    // On a repeat too: the first one may have been cut off between the row and its job.
    const { campaign, row, attempt } = result;
    await ports.onFailed({ number, campaign, row, attempt });
  }
  return result.kind;
}
