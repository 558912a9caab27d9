import type { FailedMessage } from "../core/failure.ts";
import type { ApplyResult, StatusEvent, Unmatched, Waits } from "../store/index.ts";
import type { Hints } from "./hints.ts";

/** Moves the row that the event is about. Rejects when Redis did not answer. */
export type ApplyPort = (
  number: string,
  event: StatusEvent,
  unmatched: Unmatched,
) => Promise<ApplyResult>;

/** A message that has failed: what its job in the retry dashboard is made from. */
export interface FailedOfNumber extends FailedMessage {
  readonly number: string;
}

export interface DeliveryPorts {
  readonly apply: ApplyPort;
  /** Adds the failed job. Must be harmless when repeated. */
  readonly onFailed: (failed: FailedOfNumber) => Promise<void>;
}

/**
 * Brings an event to the number it is about. When it resolves, Redis has the event, and the job
 * of a failed message exists. When it rejects, either may be missing: the sender must be told to
 * repeat, which is harmless, because ranks only rise and job ids are fixed.
 *
 * The webhook does not name its number. One candidate: the event is applied, matched or parked there.
 * Several (they share a secret) each have a slot of Redis of their own, so no script sees them all:
 *
 * 1. All are asked at once, which writes nothing unless one knows the wamid: then that one has it.
 *    (The one that a hint names is asked before, since most messages have three events.)
 * 2. If the event can be about an open attempt of exactly one number, that number matches it.
 * 3. Else it is parked unmatched, for its wamid alone, with each number that has an open attempt to
 *    the recipient or an answer under way which may name the wamid; with the first where none has.
 *
 * Between 1 and 2 a number may claim a message to the same person. The event was here before that
 * claim, so it is not about it; and the number that it is about was asked while its attempt was open.
 * The race that is left: an attempt stops being open by something else than its own wamid, before the
 * event about it comes. Example: A's attempt to Ann is in doubt. An agent writes to Ann from A by a
 * template of the same category, and A, alone open, takes the agent's `sent` for its own. Then B writes
 * to Ann, and B's answer is lost. A's own `sent` comes late: only B is open, and B takes it, if it says
 * that it was sent less than a minute before B's claim or after it. Both messages were sent.
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

/** The number that knows the event's wamid and has applied it, or else which of them wait for what. */
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
  if (result.kind === "parked" || result.kind === "unmatched") return result.kind;
  if (result.state === "failed") {
    // On a repeat too: the first time may have ended between the row and its job.
    const { campaign, row, attempt } = result;
    await ports.onFailed({ number, campaign, row, attempt });
  }
  return result.kind;
}
