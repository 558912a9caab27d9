import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mode } from "../core/mode.ts";
import type { Timings } from "../core/timings.ts";
import type { TroubleLog } from "../core/trouble-log.ts";
import type { LivechatClient, SendOutcome } from "../livechat/client.ts";
import type { ClaimGate, ClaimResult, Ledger } from "../store/index.ts";
import { type BatchRun, type DueMessage, requestBody } from "./batch-run.ts";
import type { Flight } from "./flight.ts";
import type { SendingObserver, SendObserver } from "./observer.ts";
import { toRecord } from "./outcome.ts";
import type { Recorder } from "./recorder.ts";
import type { RedisClock } from "./redis-clock.ts";
import type { RoundTrip } from "./round-trip.ts";

/** The result of a claim, for the sender. `again`: messages without a send time yet. */
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
/**
 * While a number is at its rate, a POST later than this would bunch up with the next ones: by 2 %
 * of the rate at 20 ms, of which the way to the API gets half.
 */
const SLOT_LATE_MS = 10;
const TOO_FEW_REPLICAS = new Error("NOREPLICAS too few replicas have the claim");
const ABORTED: SendOutcome = { kind: "aborted" };

/** What delivery needs. */
interface DeliverContext {
  readonly ledger: Ledger;
  readonly client: Pick<LivechatClient, "send" | "now">;
  readonly recorder: Recorder;
  readonly observer: SendObserver;
  readonly flight: Flight;
  readonly roundTrip: RoundTrip;
  readonly redisClock: RedisClock;
  /** As configured. */
  readonly ratePerSecond: number;
  readonly mode: Mode;
  readonly timings: Timings;
  readonly troubles: TroubleLog;
}

/** Claims messages of one batch. Resolves when the claim is answered; the POSTs continue. */
export type Deliver = (run: BatchRun, messages: readonly DueMessage[]) => Promise<Delivered>;

/**
 * Claim, POST, record: the only path by which messages leave.
 *
 * A granted message is POSTed at its send time. One that could only go out late (its send time has
 * passed while the number is at its rate, or the fence is over) is not sent but released. A claim
 * whose answer was lost is repeated with the same nonce; if Redis stays silent, the rows are
 * released by the nonce as soon as it answers, and nothing was sent. Once bytes are on the wire
 * nothing is thrown: every result is an outcome, and outcomes are recorded until Redis confirms
 * them.
 */
export function createDeliver(context: DeliverContext): Deliver {
  return (run, messages) => deliver(context, run, messages);
}

async function deliver(
  context: DeliverContext,
  run: BatchRun,
  messages: readonly DueMessage[],
): Promise<Delivered> {
  const { ledger, observer, roundTrip, timings } = context;
  const closed = ledger.closed();
  if (closed !== undefined) return closed;
  const nonce = randomBytes(8);
  const observed = observer.claiming(run.campaign.id);
  const claimed = await claim(context, { run, messages, nonce });
  if (claimed === undefined) {
    observed.unanswered();
    giveBack(context, { run, messages, nonce });
    return { kind: "redis_trouble" };
  }
  const { result, askedAt, decidedAt } = claimed;
  if (result.kind === "gate") {
    // Rows may have been granted; the next run of the batch finds them.
    if (result.gate !== "replicas") return result;
    context.troubles(TOO_FEW_REPLICAS, "claimed, but not sent", { campaign: run.campaign.id });
    giveBack(context, { run, messages, nonce });
    return { kind: "redis_trouble" };
  }
  putOff(run, messages, result);
  observed.granted(result.verdicts.filter(({ kind }) => kind === "granted").length);
  const capped = result.verdicts.filter(({ kind }) => kind === "capped").length;
  if (capped > 0) observed.capped(capped);
  const lateMs = result.atRate ? SLOT_LATE_MS : timings.startFenceMs;
  for (const [at, verdict] of result.verdicts.entries()) {
    const message = messages[at];
    if (message === undefined || verdict.kind !== "granted") continue;
    const slotAt = decidedAt + verdict.slotMs;
    const { attempt } = verdict;
    const sending = observed.sending(message.row, attempt);
    void post(context, { run, message, attempt, nonce, askedAt, slotAt, lateMs, sending });
  }
  // Claiming when half the reach is free claims several messages at once at high rates.
  const waitMs = result.waitMs + roundTrip.reachMs() / 2;
  const again = withoutSlot(messages, result);
  return { kind: "claimed", again, waitMs, waits: result.waits };
}

interface Claim {
  readonly run: BatchRun;
  readonly messages: readonly DueMessage[];
  readonly nonce: Buffer;
}

