import { expect, test } from "vitest";
import { contentOf } from "../../src/core/campaign-content.ts";
import { validateCampaign } from "../../src/core/campaign-schema.ts";
import type { Json } from "../../src/core/json.ts";

const LEAST = {
  name: "Spring sale",
  template: { name: "spring_sale", language: { code: "en_US" } },
  category: "marketing",
};

const MOST = {
  ...LEAST,
  number: "second",
  template: {
    ...LEAST.template,
    components: [{ type: "body", parameters: [{ type: "text", text: "{{name|there}}" }] }],
    preview: "Hi {{1}}!",
  },
  recipients: {
    ...{ to: "mobile", country: "PL", numbers: "national", encoding: "windows-1250" },
    ...{
      delimiter: "semicolon",
      maxRejected: 0.05,
      strictValues: true,
      timezone: "tz",
      first: 500,
    },
    ...{ skipUndeliverable: "90d", warnRepeat: "off", skipRepeat: "36h" },
  },
  schedule: {
    window: [
      { days: ["mon", "fri"], from: "09:00", to: "20:30", timezone: "recipient", onMiss: "skip" },
      { from: "22:00:30", to: "24:00", timezone: "recipient", onMiss: "skip" },
    ],
  },
  delivery: {
    ...{ guarantee: "at-least-once", ratePerSecond: 20, priority: "bulk" },
    ...{ retry: { 131049: true }, rampUp: { from: 2, to: 10, over: "90m" } },
  },
  // biome-ignore lint/suspicious/noThenProperty: the name in campaign files
  canary: { size: 20, minDelivered: 0.9, wait: "90s", then: "ask" },
  stopOn: { failureShare: 0.5, sameCode: "off" },
};

function definitionOf(content: Json) {
  const read = validateCampaign(content);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.definition;
}

test.each([
  ["the least", LEAST],
  ["every key", MOST],
  ["a preset of hours", { ...LEAST, schedule: { window: { preset: "quiet-hours" } } }],
  ["nothing that pauses it", { ...LEAST, stopOn: "off" }],
])("a copy of a campaign that says %s says the same", (_, content) => {
  const definition = definitionOf(content as Json);

  expect(definitionOf(contentOf(definition))).toEqual(definition);
});

test("a copy leaves out the list, and times that were meant for that day", () => {
  const { ...once } = definitionOf({
    ...LEAST,
    recipients: { file: "list.csv" },
    schedule: { startAt: "2026-12-01T09:00:00+01:00", endBy: "2026-12-02T09:00:00+01:00" },
  });

  expect(contentOf(once)).toEqual({ ...LEAST, number: "main" });
});
