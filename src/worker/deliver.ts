import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { NumberConfig } from "../config/config.ts";
import type { Mode } from "../core/mode.ts";
import type { Timings } from "../core/timings.ts";
import type { TroubleLog } from "../core/trouble-log.ts";
import type { LivechatClient, SendOutcome } from "../livechat/client.ts";
import type { ClaimGate, ClaimResult, Ledger } from "../store/index.ts";
import type { BatchRun, DueMessage } from "./batch-run.ts";
import type { Flight } from "./flight.ts";
import { toRecord } from "./outcome.ts";
import type { Recorder } from "./recorder.ts";
import type { RoundTrip } from "./round-trip.ts";

/** What a claim came to, for the sender. `again`: messages for which there is no slot yet. */
export type Delivered =
  | {
      readonly kind: "claimed";
      readonly again: readonly DueMessage[];
      readonly waitMs: number;
      readonly waits: "number" | "campaign" | "";
    }
  | { readonly kind: "gate"; readonly gate: ClaimGate; readonly waitMs: number }
  | { readonly kind: "redis_trouble" };

const CLAIM_RETRY_MS = 100;
/** While a number is at its rate, a slot used later than this would bunch up with the next ones. */
const SLOT_LATE_MS = 20;
const ABORTED: SendOutcome = { kind: "aborted" };

/**
 * Claim, POST, record: the one path on which messages leave.
 *
 * A granted message is POSTed at its slot. One that could only go out late (its slot has passed
 * while the number is at its rate, or the fence is over) is not sent but given back. A claim whose
 * answer was lost is asked again with the same nonce; when Redis stays silent the rows are given
 * back by the nonce as soon as it answers, and nothing was sent. Once bytes are on the wire
 * nothing is thrown: whatever happens is an outcome, and outcomes are recorded until they hold.
 */
export function createDeliver(input: {
  ledger: Ledger;
  roundTrip: RoundTrip;
  client: Pick<LivechatClient, "send" | "now">;
  recorder: Recorder;
  number: NumberConfig;
  mode: Mode;
  timings: Timings;
  troubles: TroubleLog;
  flight: Flight;
}) {
  const { ledger, roundTrip, client, recorder, number, mode, timings, troubles, flight } = input;

  async function claim(run: BatchRun, messages: readonly DueMessage[], nonce: Buffer) {
    const { campaign, batch } = run;
    const { ratePerSecond } = number;
    const ask = { campaign: campaign.id, batch, run: run.run, nonce, mode, ratePerSecond };
    const rows = messages.map(({ row, person }) => ({ row, person }));
    const openings = messages.flatMap(({ opening }) => opening ?? []);
    const askedAt = client.now();
    for (;;) {
      const sentAt = performance.now();
      try {
        const reachMs = roundTrip.reachMs();
        const result = await ledger.claim({
          ...ask,
          reachMs,
          answerMs: flight.answerMs(),
          rows,
          openings,
        });
        const now = performance.now();
        roundTrip.took(now - sentAt);
        // Redis read the claim after it was sent: counted from then, no slot is used too early
        // by more than the way there, and the fence counts from the first asking.
        return { askedAt, readAt: (sentAt + now) / 2, result };
      } catch (error) {
        troubles(error, "claim not answered", { campaign: campaign.id });
        if (client.now() - askedAt > timings.startFenceMs / 2) return undefined;
        await sleep(CLAIM_RETRY_MS);
      }
    }
  }

  async function post(run: BatchRun, message: DueMessage, grant: Grant): Promise<void> {
    const { attempt, nonce, askedAt, slotAt, lateMs } = grant;
    flight.granted();
    const earlyMs = slotAt - performance.now();
    if (earlyMs > 1) await sleep(earlyMs);
    const startedAt = performance.now();
    flight.started();
    const tooLate = startedAt - slotAt > lateMs;
    const outcome = tooLate ? ABORTED : await client.send(message.body, askedAt);
    flight.ended(outcome.kind === "accepted" ? performance.now() - startedAt : undefined);
    const { row, person } = message;
    recorder.add(run.campaign.id, { row, attempt, nonce, person, ...toRecord(outcome, timings) });
  }

  /** Nobody knows whether the claim was granted: give the rows back once Redis can be asked. */
  function giveBack(run: BatchRun, messages: readonly DueMessage[], nonce: Buffer): void {
    const told = toRecord(ABORTED, timings);
    for (const { row, person } of messages) {
      recorder.add(run.campaign.id, { row, attempt: 0, nonce, person, ...told });
    }
  }

  /** Claims messages of one batch. Resolves when the claim is answered; the POSTs go on. */
  return async function deliver(
    run: BatchRun,
    messages: readonly DueMessage[],
  ): Promise<Delivered> {
    const closed = ledger.closed();
    if (closed !== undefined) return closed;
    const nonce = randomBytes(8);
    const claimed = await claim(run, messages, nonce);
    if (claimed === undefined) {
      giveBack(run, messages, nonce);
      return { kind: "redis_trouble" };
    }
    const { result, askedAt, readAt } = claimed;
    if (result.kind === "gate") return result;
    const lateMs = result.atRate ? SLOT_LATE_MS : timings.startFenceMs;
    for (const [at, verdict] of result.verdicts.entries()) {
      const message = messages[at];
      if (message === undefined || verdict.kind !== "granted") continue;
      const slotAt = readAt + verdict.slotMs;
      void post(run, message, { attempt: verdict.attempt, nonce, askedAt, slotAt, lateMs });
    }
    // Asking when half the reach is free again claims several messages at once at high rates.
    const waitMs = result.waitMs + roundTrip.reachMs() / 2;
    const again = withoutSlot(messages, result);
    return { kind: "claimed", again, waitMs, waits: result.waits };
  };
}

export type Deliver = ReturnType<typeof createDeliver>;

/** A granted message. */
interface Grant {
  readonly attempt: number;
  readonly nonce: Buffer;
  /** When the claim was first asked, on the client's clock. */
  readonly askedAt: number;
  /** On `performance.now()`. */
  readonly slotAt: number;
  /** How long after the slot it may still be sent. */
  readonly lateMs: number;
}

function withoutSlot(
  messages: readonly DueMessage[],
  result: Extract<ClaimResult, { kind: "rows" }>,
): DueMessage[] {
  return messages.filter((_, at) => result.verdicts[at]?.kind === "no_slot_yet");
}
