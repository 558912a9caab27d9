import { MAGIC_RECIPIENTS } from "./magic.ts";
import { ANSWER_SHAPES, type AnswerShape, type SandboxSettings } from "./options.ts";
import {
  type AnswerOutcome,
  DELIVERED,
  failedWith,
  NO_WEBHOOK_FAULTS,
  type Outcome,
  READ,
  refusedWith,
  SENT,
  type StatusStep,
  SUCCESS,
  type WebhookFaults,
} from "./outcome.ts";
import { draw } from "./random.ts";

const TO_READ = [SENT, DELIVERED, READ];
const TO_DELIVERED = [SENT, DELIVERED];

/** Each decision has its own stream of draws, so that one knob does not affect the others. */
export const PURPOSE = {
  answer: 0,
  shape: 1,
  held: 2,
  failure: 3,
  failureAfterSent: 4,
  read: 5,
  beforeAnswer: 6,
  duplicate: 7,
  outOfOrder: 8,
  late: 9,
  lost: 10,
  foreign: 11,
  latency: 12,
  lateness: 13,
  firstDelay: 16,
} as const;

/**
 * Compiles the knobs into a function that decides the outcome of one POST. Deterministic: `state`
 * comes from the seed and the recipient (see random.ts). A magic recipient overrides every knob.
 */
export function createDecider(
  settings: SandboxSettings,
): (to: string, nth: number, state: number) => Outcome {
  const answers = bandsOf(answerShares(settings));
  const failures = bandsOf(
    Object.entries(settings.failStatusCodes).map(([code, share]) => [share, Number(code)]),
  );
  const magic = new Map(
    settings.magic === "on" ? MAGIC_RECIPIENTS.map((row) => [row.ending, row.outcome]) : [],
  );
  const noWebhookFaults = hasNoWebhookFaults(settings);
  const endingLength = MAGIC_RECIPIENTS[0]?.ending.length ?? 0;

  return (to, nth, state) => {
    const shape = shapeOf(settings, state);
    const forced = magic.get(to.slice(-endingLength));
    if (forced !== undefined) {
      return {
        ...SUCCESS,
        shape,
        held: false,
        statuses: TO_READ,
        webhooks: NO_WEBHOOK_FAULTS,
        ...forced(nth),
      };
    }
    const answer = pick(answers, state, PURPOSE.answer) ?? SUCCESS;
    return {
      fault: answer.fault,
      accepted: answer.accepted,
      answer: answer.answer,
      code: answer.code,
      shape,
      held: isHit(settings.heldShare, state, PURPOSE.held),
      statuses: statusesOf(settings, pick(failures, state, PURPOSE.failure), state),
      webhooks: noWebhookFaults ? NO_WEBHOOK_FAULTS : webhookFaults(settings, state),
    };
  };
}

/** Every fault of the answer with its share of all POSTs. */
function answerShares(settings: SandboxSettings): [number, AnswerOutcome][] {
  const ambiguous = (
    fault: string,
    accepted: boolean,
    answer: Outcome["answer"],
    share: number,
  ): [number, AnswerOutcome] => [share, { fault, accepted, answer, code: 0 }];
  return [
    [
      settings.reject429,
      { fault: "reject-429", accepted: false, answer: "too_many_requests", code: 0 },
    ],
    ...Object.entries(settings.errorCodes).map(([code, share]): [number, AnswerOutcome] => [
      share,
      refusedWith(Number(code)),
    ]),
    ambiguous("accept-then-500", true, "error_500", settings.acceptThen500),
    ambiguous("accept-then-reset", true, "reset", settings.acceptThenReset),
    ambiguous("hang", true, "hang", settings.hang),
    ambiguous("cut-answer", true, "cut", settings.cutAnswer),
    ambiguous("drop-then-500", false, "error_500", settings.dropThen500),
    ambiguous("drop-then-reset", false, "reset", settings.dropThenReset),
    ambiguous("drop-then-hang", false, "hang", settings.dropThenHang),
  ];
}

interface Band<T> {
  readonly upTo: number;
  readonly value: T;
}

/** Cumulative shares, so that one draw picks among exclusive outcomes. */
function bandsOf<T>(shares: readonly (readonly [number, T])[]): Band<T>[] {
  let upTo = 0;
  return shares
    .filter(([share]) => share > 0)
    .map(([share, value]) => {
      upTo += share;
      return { upTo, value };
    });
}

function pick<T>(bands: readonly Band<T>[], state: number, purpose: number): T | undefined {
  if (bands.length === 0) return undefined;
  const at = draw(state, purpose);
  return bands.find((band) => at < band.upTo)?.value;
}

function shapeOf(settings: SandboxSettings, state: number): AnswerShape {
  if (settings.answerShape !== "mixed") return settings.answerShape;
  return ANSWER_SHAPES[Math.floor(draw(state, PURPOSE.shape) * ANSWER_SHAPES.length)] ?? "meta";
}

function statusesOf(
  settings: SandboxSettings,
  failCode: number | undefined,
  state: number,
): readonly StatusStep[] {
  if (failCode !== undefined) {
    const failed = failedWith(failCode);
    return draw(state, PURPOSE.failureAfterSent) < 0.5 ? [SENT, failed] : [failed];
  }
  return isHit(settings.readShare, state, PURPOSE.read) ? TO_READ : TO_DELIVERED;
}

/** Whether no knob affects the webhooks, which saves their draws. */
function hasNoWebhookFaults(settings: SandboxSettings): boolean {
  return (
    settings.webhookBeforeAnswer +
      settings.webhookDuplicate +
      settings.webhookOutOfOrder +
      settings.webhookLate +
      settings.webhookLost +
      settings.webhookForeign ===
    0
  );
}

function webhookFaults(settings: SandboxSettings, state: number): WebhookFaults {
  return {
    beforeAnswer: isHit(settings.webhookBeforeAnswer, state, PURPOSE.beforeAnswer),
    duplicate: isHit(settings.webhookDuplicate, state, PURPOSE.duplicate),
    outOfOrder: isHit(settings.webhookOutOfOrder, state, PURPOSE.outOfOrder),
    late: isHit(settings.webhookLate, state, PURPOSE.late),
    lost: isHit(settings.webhookLost, state, PURPOSE.lost),
    foreign: isHit(settings.webhookForeign, state, PURPOSE.foreign),
  };
}

function isHit(share: number, state: number, purpose: number): boolean {
  return share > 0 && draw(state, purpose) < share;
}
