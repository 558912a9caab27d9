import { isoTime } from "../core/format.ts";
import type { State } from "../core/message.ts";
import { shortPauseWords } from "../export/pause-words.ts";
import type { Backoff, Campaign, CampaignEvent, NumberStore, SendSteps } from "../store/index.ts";
import type { FoundCampaign } from "./find.ts";

/** How a campaign went over time, in at most {@link POINTS_MAX} points each. */
export interface Timeline {
  readonly rate: {
    readonly stepMs: number;
    /** Messages a second; `allowed`: by the rates of the number and the campaign. */
    readonly points: readonly {
      readonly atMs: number;
      readonly used: number;
      readonly allowed: number;
    }[];
  };
  readonly outcomes: {
    readonly stepMs: number;
    /** Rows that entered each state within the step. */
    readonly points: readonly ({ readonly atMs: number } & Readonly<Record<Outcome, number>>)[];
  };
  /** Times in which it could not send, oldest first. */
  readonly holds: readonly Hold[];
}

export interface Hold {
  readonly kind: "backoff" | "paused" | "suspended";
  /** Of a pool: the number that it kept back, while others sent. */
  readonly number: string | null;
  readonly fromMs: number;
  /** May lie ahead for a backoff; null: it lasts. */
  readonly untilMs: number | null;
  readonly words: string;
}

/** The states that charts show. */
export const OUTCOMES = ["accepted", "sent", "delivered", "read", "failed", "unknown"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A campaign may be sent for days, and read for weeks. */
export const POINTS_MAX = 400;
/** With fewer messages in a step its rate jumps up and down. */
const MESSAGES_IN_STEP = 10;
const POINTS_ENOUGH = 60;
const MINUTE_MS = 60_000;

/** Everything a timeline is made of, as it is stored. */
export interface TimelineFacts {
  readonly campaign: Campaign;
  readonly sends: SendSteps | null;
  readonly minutes: readonly {
    readonly atMs: number;
    readonly state: State;
    readonly count: number;
  }[];
  readonly backoffs: readonly Backoff[];
  readonly events: readonly CampaignEvent[];
  /** Of a pool: the same of each of its campaigns. */
  readonly children: readonly TimelineFacts[];
  readonly nowMs: number;
}

export async function readTimeline(found: FoundCampaign): Promise<Timeline> {
  return timelineOf(await readTimelineFacts(found));
}

export async function readTimelineFacts({
  campaign,
  store: { history, campaigns },
  children = [],
}: Pick<FoundCampaign, "campaign" | "children"> & {
  readonly store: Pick<NumberStore, "history" | "campaigns">;
}): Promise<TimelineFacts> {
  const { id } = campaign;
  const [sends, minutes, backoffs, events, ...facts] = await Promise.all([
    history.sends(id),
    campaigns.timeline(id),
    history.backoffs(),
    history.events(id),
    ...children.map(readTimelineFacts),
  ]);
  return { campaign, sends, minutes, backoffs, events, children: facts, nowMs: Date.now() };
}

/** `pointsMax`: fewer for a table than for a chart. */
export function timelineOf(facts: TimelineFacts, pointsMax = POINTS_MAX): Timeline {
  return {
    rate: ratesOf(facts, pointsMax),
    outcomes: outcomesOf(facts, pointsMax),
    holds: holdsOf(facts),
  };
}

function ratesOf({ sends, campaign, nowMs }: TimelineFacts, pointsMax: number): Timeline["rate"] {
  if (sends === null || sends.steps.length === 0) return { stepMs: 0, points: [] };
  const { fromMs, steps } = sends;
  const lastMs = steps.at(-1)?.atMs ?? fromMs;
  // Its last message is granted just before it is finished.
  const endMs = Math.max(
    lastMs + 1_000,
    Math.min(campaign.finishedAt ?? nowMs, lastMs + sends.stepMs),
  );
  const stepMs = rateStep(sends, { spanMs: endMs - fromMs, pointsMax });
  const byStep = new Map<number, { sent: number; allowed: number }>();
  for (const { atMs, sent, allowed } of steps) {
    const place = Math.floor((atMs - fromMs) / stepMs);
    const one = byStep.get(place) ?? { sent: 0, allowed };
    byStep.set(place, { sent: one.sent + sent, allowed: Math.max(one.allowed, allowed) });
  }
  const points = [...byStep].map(([place, { sent, allowed }]) => {
    const atMs = fromMs + place * stepMs;
    const tookMs = Math.min(stepMs, Math.max(1_000, endMs - atMs));
    return { atMs, used: round((sent * 1_000) / tookMs), allowed: round(allowed) };
  });
  return { stepMs, points };
}

/** A multiple of the stored step: not too many points, and enough messages in each. */
function rateStep(
  { stepMs, steps }: SendSteps,
  { spanMs, pointsMax }: { spanMs: number; pointsMax: number },
): number {
  const sent = steps.reduce((sum, one) => sum + one.sent, 0);
  let factor = Math.max(1, Math.ceil(spanMs / stepMs / pointsMax));
  const points = () => spanMs / stepMs / factor;
  while (points() > POINTS_ENOUGH && sent / Math.min(points(), steps.length) < MESSAGES_IN_STEP) {
    factor *= 2;
  }
  return stepMs * factor;
}

/** Steps that people know from clocks, in minutes. */
const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1_440, 2_880, 5_760];

