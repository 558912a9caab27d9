import type { ClaimGate } from "../store/index.ts";
import type { BatchRun, DueMessage } from "./batch-run.ts";
import { boundedWait, type ClaimWindow, FIRST_WINDOW, modeOf, nextWindow } from "./claim-window.ts";
import type { Deliver, Delivered } from "./deliver.ts";
import type { Flight } from "./flight.ts";
import type { Signal } from "./signal.ts";
import { type CampaignTurn, createTurns, type Turns } from "./turns.ts";

const REDIS_TROUBLE_MS = 500;

/** Gates that end a run: the batch goes back to `ready`, and dispatch opens it again later. */
const ENDING_GATES: ReadonlySet<ClaimGate> = new Set<ClaimGate>([
  "rollback",
  "gone",
  "mode",
  "sender",
  "closed",
  "paused",
  "ended",
  "suspended",
]);

/** How long a run that waits for its campaign's own pace keeps its place when others wait. */
const PLACE_KEPT_MS = 1_000;

/** The state of one sender. */
interface Sending {
  readonly deliver: Deliver;
  readonly flight: Flight;
  readonly turns: Turns;
  /** Raised when there may be room or something to claim. */
  readonly wanted: Signal;
  /** Claims under way: each ends when it is answered or given up. */
  readonly claims: Set<Promise<void>>;
  /** Messages in them. */
  claiming: number;
  window: ClaimWindow;
  /** Messages a run may be granted before it makes room; null if no campaign waits for room. */
  share: number | null;
  stopped: boolean;
}

/**
 * Sends the open batches of one number from this process, at the number's pace.
 *
 * One loop takes the campaign whose turn it is and claims some of its messages; the claim decides
 * which may go and when, and how long to wait before the next one (claim-window.ts). A message is
 * in exactly one place: `waiting` in its run, or in `deliver`. One without a send time goes back to
 * the head of `waiting`; a run is finished when both are empty.
 *
 * While more campaigns have work than batches can be open (`share`), a run makes room once its
 * share of messages is granted: its batch goes back to `ready` with the rest. With 80 campaigns at
 * 10 a second the share is one message, so each campaign is served every 8 s and none waits for a
 * whole batch of another.
 */
export function createSender(input: Pick<Sending, "deliver" | "flight" | "wanted">) {
  const sending: Sending = {
    ...input,
    turns: createTurns(),
    claims: new Set(),
    claiming: 0,
    window: FIRST_WINDOW,
    share: null,
    stopped: false,
  };
  const { turns, wanted } = sending;
  let loop: Promise<void> | undefined;

  return {
    /** Sends a loaded batch. Calls `run.finish` when nothing is left to claim. */
    add(run: BatchRun): void {
      turns.add(run);
      finishIfEmpty(sending, run);
      wanted.raise();
    },

    /**
     * Other campaigns wait for room: a run ends after `messages` granted ones. Null: none waits,
     * and a run sends its whole batch.
     */
    share(messages: number | null): void {
      sending.share = messages;
      if (messages !== null) for (const run of turns.runs()) finishIfEmpty(sending, run);
    },

    start(): void {
      loop ??= claimInTurn(sending);
    },

    /**
     * Stops claiming: every run is finished as it is. Granted messages are not affected. Resolves
     * when no claim is under way, which takes seconds while Redis does not answer.
     */
    async stop(): Promise<void> {
      sending.stopped = true;
      for (const run of turns.runs()) finishIfEmpty(sending, run);
      wanted.raise();
      await loop;
      await Promise.all(sending.claims);
    },
  };
}

export type Sender = ReturnType<typeof createSender>;

async function claimInTurn(sending: Sending): Promise<void> {
  const { turns, wanted } = sending;
  while (!sending.stopped) {
    const { window } = sending;
    const now = performance.now();
    const turn = turns.next(now);
    if (turn === undefined || isBusy(sending)) await wanted.wait();
    else if (modeOf(window, now) === "held back") await wanted.wait(window.notBefore - now);
    else if ("at" in turn) await wanted.wait(turn.at - now);
    else claimFor(sending, turn);
  }
}

