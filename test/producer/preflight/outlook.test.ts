import { expect, test } from "vitest";
import type { CampaignDefinition } from "../../../src/core/campaign.ts";
import { validateCampaign } from "../../../src/core/campaign-schema.ts";
import type { Json } from "../../../src/core/json.ts";
import { outlookOf } from "../../../src/producer/preflight/outlook.ts";
import { windowReport } from "../../../src/producer/preflight/window-report.ts";
import type { Place } from "../../../src/time/places.ts";
import { createSendTimes } from "../../../src/time/send-times.ts";

const WARSAW: Place = { country: "PL", zones: ["Europe/Warsaw"] };
const NOW = Date.parse("2026-12-01T05:30:00Z");
const WINDOW = { from: "09:00", to: "17:00", timezone: "recipient" };

function definitionOf(schedule: Json, delivery: Json = {}): CampaignDefinition {
  const read = validateCampaign({
    name: "Bills",
    template: { name: "bill", language: { code: "en" } },
    category: "utility",
    ...{ schedule, delivery },
  });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.definition;
}

function outlook(
  schedule: Json,
  input: { ratePerSecond: number; nowMs: number } | null = { ratePerSecond: 2, nowMs: NOW },
  delivery: Json = {},
) {
  const definition = definitionOf(schedule, delivery);
  const { window } = definition.schedule;
  const times = window == null ? null : createSendTimes(window, -1);
  const people = new Map([[WARSAW, 600]]);
  return outlookOf({ definition, times }, { people, going: people, messages: 600, input });
}

test("under a window sending takes the time from its first message to its last", () => {
  const { estimate } = outlook({ window: WINDOW });

  // 9 o'clock in Warsaw is 8 UTC.
  expect(estimate).toEqual({
    seconds: 300,
    startsAt: "2026-12-01T08:00:00.000Z",
    endsAt: "2026-12-01T08:05:00.000Z",
    ratePerSecond: 2,
    endBy: null,
    late: 0,
  });
});

test("the hours closed between two openings count as well", () => {
  const { estimate } = outlook({ window: { ...WINDOW, to: "09:02" } });

  // 240 messages in each opening of two minutes: the last 120 leave on the third day.
  expect(estimate).toMatchObject({ seconds: 2 * 86_400 + 60, endsAt: "2026-12-03T08:01:00.000Z" });
});

test("the places of a list are told with a window, and only then", () => {
  expect(outlook({ window: WINDOW }).window?.places).toMatchObject([
    { country: "PL", people: 600 },
  ]);
  expect(outlook({})).not.toHaveProperty("window");
});

test("without a known rate there is no estimate, and no message is called one at night", () => {
  const unknown = outlook({ window: WINDOW }, null);

  expect(unknown).toMatchObject({ estimate: null, atNight: 0 });
  expect(unknown.window?.places).toHaveLength(1);
});

test.each<[Json, number]>([
  [{}, 2],
  [{ ratePerSecond: 1 }, 1],
  [{ ratePerSecond: 5 }, 2],
  [{ rampUp: { from: 0.5, to: 1.5, over: "1m" } }, 1.5],
  [{ rampUp: { from: 0.5, over: "1m" } }, 2],
])("the slowest rate holds, with %j at 2 a second: %d", (delivery, rate) => {
  const input = { ratePerSecond: 2, nowMs: NOW };

  expect(outlook({}, input, delivery).estimate?.ratePerSecond).toBe(rate);
  expect(outlook({ window: WINDOW }, input, delivery).estimate?.ratePerSecond).toBe(rate);
});

test("a rate that grows takes longer, with and without a window", () => {
  const input = { ratePerSecond: 2, nowMs: NOW };
  // 60 messages in its minute, the other 540 at 1.5 a second.
  const delivery = { rampUp: { from: 0.5, to: 1.5, over: "1m" } };

  expect(outlook({}, input, delivery).estimate?.seconds).toBe(420);
  expect(outlook({ window: WINDOW }, input, delivery).estimate?.seconds).toBe(420);
});

test("what does not fit its hours is late under onMiss: skip, and so is what endBy cuts off", () => {
  const short = { ...WINDOW, to: "09:02" };
  const endBy = "2026-12-02T08:01:00Z";

  // 240 messages in each opening of two minutes.
  expect(outlook({ window: { ...short, onMiss: "skip" } }).estimate).toMatchObject({
    ...{ late: 360, endBy: null, endsAt: "2026-12-01T08:02:00.000Z" },
  });
  expect(outlook({ window: short, endBy }).estimate).toMatchObject({
    ...{ late: 240, endBy: "2026-12-02T08:01:00.000Z", seconds: 86_460 },
  });
});

test("the hours of a list count from when it starts, and are told by place, most people first", () => {
  const { window } = outlook({ window: { ...WINDOW, days: ["mon", "tue"], to: "17:30" } });
  const later = outlook({ window: WINDOW, startAt: "2026-12-01T17:00:00Z" }).window;

  expect(window).toEqual({
    hours: "mon, tue 09:00-17:30",
    ...{ timezone: "recipient", onMiss: "next", startsAt: "2026-12-01T05:30:00.000Z" },
    places: [
      {
        ...{ country: "PL", zones: ["Europe/Warsaw"], people: 600 },
        ...{ opensAt: "2026-12-01T08:00:00.000Z", closesAt: "2026-12-01T16:30:00.000Z" },
      },
    ],
  });
  expect(later?.startsAt).toBe("2026-12-01T17:00:00.000Z");
  expect(later?.places[0]?.opensAt).toBe("2026-12-02T08:00:00.000Z");
  expect(outlook({ window: { preset: "quiet-hours" } }).window?.hours).toBe("quiet-hours");
});

test("a place whose zones share no hours never opens, and fewer people come later", () => {
  const never: Place = { country: "US", zones: ["Pacific/Kiritimati", "Pacific/Pago_Pago"] };
  const { window } = definitionOf({ window: { ...WINDOW, to: "09:05" } }).schedule;
  if (window == null) throw new Error("no window");
  const people = new Map([
    [never, 1],
    [WARSAW, 2],
    [{ country: "DE", zones: ["Europe/Berlin"] }, 3],
  ]);

  const { places } = windowReport(window, {
    ...{ people, times: createSendTimes(window, -1), startMs: NOW },
  });

  expect(places.map(({ country, people: count }) => [country, count])).toEqual([
    ["DE", 3],
    ["PL", 2],
    ["US", 1],
  ]);
  expect(places[2]).toMatchObject({ opensAt: null, closesAt: null });
});

test("messages that the API delays are night messages by the time that it is given", () => {
  const night = "2026-12-01T23:00:00Z";

  expect(outlook({ startAt: night, delegate: true }).atNight).toBe(600);
  expect(outlook({ startAt: "2026-12-02T11:00:00Z", delegate: true }).atNight).toBe(0);
  expect(outlook({ startAt: "2026-12-02T11:00:00Z", delegate: true }).estimate).toMatchObject({
    ...{ startsAt: "2026-12-01T05:30:00.000Z", seconds: 300 },
  });
});
