import { expect, test } from "vitest";
import { validateCampaign } from "../../../src/core/campaign-schema.ts";
import type { Json } from "../../../src/core/json.ts";
import { outlookOf } from "../../../src/producer/preflight/outlook.ts";
import type { Place } from "../../../src/time/places.ts";
import { createSendTimes } from "../../../src/time/send-times.ts";

const WARSAW: Place = { country: "PL", zones: ["Europe/Warsaw"] };
const NOW = Date.parse("2026-12-01T05:30:00Z");
const WINDOW = { from: "09:00", to: "17:00", timezone: "recipient" };

function outlook(
  schedule: Json,
  input: { ratePerSecond: number; nowMs: number } | null = { ratePerSecond: 2, nowMs: NOW },
) {
  const read = validateCampaign({
    name: "Bills",
    template: { name: "bill", language: { code: "en" } },
    category: "utility",
    schedule,
  });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { definition } = read;
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