function outcomesOf({ minutes }: TimelineFacts, pointsMax: number): Timeline["outcomes"] {
  const shown = minutes.filter(({ state }) => isOutcome(state));
  const [firstMs, lastMs] = [shown[0]?.atMs ?? 0, shown.at(-1)?.atMs ?? 0];
  const span = (lastMs - firstMs) / MINUTE_MS + 1;
  const step = STEPS_MIN.find((one) => span / one + 1 <= pointsMax) ?? Math.ceil(span / pointsMax);
  const stepMs = step * MINUTE_MS;
  const byStep = new Map<number, Record<Outcome, number>>();
  for (const { atMs, state, count } of shown) {
    const fromMs = Math.floor(atMs / stepMs) * stepMs;
    const counts = byStep.get(fromMs) ?? noOutcomes();
    if (isOutcome(state)) counts[state] += count;
    byStep.set(fromMs, counts);
  }
  const points = [...byStep].map(([atMs, counts]) => ({ atMs, ...counts }));
  return { stepMs: shown.length === 0 ? 0 : stepMs, points };
}

function isOutcome(state: State): state is Outcome {
  return (OUTCOMES as readonly State[]).includes(state);
}

function noOutcomes(): Record<Outcome, number> {
  return Object.fromEntries(OUTCOMES.map((state) => [state, 0])) as Record<Outcome, number>;
}

/** More are rare, and the latest explain what is seen now. */
const HOLDS_MAX = 200;

/** Pauses from its own events, and the backoffs of its number while it was sending. */
function holdsOf(facts: TimelineFacts): readonly Hold[] {
  const { campaign, events, backoffs, children, nowMs } = facts;
  if (children.length > 0) {
    return children
      .flatMap((child) =>
        holdsOf(child).map((one) => {
          const { number } = child.campaign;
          return { ...one, number, words: `${number}: ${one.words}` };
        }),
      )
      .sort((a, b) => a.fromMs - b.fromMs)
      .slice(-HOLDS_MAX);
  }
  const holds: Hold[] = [];
  let since: CampaignEvent | null = null;
  for (const event of events) {
    if (event.kind === "suspended" || event.kind === "released") continue;
    if (since !== null) holds.push(pauseOf(campaign, since, event.atMs));
    since = event.kind === "paused" ? event : null;
  }
  if (since !== null) holds.push(pauseOf(campaign, since, null));
  const fromMs = campaign.startedAt ?? nowMs;
  const untilMs = campaign.finishedAt ?? nowMs;
  for (const one of backoffs) {
    if (one.untilMs < fromMs || one.fromMs > untilMs) continue;
    const words = one.why === "unreachable" ? "API not reachable" : "API says too fast";
    holds.push({
      ...{ kind: "backoff", number: null },
      fromMs: Math.max(one.fromMs, fromMs),
      untilMs: one.untilMs,
      words: `backoff: ${words}`,
    });
  }
  return holds.sort((a, b) => a.fromMs - b.fromMs);
}

function pauseOf(
  campaign: Campaign,
  { atMs, detail }: CampaignEvent,
  untilMs: number | null,
): Hold {
  const [kind] = detail.split(":");
  const isSuspension = kind === "account" || kind === "restricted" || kind === "counters";
  const words = shortPauseWords({ ...campaign, reason: detail, trial: null }, (ms) => isoTime(ms));
  return {
    ...{ kind: isSuspension ? "suspended" : "paused", number: null },
    ...{ fromMs: atMs, untilMs },
    words: `${isSuspension ? "number suspended" : "paused"}: ${words}`,
  };
}

/**
 * Messages a second that it was granted lately; null: not known, because it has just started or was
 * last granted something long ago. `sinceMs`: it runs since then.
 */
export function sentLately(
  sends: SendSteps | null,
  { nowMs, sinceMs }: { readonly nowMs: number; readonly sinceMs: number },
): number | null {
  if (sends === null) return null;
  const fromMs = Math.max(sinceMs, sends.fromMs, nowMs - Math.max(LATELY_MS, 2 * sends.stepMs));
  const lately = sends.steps.filter(({ atMs }) => atMs >= fromMs - sends.stepMs / 2);
  const firstMs = Math.min(fromMs, lately[0]?.atMs ?? fromMs);
  if (nowMs - firstMs < MEASURED_MS) return null;
  return (lately.reduce((sum, { sent }) => sum + sent, 0) * 1_000) / (nowMs - firstMs);
}

const LATELY_MS = 30_000;
const MEASURED_MS = 3_000;

function round(value: number): number {
  return Number(value.toPrecision(4));
}

export function timelineJson({ rate, outcomes, holds }: Timeline) {
  return {
    rate: {
      stepSeconds: rate.stepMs / 1_000,
      points: rate.points.map(({ atMs, ...point }) => ({ at: isoTime(atMs), ...point })),
    },
    outcomes: {
      stepSeconds: outcomes.stepMs / 1_000,
      points: outcomes.points.map(({ atMs, ...point }) => ({ at: isoTime(atMs), ...point })),
    },
    holds: holds.map(({ kind, number, fromMs, untilMs, words }) => ({
      ...{ kind, number, from: isoTime(fromMs), until: isoTime(untilMs), words },
    })),
  };
}
