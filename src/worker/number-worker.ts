import { isSilent, SILENCE_OVER_MS } from "./housekeeping.ts";
import { makeParts, type NumberDeps } from "./number-parts.ts";
import { stopNumber } from "./number-stop.ts";
import { openShift, type Shift } from "./shift.ts";

/**
 * One number in a worker process. It is awake while it has work, or may have: then it dispatches,
 * takes jobs and sweeps. Else it rests, which costs nothing but the looks of the rota (rota.ts).
 */
export interface NumberWorker {
  /** It may have work. */
  wake(): void;
  /** Wakes it if it has work now or soon, and lets it rest if it has had none for a while. */
  look(): Promise<void>;
  /** Does its chores once, if it rests. */
  tidy(): void;
  /** Redis was restarted, or replaced: the next look reports what this process remembers. */
  greetAgain(): void;
  /** Its hash slot is on another node now: opens its queues there, and reports as after a start. */
  moved(): Promise<void>;
  isAwake(): boolean;
  /** Ends in time, whatever the state of Redis. */
  stop(): Promise<void>;
}

/** How long the end of a shift waits for BullMQ. */
const CLOSE_MS = 5_000;

/** Sends one number's messages. Jobs only name a batch; the claim decides what is sent. */
export function createNumberWorker(deps: NumberDeps): NumberWorker {
  const { timings } = deps;
  const parts = makeParts(deps);
  const { sender, store, queues, troubles } = parts;
  let shift: Shift | undefined;
  /** The opening or closing of a shift that is under way. */
  let changing: Promise<void> | undefined;
  let isWanted = false;
  let greetedAt: number | undefined;
  let toldSilenceAt = Number.NEGATIVE_INFINITY;
  let stopping: Promise<void> | undefined;
  let workedAt = Number.NEGATIVE_INFINITY;
  sender.start();

  async function begin(): Promise<void> {
    // An opt-out that was entered while it rested holds before its first claim.
    await store.optOuts.catchUp().catch((error: unknown) => {
      // The list may be on another node. What was reported as done is in this number's copy.
      troubles(error, "opt-outs not caught up; the sweep does it");
    });
    if (stopping === undefined) shift = openShift(parts.shiftContext(() => void look()));
  }

  async function end(): Promise<void> {
    const ended = shift;
    shift = undefined;
    await ended?.close("wait", CLOSE_MS);
    await queues.close();
  }

  function change(to: () => Promise<void>, what: string): void {
    changing ??= to()
      .catch((error: unknown) => troubles(error, `${what} failed; retrying`))
      .finally(() => {
        changing = undefined;
        if (isWanted) wake();
      });
  }

  function wake(): void {
    workedAt = performance.now();
    shift?.wake();
    open();
  }

  function open(): void {
    if (stopping !== undefined) return;
    isWanted = changing !== undefined;
    if (isWanted) return;
    if (shift === undefined) change(begin, "waking a number");
  }

  /** Whether the number is to be awake. */
  async function hasWork(): Promise<boolean> {
    // Before anything happens to its first campaign: only then events are noted.
    if (greetedAt === undefined) await deps.notifier?.register();
    const dueMs = await store.work.dueInMs(parts.outside);
    if (dueMs !== null && dueMs <= 2 * timings.lookEveryMs) return true;
    const now = performance.now();
    if (greetedAt !== undefined && now - greetedAt < timings.greetEveryMs) return false;
    // After a start of Redis workers report what they remember, also of a number without work. And
    // a worker at rest keeps its rate reported, because others may send (lib/rates.lua).
    const { isStopped, opened } = await parts.dispatchOnce();
    if (isStopped) {
      return (await store.rollback.read()) !== undefined || (await store.rollback.isStranger());
    }
    greetedAt = now;
    // Their jobs are added by its first sweep.
    if (opened.length > 0) return true;
    // The webhooks of what was sent before it came to rest may never have arrived.
    if (now - toldSilenceAt < SILENCE_OVER_MS || !(await isSilent(store))) return false;
    toldSilenceAt = now;
    return true;
  }

  let looking: Promise<void> | undefined;
  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => (looking = undefined));
    return looking;
  }

  async function lookOnce(): Promise<void> {
    if (stopping !== undefined || deps.isAway()) return;
    try {
      if (await hasWork()) {
        workedAt = performance.now();
        open();
      } else if (performance.now() - workedAt >= timings.restAfterMs && parts.isQuiet()) {
        if (shift !== undefined && !isWanted) change(end, "resting a number");
      }
    } catch (error) {
      troubles(error, "looking for work failed; retrying");
    }
  }

  return {
    wake,
    look,
    tidy: open,
    greetAgain(): void {
      greetedAt = undefined;
    },
    isAwake: () => shift !== undefined,
    async moved(): Promise<void> {
      greetedAt = undefined;
      await changing;
      const wasAwake = shift !== undefined;
      change(end, "moving a number");
      await changing;
      if (wasAwake) wake();
    },
    stop(): Promise<void> {
      stopping ??= stopNumber({ ...parts, client: deps.queueClient(), shift, changing });
      return stopping;
    },
  };
}
