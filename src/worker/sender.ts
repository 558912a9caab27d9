import type { ClaimGate } from "../store/index.ts";
import type { BatchRun, DueMessage } from "./batch-run.ts";
import type { Deliver, Delivered } from "./deliver.ts";
import type { Flight } from "./flight.ts";
import { createSignal } from "./signal.ts";
import { type CampaignTurn, createTurns } from "./turns.ts";

/** Most rows in one claim: one script call stays at a few milliseconds. */
const CLAIM_ROWS_MAX = 64;
/** Claims under way at once: while one travels, the next is made up. */
const CLAIMS_MAX = 8;
/** Asking again sooner is no use: timers are no finer. */
const ASK_AGAIN_MS = 1;
/** Nor is any wait longer than this: a rate or a hold may be changed by a person meanwhile. */
const ASK_LATEST_MS = 500;
const REDIS_TROUBLE_MS = 500;

/** Gates that end a run: the batch goes back to `ready`, and dispatch opens it when it may go on. */
const ENDING_GATES: ReadonlySet<ClaimGate> = new Set<ClaimGate>([
  "rollback",
  "gone",
  "mode",
  "sender",
  "closed",
  "paused",
  "ended",
  "halt",
]);

/** A run whose campaign waits for a pace of its own keeps its place for so long, when others wait. */
const PLACE_KEPT_MS = 1_000;

/**
 * Sends the open batches of one number from this process, at the number's pace.
 *
 * One loop takes the campaign whose turn it is and claims some of its messages; the claim says
 * which may go, when, and how long asking again is no use. A message is in exactly one place:
 * `waiting` in its run, or with `deliver`; one that got no slot goes back to the head of `waiting`,
 * and a run is finished when it has neither.
 *
 * While more campaigns have work than batches can be open (`share`), a run makes room once its share
 * of messages is granted: its batch goes back to `ready` with the rest. With 80 campaigns at 10 a
 * second the share is one message, so each campaign is served every 8 s; none waits for a whole
 * batch of another.
 */
export function createSender(input: { deliver: Deliver; flight: Flight }) {
  const { deliver, flight } = input;
  const turns = createTurns();
  const wanted = createSignal();
  let claims = 0;
  /** While the rate is what limits, more claims, or bigger ones, would only be told to wait. */
  let claimsMax = 1;
  let rowsMax = 1;
  /** `performance.now()` before which no campaign of the number gets a slot. */
  let numberNotBefore = 0;
  /** How many messages a run may be granted before it makes room; null: no campaign waits for it. */
  let share: number | null = null;
  let stopped = false;
  let loop: Promise<void> | undefined;

  async function claimLoop(): Promise<void> {
    while (!stopped) {
      const now = performance.now();
      const turn = turns.next(now);
      const busy = claims >= claimsMax || flight.free() <= 0;
      if (turn === undefined || busy) await wanted.wait();
      else if (numberNotBefore > now) await wanted.wait(numberNotBefore - now);
      else if ("at" in turn) await wanted.wait(turn.at - now);
      else claimFor(turn);
    }
  }

  function claimFor(turn: CampaignTurn): void {
    const run = turn.runs.find((one) => one.waiting.length > 0);
    if (run === undefined) return;
    const left = (share ?? Number.POSITIVE_INFINITY) - run.granted - run.claiming;
    const most = Math.min(rowsMax, flight.free(), left);
    const messages = run.waiting.splice(0, Math.max(1, most));
    turn.pass += messages.length / turn.weight;
    run.claiming += messages.length;
    claims++;
    void deliver(run, messages).then((delivered) => {
      claims--;
      run.claiming -= messages.length;
      settle(run, messages, delivered);
      wanted.raise();
    });
  }

  function settle(run: BatchRun, messages: readonly DueMessage[], delivered: Delivered): void {
    const turn = turns.of(run.campaign.id);
    if (delivered.kind === "claimed") {
      const { again, waitMs, waits } = delivered;
      run.waiting.unshift(...again);
      claimsMax = waits === "" ? CLAIMS_MAX : 1;
      const granted = messages.length - again.length;
      run.granted += granted;
      rowsMax = waits === "" ? Math.min(CLAIM_ROWS_MAX, rowsMax * 2) : granted + 1;
      if (turn !== undefined) turn.pass -= again.length / turn.weight;
      if (waits === "number") putOffNumber(waitMs);
      if (waits === "campaign") putOff(turn, waitMs);
    } else if (delivered.kind === "redis_trouble") {
      putOffNumber(REDIS_TROUBLE_MS);
    } else if (delivered.gate === "run") {
      run.waiting.length = 0;
    } else if (ENDING_GATES.has(delivered.gate)) {
      for (const one of [...(turn?.runs ?? [])]) {
        one.waiting.length = 0;
        finishIfEmpty(one);
      }
    } else {
      run.waiting.unshift(...messages);
      if (turn !== undefined) turn.pass -= messages.length / turn.weight;
      if (delivered.gate === "cap") flight.capped(delivered.waitMs);
      putOffNumber(delivered.waitMs);
    }
    finishIfEmpty(run);
  }

  function putOff(turn: CampaignTurn | undefined, waitMs: number): void {
    if (turn === undefined) return;
    turn.notBefore = performance.now() + bounded(waitMs);
  }

  function putOffNumber(waitMs: number): void {
    numberNotBefore = performance.now() + bounded(waitMs);
  }

  function finishIfEmpty(run: BatchRun): void {
    if (stopped || makesRoom(run)) run.waiting.length = 0;
    if (run.waiting.length > 0 || run.claiming > 0) return;
    turns.remove(run);
    run.finish();
  }

  function makesRoom(run: BatchRun): boolean {
    if (share === null) return false;
    if (run.granted >= share) return true;
    const now = performance.now();
    const isHeldBack = (turns.of(run.campaign.id)?.notBefore ?? 0) > now;
    return isHeldBack && now - run.beganAt > PLACE_KEPT_MS;
  }

  return {
    /** Sends a loaded batch. `run.finish` is called when nothing of it is left to claim. */
    add(run: BatchRun): void {
      turns.add(run);
      finishIfEmpty(run);
      wanted.raise();
    },

    /**
     * Other campaigns wait for room: from now on a run ends after `messages` granted ones. Null:
     * none waits, and a run sends all its batch has.
     */
    share(messages: number | null): void {
      share = messages;
      if (share !== null) for (const run of turns.runs()) finishIfEmpty(run);
    },

    /** There may be room for more, or time for another claim. */
    wake: wanted.raise,

    start(): void {
      loop ??= claimLoop();
    },

    /** Claims nothing more: every run is finished as it is. What was granted is not touched. */
    async stop(): Promise<void> {
      stopped = true;
      for (const run of turns.runs()) finishIfEmpty(run);
      wanted.raise();
      await loop;
    },
  };
}

export type Sender = ReturnType<typeof createSender>;

function bounded(waitMs: number): number {
  return Math.min(ASK_LATEST_MS, Math.max(ASK_AGAIN_MS, waitMs));
}
