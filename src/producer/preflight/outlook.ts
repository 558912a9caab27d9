import type { CampaignDefinition } from "../../core/campaign.ts";
import { delegatedTo } from "../../core/delegate.ts";
import { speedOf } from "../../core/ramp.ts";
import { forecast } from "../../time/forecast.ts";
import type { Place } from "../../time/places.ts";
import type { SendTimes } from "../../time/send-times.ts";
import { type Estimate, estimateSending, startsAt } from "./estimate.ts";
import { type WindowReport, windowReport } from "./window-report.ts";

/** When the messages of a list will be sent. */
interface Outlook {
  /** Null if the rate is not known. */
  readonly estimate: Estimate | null;
  /** Absent if they may be sent at any time. */
  readonly window?: WindowReport;
  /** How many are sent between 21 and 8 o'clock of their recipient's time. */
  readonly atNight: number;
}

/** By then the API has all messages. */
const AT_ONCE = speedOf(null, 1e6);

/**
 * `people`: of the rows to be sent, by place; `going`: those of them that go at first; `messages`:
 * how many these are.
 */
export function outlookOf(
  { definition, times }: { definition: CampaignDefinition; times: SendTimes | null },
  list: {
    people: ReadonlyMap<Place, number>;
    going: ReadonlyMap<Place, number>;
    messages: number;
    input: { ratePerSecond: number; nowMs: number } | null;
  },
): Outlook {
  const { people, going, messages, input } = list;
  const { schedule, delivery } = definition;
  const { endByMs } = schedule;
  const written = schedule.window ?? null;
  const startMs = startsAt(schedule, input?.nowMs ?? Date.now());
  const window =
    written === null || times === null
      ? {}
      : { window: windowReport(written, { people, times, startMs }) };
  if (input === null) return { estimate: null, ...window, atNight: 0 };
  const rampUp = delivery.rampUp ?? null;
  const ratePerSecond = Math.min(
    input.ratePerSecond,
    delivery.ratePerSecond ?? Number.POSITIVE_INFINITY,
    rampUp?.to ?? Number.POSITIVE_INFINITY,
  );
  const onMiss = written?.onMiss ?? "next";
  const sendsAtMs = delegatedTo(schedule);
  const ahead = forecast(
    sendsAtMs === null
      ? { people: going, times, onMiss, speed: speedOf(rampUp, ratePerSecond), startMs, endByMs }
      : { people: going, times, onMiss, speed: AT_ONCE, startMs: sendsAtMs, endByMs: null },
  );
  const { atNight } = ahead;
  if (times === null) {
    const { nowMs } = input;
    // Without a window the estimate is plain arithmetic.
    const estimate = estimateSending({ messages, ratePerSecond, rampUp, nowMs, ...schedule });
    return { estimate, atNight };
  }
  const estimate = {
    seconds: Math.ceil((ahead.lastMs - ahead.firstMs) / 1_000),
    startsAt: new Date(ahead.firstMs).toISOString(),
    endsAt: new Date(ahead.lastMs).toISOString(),
    ratePerSecond,
    endBy: endByMs === null ? null : new Date(endByMs).toISOString(),
    late: ahead.late,
  };
  return { estimate, ...window, atNight };
}