/** Undefined if Redis did not answer: then it is unknown whether the rows were granted. */
async function claim(context: DeliverContext, { run, messages, nonce }: Claim) {
  const { ledger, client, flight, roundTrip, redisClock } = context;
  const { ratePerSecond, mode, timings, troubles } = context;
  const { campaign, batch } = run;
  const ask = { campaign: campaign.id, batch, run: run.run, nonce, mode, ratePerSecond };
  const rows = messages.map(({ row, person }) => ({ row, person }));
  const openings = messages.flatMap(({ opening }) => opening ?? []);
  const askedAt = client.now();
  for (;;) {
    const sentAt = performance.now();
    try {
      const reachMs = roundTrip.reachMs();
      const answerMs = flight.answerMs();
      const timed = { reachMs, answerMs, laterMs: laterMs(messages) };
      const { category, caps = null } = campaign.definition;
      const result = await ledger.claim({
        ...{ ...ask, ...timed, rows, openings },
        capped: { category, caps },
      });
      const answeredAt = performance.now();
      roundTrip.took(answeredAt - sentAt);
      if (result.kind === "gate" || result.decidedMs === null) {
        return { askedAt, decidedAt: answeredAt, result };
      }
      redisClock.saw(sentAt, answeredAt, result.decidedMs);
      return { askedAt, decidedAt: redisClock.toLocal(result.decidedMs), result };
    } catch (error) {
      troubles(error, "claim not answered", { campaign: campaign.id });
      if (client.now() - askedAt > timings.startFenceMs / 2) return undefined;
      await sleep(CLAIM_RETRY_MS);
    }
  }
}

/** It is unknown whether the claim was granted: releases the rows once Redis answers. */
function giveBack(context: DeliverContext, { run, messages, nonce }: Claim): void {
  const { recorder, timings } = context;
  const outcome = toRecord(ABORTED, timings);
  for (const { row, person } of messages) {
    recorder.add(run.campaign.id, { row, attempt: 0, nonce, person, ...outcome });
  }
}

/** A granted message. */
interface Grant {
  readonly run: BatchRun;
  readonly message: DueMessage;
  readonly attempt: number;
  readonly nonce: Buffer;
  /** When the claim was first sent, on the client's clock. */
  readonly askedAt: number;
  /** On `performance.now()`. */
  readonly slotAt: number;
  /** How long after its send time it may still be sent. */
  readonly lateMs: number;
  readonly sending: SendingObserver;
}

async function post(context: DeliverContext, grant: Grant): Promise<void> {
  const { client, recorder, flight, timings } = context;
  const { run, message, attempt, nonce, askedAt, slotAt, lateMs, sending } = grant;
  flight.granted();
  const earlyMs = slotAt - performance.now();
  if (earlyMs > 1) await sleep(earlyMs);
  const startedAt = performance.now();
  flight.started();
  const tooLate = startedAt - slotAt > lateMs;
  if (!tooLate) sending.posting();
  const outcome = tooLate
    ? ABORTED
    : await client.send(requestBody(message), askedAt, sending.answered);
  flight.ended(outcome.kind === "accepted" ? performance.now() - startedAt : undefined);
  sending.ended(outcome);
  const { row, person, plusOne } = message;
  const told = toRecord(outcome, timings);
  recorder.add(run.campaign.id, { row, attempt, nonce, person, plusOne, ...told });
}

/** The batch comes again when the budget has room, or earlier: a person may raise the limit. */
const BUDGET_LATEST_MS = 10 * 60_000;

function putOff(
  run: BatchRun,
  messages: readonly DueMessage[],
  { verdicts, budgetAtMs }: Extract<ClaimResult, { kind: "rows" }>,
): void {
  if (budgetAtMs === null) return;
  run.budgetAtMs = budgetAtMs;
  const opensMs = Math.min(budgetAtMs, Date.now() + BUDGET_LATEST_MS);
  for (const [at, { row }] of messages.entries()) {
    if (verdicts[at]?.kind === "budget") run.putOff.push({ row, opensMs, closesMs: null });
  }
}

/** How much later than now the API sends the last of them. */
function laterMs(messages: readonly DueMessage[]): number {
  const now = performance.now();
  return Math.max(0, ...messages.map(({ kept }) => (kept === null ? 0 : kept.passedAt - now)));
}

/** Of an ordinary claim there are none. */
function withoutSlot(
  messages: readonly DueMessage[],
  result: Extract<ClaimResult, { kind: "rows" }>,
): DueMessage[] {
  return messages.filter((_, at) => result.verdicts[at]?.kind === "no_slot_yet");
}
