import { describe, expect, test } from "vitest";
import { parseCampaign } from "../../src/config/campaign-file.ts";
import { message, SMALLEST } from "./refused-campaign.ts";

describe("a campaign file that is right", () => {
  test("has every default filled in", () => {
    expect(parseCampaign(SMALLEST, "c.yaml")).toEqual({
      ok: true,
      value: {
        name: "Spring sale",
        number: "main",
        template: { name: "spring_sale", language: { code: "en_US" } },
        preview: null,
        category: "marketing",
        recipients: {
          file: null,
          to: null,
          country: null,
          numbers: null,
          encoding: null,
          maxRejected: 0.2,
          strictValues: false,
          skipUndeliverableMs: null,
          warnRepeatMs: 7 * 24 * 3_600_000,
          skipRepeatMs: null,
          timezone: null,
          first: null,
        },
        canary: null,
        schedule: { startAtMs: null, endByMs: null, window: null, delegate: false },
        delivery: {
          ...{ guarantee: "at-most-once", ratePerSecond: null, rampUp: null, priority: "normal" },
          retry: [],
        },
        stopOn: { failureShare: 0.3, sample: 50, sameCode: 20, category: 3 },
      },
    });
  });

  test("says what pauses it by itself: other limits, some off, or all off", () => {
    const stopOn = (line: string): unknown => {
      const read = parseCampaign(`${SMALLEST}stopOn: ${line}\n`, "c.yaml");
      return read.ok ? read.value.stopOn : read.refusal.message;
    };
    const usual = { failureShare: 0.3, sample: 50, sameCode: 20, category: 3 };
    expect(stopOn("{ failureShare: 1, sample: 10, category: off }")).toEqual({
      ...usual,
      failureShare: 1,
      sample: 10,
      category: null,
    });
    expect(stopOn("{ sameCode: 5, failureShare: false }")).toEqual({
      ...usual,
      failureShare: null,
      sameCode: 5,
    });
    for (const line of ["off", "false"]) {
      expect(stopOn(line)).toEqual({
        ...usual,
        failureShare: null,
        sameCode: null,
        category: null,
      });
    }
  });

  test("keeps the template as it is, without its preview", () => {
    const result = parseCampaign(
      `
name: Full
number: second
template:
  name: spring_sale
  preview: Hi {{1}}, until {{2}}
  language: { code: en_US, policy: deterministic }
  components:
    - type: header
      parameters: [ { type: image, image: { link: "https://example.com/a.png" } } ]
    - { type: body, parameters: [ { type: text, text: "{{first_name|there}}" } ], new_field: [1] }
    - { type: button, sub_type: url, index: "1", parameters: [ { type: text, text: "{{code}}" } ] }
category: utility
recipients: { file: list.csv, to: phone, country: PL, numbers: international, encoding: cp1250, maxRejected: 0, strictValues: true }
schedule: { startAt: 2026-12-01T09:00:00+01:00, endBy: 2026-12-03T20:00:00+01:00 }
delivery: { guarantee: at-most-once, ratePerSecond: 20, priority: bulk }
`,
      "c.yaml",
    );

    expect(result).toMatchObject({
      ok: true,
      value: {
        number: "second",
        preview: "Hi {{1}}, until {{2}}",
        template: { components: [{ type: "header" }, { new_field: [1] }, { index: "1" }] },
        recipients: {
          file: "list.csv",
          to: "phone",
          country: "PL",
          numbers: "international",
          encoding: "windows-1250",
          maxRejected: 0,
          strictValues: true,
          skipUndeliverableMs: null,
        },
        schedule: { startAtMs: Date.parse("2026-12-01T08:00:00Z") },
        delivery: { guarantee: "at-most-once", ratePerSecond: 20, priority: "bulk" },
      },
    });
    expect(result.ok && "preview" in result.value.template).toBe(false);
  });

  test("reads windows, one, several or a preset", () => {
    const windowOf = (line: string): unknown => {
      const read = parseCampaign(`${SMALLEST}schedule: { window: ${line} }\n`, "c.yaml");
      return read.ok ? read.value.schedule.window : read.refusal.message;
    };
    const all = [1, 2, 3, 4, 5, 6, 7];
    const nine = 9 * 3_600;

    expect(windowOf("{ from: 9:00, to: 17:30:15 }")).toEqual({
      hours: [{ days: all, fromS: nine, toS: 17.5 * 3_600 + 15 }],
      timezone: "recipient",
      onMiss: "next",
    });
    expect(
      windowOf(
        '[{ days: [fri, mon], from: "09:00", to: "24:00", timezone: Asia/Kolkata, onMiss: skip }, ' +
          '{ days: [Sat], from: "22:00", to: "06:00", timezone: Asia/Kolkata, onMiss: skip }]',
      ),
    ).toEqual({
      hours: [
        { days: [1, 5], fromS: nine, toS: 86_400 },
        { days: [6], fromS: 22 * 3_600, toS: 6 * 3_600 },
      ],
      timezone: "Asia/Kolkata",
      onMiss: "skip",
    });
    expect(windowOf("{ preset: quiet-hours, onMiss: skip }")).toEqual({
      hours: "quiet-hours",
      timezone: "recipient",
      onMiss: "skip",
    });
    expect(windowOf("")).toBeNull();
  });

  test.each([
    ["warnRepeat: 12h", 12 * 3_600_000, null],
    ["warnRepeat: off", null, null],
    ["warnRepeat: false", null, null],
    ["warnRepeat: ", 7 * 24 * 3_600_000, null],
    ["warnRepeat: 720h, skipRepeat: 30d", 30 * 24 * 3_600_000, 30 * 24 * 3_600_000],
    ["skipRepeat: 1h", 7 * 24 * 3_600_000, 3_600_000],
  ])("says by { %s } who is a repeat", (line, warnRepeatMs, skipRepeatMs) => {
    expect(parseCampaign(`${SMALLEST}recipients: { ${line} }\n`, "c.yaml")).toMatchObject({
      ok: true,
      value: { recipients: { warnRepeatMs, skipRepeatMs } },
    });
  });

  test("may be JSON, indented with tabs", () => {
    const json = JSON.stringify(
      { name: "J 😀", template: { name: "t", language: { code: "pl" } }, category: "utility" },
      null,
      "\t",
    );

    expect(parseCampaign(json, "c.json")).toMatchObject({ ok: true, value: { name: "J 😀" } });
  });

  test("may leave optional blocks empty", () => {
    expect(parseCampaign(`${SMALLEST}schedule:\nrecipients:\ncaps:\n`, "c.yaml").ok).toBe(true);
  });
});

