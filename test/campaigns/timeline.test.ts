import { expect, test } from "vitest";
import {
  POINTS_MAX,
  sentLately,
  type TimelineFacts,
  timelineJson,
  timelineOf,
} from "../../src/campaigns/timeline.ts";
import type { Campaign, CampaignEvent } from "../../src/store/index.ts";

const START = Date.parse("2026-11-29T10:00:00Z");
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const CAMPAIGN = { startedAt: START, finishedAt: null, status: "running" } as Campaign;

function facts(changes: Partial<TimelineFacts>): TimelineFacts {
  return {
    ...{ campaign: CAMPAIGN, sends: null, minutes: [], backoffs: [], events: [] },
    children: [],
    nowMs: START + MINUTE,
    ...changes,
  };
}

/** So many steps one after another, each with so many messages. */
function sends(stepMs: number, counts: readonly number[], allowed = 80) {
  const steps = counts.flatMap((sent, place) =>
    sent === 0 ? [] : [{ atMs: START + place * stepMs, sent, allowed }],
  );
  return { fromMs: START, stepMs, steps };
}

const event = (minute: number, kind: CampaignEvent["kind"], detail = ""): CampaignEvent => ({
  atMs: START + minute * MINUTE,
  kind,
  detail,
});

test("the rate of a step is its messages by its length, and empty steps are left out", () => {
  const { rate } = timelineOf(facts({ sends: sends(SECOND, [80, 76, 0, 40]), nowMs: START + DAY }));

  expect(rate.stepMs).toBe(SECOND);
  expect(rate.points.map(({ used }) => used)).toEqual([80, 76, 40]);
  expect(rate.points.map(({ allowed }) => allowed)).toEqual([80, 80, 80]);
});

test("a step that has not ended yet counts by the time that has passed of it", () => {
  const step = 64 * SECOND;
  const nowMs = START + step + 10 * SECOND;

  const { rate } = timelineOf(facts({ sends: sends(step, [640, 100]), nowMs }));

  expect(rate.points.map(({ used }) => used)).toEqual([10, 10]);
});

test("messages that leave one at a time are shown in steps in which their rate can be seen", () => {
  const slow = Array.from({ length: 180 }, (_, place) => (place % 2 === 0 ? 1 : 0));

  const { rate } = timelineOf(facts({ sends: sends(SECOND, slow, 0.5), nowMs: START + DAY }));

  expect(rate.stepMs).toBeGreaterThan(SECOND);
  expect(Math.max(...rate.points.map(({ used }) => used))).toBeLessThan(0.75);
});

test("weeks of outcomes are at most so many points, whose sums are those of the minutes", () => {
  const minutes = Array.from({ length: 30 * 24 * 12 }, (_, at) => ({
    atMs: START + at * 5 * MINUTE,
    state: at % 2 === 0 ? ("delivered" as const) : ("read" as const),
    count: 3,
  }));

  const { outcomes } = timelineOf(facts({ minutes }));
  const sum = (of: "delivered" | "read") =>
    outcomes.points.reduce((all, point) => all + point[of], 0);

  expect(outcomes.points.length).toBeLessThanOrEqual(POINTS_MAX);
  expect(outcomes.points.length).toBeGreaterThan(100);
  expect([sum("delivered"), sum("read")]).toEqual([12_960, 12_960]);
  expect(timelineOf(facts({ minutes }), 40).outcomes.points.length).toBeLessThanOrEqual(40);
});

test("states that are not outcomes of sending are not in the chart", () => {
  const minutes = [{ atMs: START, state: "cancelled" as const, count: 9 }];

  expect(timelineOf(facts({ minutes })).outcomes.points).toEqual([]);
});

test("a pause lasts until the next event, and a suspension is named as one", () => {
  const events = [
    event(0, "started"),
    event(1, "paused", "operator"),
    event(2, "resumed"),
    event(3, "suspended", "account:131031"),
    event(3, "paused", "account:131031"),
  ];

  const { holds } = timelineOf(facts({ events, nowMs: START + 10 * MINUTE }));

  expect(holds).toEqual([
    {
      kind: "paused",
      number: null,
      fromMs: START + MINUTE,
      untilMs: START + 2 * MINUTE,
      words: "paused: by an operator",
    },
    {
      kind: "suspended",
      number: null,
      fromMs: START + 3 * MINUTE,
      untilMs: null,
      words: "number suspended: account error 131031",
    },
  ]);
});

test("backoffs of the number count only while the campaign was sent", () => {
  const ended = { ...CAMPAIGN, finishedAt: START + 5 * MINUTE };
  const backoff = (from: number, until: number) => ({
    fromMs: START + from * MINUTE,
    untilMs: START + until * MINUTE,
    why: "too_fast" as const,
  });
  const backoffs = [backoff(-9, -8), backoff(-1, 1), backoff(2, 3), backoff(6, 7)];

  const { holds } = timelineOf(facts({ campaign: ended, backoffs }));

  expect(holds.map(({ fromMs, untilMs }) => [fromMs - START, (untilMs ?? 0) - START])).toEqual([
    [0, MINUTE],
    [2 * MINUTE, 3 * MINUTE],
  ]);
  expect(holds[0]?.words).toBe("backoff: API says too fast");
});

test("the rate lately is that of the last half minute, and of the run alone", () => {
  const busy = sends(SECOND, [...Array(60).fill(20)]);
  const now = { nowMs: START + MINUTE, sinceMs: START };

  expect(sentLately(busy, now)).toBeCloseTo(20, 0);
  expect(sentLately(busy, { ...now, nowMs: START + 5 * MINUTE })).toBe(0);
  expect(sentLately(busy, { nowMs: START + MINUTE, sinceMs: START + MINUTE - SECOND })).toBeNull();
  expect(sentLately(null, now)).toBeNull();
});

test("as JSON times are ISO 8601, and nothing is left of an empty timeline but empty lists", () => {
  expect(timelineJson(timelineOf(facts({})))).toEqual({
    rate: { stepSeconds: 0, points: [] },
    outcomes: { stepSeconds: 0, points: [] },
    holds: [],
  });
  const { rate } = timelineJson(timelineOf(facts({ sends: sends(SECOND, [5]) })));
  expect(rate.points).toEqual([{ at: "2026-11-29T10:00:00.000Z", used: 5, allowed: 80 }]);
});
