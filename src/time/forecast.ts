import type { Speed } from "../core/ramp.ts";
import type { OnMiss } from "../core/send-window.ts";
import type { Opening } from "./openings.ts";
import type { Place } from "./places.ts";
import { MARKETING_HOURS } from "./quiet-hours.ts";
import { createSendTimes, type SendTimes } from "./send-times.ts";

/** What sending to people in several places comes to. */
interface Forecast {
  /** When the first and the last message go out, ms; of none: when one first could. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Messages for which there is no time: they would become `expired`. */
  readonly late: number;
  /** Messages that go out when the clock of their recipient shows 21 to 8 o'clock. */
  readonly atNight: number;
}

/** Nothing is looked at that is further ahead. */
const AHEAD_MS = 370 * 24 * 3_600_000;
const NEVER = Number.POSITIVE_INFINITY;
const ALWAYS: Opening = { fromMs: Number.NEGATIVE_INFINITY, untilMs: NEVER };

/**
 * Sends `people` at this speed from `startMs` on, each in the hours of its place, and counts.
 * While several places are open they share the rate by how many messages each has left, as the
 * rows of a list lie mixed. Pauses, and other campaigns of the number, come on top. `times` is
 * null where there is no window.
 */
export function forecast(input: {
  people: ReadonlyMap<Place, number>;
  times: SendTimes | null;
  onMiss: OnMiss;
  speed: Speed;
  startMs: number;
  endByMs: number | null;
}): Forecast {
  const { people, times, onMiss, speed, startMs, endByMs } = input;
  const endMs = Math.min(endByMs ?? NEVER, startMs + AHEAD_MS);
  const day = createSendTimes(
    { hours: MARKETING_HOURS, timezone: "recipient", onMiss: "next" },
    -1,
  );
  const queues = [...people].map(([place, left]): Queue => ({ place, left, ...CLOSED }));
  let waiting = queues;
  let [nowMs, lastMs, atNight] = [startMs, startMs, 0];
  let firstMs: number | null = null;

  while (nowMs < endMs && waiting.length > 0) {
    let [untilMs, left] = [endMs, 0];
    for (const queue of waiting) {
      if (queue.changesMs <= nowMs)
        Object.assign(queue, stateAt(queue.place, { times, day, nowMs }));
      untilMs = Math.min(untilMs, queue.changesMs);
      if (queue.isOpen) left += queue.left;
    }
    if (left > 0) {
      firstMs ??= nowMs;
      const sinceMs = nowMs - firstMs;
      const takesMs = speed.takesMs(left, sinceMs);
      // All of it, exactly: a remainder left by rounding would never come to an end.
      const share =
        takesMs <= untilMs - nowMs ? 1 : speed.messages(sinceMs, untilMs - firstMs) / left;
      if (share === 1) untilMs = nowMs + takesMs;
      for (const queue of waiting) {
        if (!queue.isOpen) continue;
        if (queue.isNight) atNight += queue.left * share;
        queue.left = share === 1 ? 0 : queue.left - queue.left * share;
      }
      lastMs = untilMs;
    }
    nowMs = untilMs;
    waiting = waiting.filter(
      (queue) => queue.left > 0 && !(onMiss === "skip" && queue.isOpen && queue.closesMs <= nowMs),
    );
  }
  const opensMs = times === null ? startMs : firstOpening(people, times, startMs);
  return {
    firstMs: Math.round(firstMs ?? opensMs),
    lastMs: Math.ceil(firstMs === null ? opensMs : lastMs),
    late: Math.round(queues.reduce((sum, { left }) => sum + left, 0)),
    atNight: Math.round(atNight),
  };
}

/** The messages of one place, and what holds of it until `changesMs`. */
interface Queue extends State {
  readonly place: Place;
  left: number;
}

interface State {
  isOpen: boolean;
  closesMs: number;
  isNight: boolean;
  changesMs: number;
}

const CLOSED: State = { isOpen: false, closesMs: NEVER, isNight: false, changesMs: 0 };

function stateAt(
  place: Place,
  { times, day, nowMs }: { times: SendTimes | null; day: SendTimes; nowMs: number },
): State {
  const opening = times === null ? ALWAYS : times.opening(place, nowMs);
  if (opening === null) return { ...CLOSED, changesMs: NEVER };
  if (opening.fromMs > nowMs) return { ...CLOSED, changesMs: opening.fromMs };
  // Zones far apart may have no daytime in common.
  const daytime = day.opening(place, nowMs) ?? { fromMs: NEVER, untilMs: NEVER };
  const isNight = daytime.fromMs > nowMs;
  return {
    isOpen: true,
    closesMs: opening.untilMs,
    isNight,
    changesMs: Math.min(opening.untilMs, isNight ? daytime.fromMs : daytime.untilMs),
  };
}

function firstOpening(
  people: ReadonlyMap<Place, number>,
  times: SendTimes,
  startMs: number,
): number {
  const found = [...people.keys()].flatMap((place) => times.opening(place, startMs)?.fromMs ?? []);
  return found.length === 0 ? startMs : Math.max(startMs, Math.min(...found));
}