describe("mistakes in a campaign file", () => {
  test("are told all at once, each with its line, column and key", () => {
    const told = message(
      `nmae: Spring
template:
  name: Spring Sale
  language: { cod: en_US }
category: promo
recipients:
  maxRejected: 2
`,
    );

    expect(told).toContain("c.yaml has 6 mistakes");
    expect(told).toContain('line 1, column 1: nmae is not a known key; did you mean "name"?');
    expect(told).toContain("line 1, column 1: name is missing");
    expect(told).toContain("line 3, column 3: template.name must be lowercase letters");
    expect(told).toContain("line 4, column 3: template.language.code is missing");
    expect(told).toContain("line 5, column 1: category must be one of marketing, utility");
    expect(told).toContain("line 7, column 3: recipients.maxRejected must be at most 1");
  });

  test.each([
    ["an empty file", "", "is empty"],
    ["an unquoted placeholder", "a: [ hi {{name}} ]", "must stand within quotes"],
    ["plain text", "just text", "the file must be a block"],
    ["a list", "- a", "the file must be a block"],
    ["a repeated key", "name: a\nname: b", "line 2, column 1: the same key is written twice"],
    ["broken YAML", "name: [", "line 1, column 8: is not valid YAML"],
    ["two documents", "name: a\n---\nname: b", "a second document"],
    ["a tag", "name: !!binary aGk=", "tags such as !!binary are not allowed"],
    ["an alias of nothing", "name: *nobody", "alias"],
    ["an alias of itself", "name: &x [*x]", "alias"],
    ["50,000 brackets", `name: ${"[".repeat(50_000)}`, "is nested too deep"],
    ["200 levels", `name: ${"[".repeat(200)}${"]".repeat(200)}`, "is nested too deep"],
    [
      "a file of 21,000 keys",
      Array.from({ length: 21_000 }, (_, index) => `k${index}: 1`).join("\n"),
      "k20 is not a known key",
    ],
    ["a list of recipients", `name: ${"x".repeat(256 * 1024)}`, "262144 is the most"],
  ])("%s is refused", (_what, text, expected) => {
    expect(message(text)).toContain(expected);
  });

  test("aliases that unfold into billions of values are refused at once", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (const [now, before] of ["ba", "cb", "dc", "ed", "fe", "gf", "hg", "ih"]) {
      bomb.push(`${now}: &${now} [${Array(9).fill(`*${before}`).join(",")}]`);
    }

    expect(message(bomb.join("\n"))).toContain("aliases that unfold into too much");
  });
});

test.each([
  ["recipients: { first: 1.000 }", "can be read as 1 or as 1000: write 1 or 1000"],
  ["canary: { size: 2.500 }", "can be read as 2.5 or as 2500"],
  ["recipients: { maxRejected: '0,2' }", "must be a number: write it with a point, as in 0.2"],
  ["recipients: { maxRejected: 20% }", "must be a number: write a share, as in 0.2"],
  ["recipients: { first: '1,000' }", "must be a number: write it without a sign for thousands"],
  ["recipients: { first: '500' }", "must be a number: remove the quotes around it"],
])("a number that is written as in %s is refused with what is right", (block, message) => {
  const text = `name: a\ncategory: marketing\ntemplate: { name: a, language: { code: en } }\n${block}\n`;

  const parsed = parseCampaign(text, "c.yaml");

  expect(parsed.ok ? "" : parsed.refusal.message).toContain(message);
});

test("a list in the place of the campaign file is told from a mistake in one", () => {
  const list = parseCampaign("phone,name\n+48600700800,Ana\n", "recipients.csv");
  const file = parseCampaign("phone", "sale.yaml");

  expect(list).toMatchObject({ refusal: { fix: expect.stringContaining("looks like a list") } });
  expect(file).toMatchObject({ refusal: { fix: expect.stringContaining("Correct the campaign") } });
});