/**
 * A claim costs as much as its first eight rows, so one that there is no full room for waits until
 * no other is under way: meanwhile more messages land.
 */
function isBusy(sending: Sending): boolean {
  const { claims, window } = sending;
  if (claims.size >= window.claimsMax || room(sending) <= 0) return true;
  return claims.size > 0 && room(sending) < window.rowsMax;
}

/** How many more messages may be claimed: those in claims under way need a place on the wire. */
function room({ flight, claiming }: Sending): number {
  return flight.free() - claiming;
}

function claimFor(sending: Sending, turn: CampaignTurn): void {
  const { deliver, wanted, window } = sending;
  const run = turn.runs.find((one) => one.waiting.length > 0);
  if (run === undefined) return;
  const left = (sending.share ?? Number.POSITIVE_INFINITY) - run.granted - run.claiming;
  const most = Math.min(window.rowsMax, room(sending), left);
  const messages = run.waiting.splice(0, Math.max(1, most));
  turn.pass += messages.length / turn.weight;
  run.claiming += messages.length;
  sending.claiming += messages.length;
  const claim = deliver(run, messages).then((delivered) => {
    sending.claims.delete(claim);
    run.claiming -= messages.length;
    sending.claiming -= messages.length;
    settle(sending, { run, messages, delivered });
    wanted.raise();
  });
  sending.claims.add(claim);
}

function settle(
  sending: Sending,
  claim: { run: BatchRun; messages: readonly DueMessage[]; delivered: Delivered },
): void {
  const { run, messages, delivered } = claim;
  const turn = sending.turns.of(run.campaign.id);
  const now = performance.now();
  if (delivered.kind === "claimed") {
    const { again, waitMs, waits } = delivered;
    takeBack(run, turn, again);
    const granted = messages.length - again.length;
    run.granted += granted;
    sending.window = nextWindow(sending.window, { kind: "claimed", granted, waits, waitMs }, now);
    if (waits === "campaign" && turn !== undefined) turn.notBefore = now + boundedWait(waitMs);
  } else if (delivered.kind === "redis_trouble") {
    // The ledger has them: a later run of the batch finds them.
    holdBack(sending, REDIS_TROUBLE_MS, now);
  } else if (delivered.gate === "run") {
    run.waiting.length = 0;
  } else if (ENDING_GATES.has(delivered.gate)) {
    for (const one of [...(turn?.runs ?? [])]) {
      one.waiting.length = 0;
      finishIfEmpty(sending, one);
    }
  } else {
    takeBack(run, turn, messages);
    if (delivered.gate === "cap") sending.flight.capped(delivered.waitMs);
    holdBack(sending, delivered.waitMs, now);
  }
  finishIfEmpty(sending, run);
}

function holdBack(sending: Sending, waitMs: number, now: number): void {
  sending.window = nextWindow(sending.window, { kind: "wait", waitMs }, now);
}

/** Messages without a send time come next, and cost their campaign no turn. */
function takeBack(
  run: BatchRun,
  turn: CampaignTurn | undefined,
  messages: readonly DueMessage[],
): void {
  run.waiting.unshift(...messages);
  if (turn !== undefined) turn.pass -= messages.length / turn.weight;
}

function finishIfEmpty(sending: Sending, run: BatchRun): void {
  const isOver = performance.now() >= run.endsAt;
  if (sending.stopped || isOver || makesRoom(sending, run)) run.waiting.length = 0;
  if (run.waiting.length > 0 || run.claiming > 0) return;
  if (sending.turns.remove(run)) run.finish();
}

function makesRoom({ share, turns }: Sending, run: BatchRun): boolean {
  if (share === null) return false;
  if (run.granted >= share) return true;
  const now = performance.now();
  const isHeldBack = (turns.of(run.campaign.id)?.notBefore ?? 0) > now;
  return isHeldBack && now - run.beganAt > PLACE_KEPT_MS;
}
