import { describe, expect, test } from "vitest";
import { parseCampaign } from "../../src/config/campaign-file.ts";

const SMALLEST = `
name: Spring sale
template: { name: spring_sale, language: { code: en_US } }
category: marketing
`;

function message(text: string): string {
  const result = parseCampaign(text, "c.yaml");
  if (result.ok) throw new Error("it was not refused");
  expect(result.refusal.code).toBe("campaign_file_invalid");
  return result.refusal.message;
}

/** The refusal of the smallest file with more lines. */
function withLines(...lines: string[]): string {
  return message(SMALLEST + lines.join("\n"));
}

/** The refusal of a file whose template has this component. */
function withComponent(component: string): string {
  return message(
    `name: a\ncategory: utility\ntemplate:\n  name: t\n  language: { code: pl }\n  components:\n    - ${component}\n`,
  );
}

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
    ["canary: { minDelivered: 0.8 }", "canary.size is missing"],
    ["canary: { size: 1001 }", "canary.size must be at most 1000"],
    ["canary: { size: 20, minDelivered: 0 }", "canary.minDelivered must be at least 0.01"],
    ["canary: { size: 20, wait: 25h }", "canary.wait must be 1s to 24h, as in 10m"],
    ["canary: { size: 20, wait: 600 }", "canary.wait must be 1s to 24h, as in 10m"],
    ["delivery: { rampUp: { from: 5, over: 7200 } }", "rampUp.over must be 1s to 30d, as in 2h"],
    ["canary: { size: 20, then: stop }", "canary.then must be one of go, ask"],
    ["canary: { sise: 20 }", 'canary.sise is not a known key; did you mean "size"?'],
    ["recipients: { first: 0 }", "recipients.first must be at least 1"],
    ["recipients: { first: 1.5 }", "recipients.first must be a whole number"],
    [
      "canary: { size: 2 }\nschedule: { startAt: 2026-12-01T09:00:00Z, delegate: true }",
      "canary does not go with schedule.delegate",
    ],
    ["delivery: { rampUp: { from: 5 } }", "delivery.rampUp.over is missing"],
    ["delivery: { rampUp: { from: 5, over: 2 h 30m } }", "must be 1s to 30d, as in 2h"],
    ["delivery: { rampUp: { from: 5, over: 31d } }", "must be 1s to 30d, as in 2h"],
    ["delivery: { rampUp: { from: 5, to: 5, over: 2h } }", "must be higher than"],
    ["delivery: { rampUp: { from: 0, over: 2h } }", "delivery.rampUp.from must be"],
    ["delivery: { rampUp: { from: 5, until: 80, over: 2h } }", "rampUp.until is not a known key"],
    [
      "delivery: { ratePerSecond: 20, rampUp: { from: 5, to: 80, over: 2h } }",
      "delivery.rampUp.to is above delivery.ratePerSecond",
    ],
    [
      "delivery: { ratePerSecond: 4, rampUp: { from: 5, over: 2h } }",
      "delivery.rampUp.from is above delivery.ratePerSecond",
    ],
    ["cap: 100", 'cap is not a known key; did you mean "caps"?'],
    ["caps: 2", "caps must be a block of keys, as in { marketing: 2 per 7d }"],
    ["caps: { then: skip }", "caps names no category"],
    [
      "caps: { marketting: 2 per 7d }",
      'caps.marketting is not a known key; did you mean "marketing"?',
    ],
    ["caps: { marketing: 2 per 31d }", "caps.marketing must be as in 2 per 7d: 1 to 50 messages"],
    ["caps: { marketing: 0 per 7d }", "caps.marketing must be as in 2 per 7d"],
    ["caps: { marketing: 2 per 7d, then: drop }", "caps.then must be later or skip"],
    ["recipients: { timezone: tz }", "recipients.timezone is of use only with a schedule.window"],
    ["recipients: { skipUndeliverable: 400d }", "must be 1d to 365d, as in 90d"],
    ["recipients: { skipUndeliverable: 0d }", "must be 1d to 365d, as in 90d"],
    ["recipients: { skipRepeat: 31d }", "recipients.skipRepeat must be 1h to 30d, as in 7d"],
    ["recipients: { skipRepeat: 0h }", "recipients.skipRepeat must be 1h to 30d, as in 7d"],
    ["recipients: { skipRepeat: off }", "recipients.skipRepeat must be 1h to 30d, as in 7d"],
    ["recipients: { skipRepeat: 7 }", "recipients.skipRepeat must be 1h to 30d, as in 7d"],
    ["recipients: { skipUndeliverable: 90 }", "must be 1d to 365d, as in 90d"],
    [
      "delivery: { rampUp: { from: 5, to: 100000000, over: 2h } }",
      "delivery.rampUp.to must be at most",
    ],
    ["recipients: { warnRepeat: 1w }", "recipients.warnRepeat must be 1h to 30d, as in 7d, or off"],
    ["recipients: { warnRepeat: 7 }", "recipients.warnRepeat must be 1h to 30d, as in 7d, or off"],
    ["recipients: { skipRepeats: 7d }", 'did you mean "skipRepeat"?'],
    [
      "schedule: { window: { days: [mon] } }",
      'schedule.window.from is missing: a time, as in "09:00"',
    ],
    [
      'schedule: { window: { from: "09:00", to: "9:00" } }',
      'schedule.window.to is the same as from; for the whole day: from "00:00", to "24:00"',
    ],
    ['schedule: { window: { from: "24:00", to: "09:00" } }', 'window.from must be before "24:00"'],
    ["schedule: { window: { from: 9am, to: 17 } }", 'window.from must be a time, as in "09:00"'],
    ['schedule: { window: { from: "09:60", to: "25:00" } }', "schedule.window.to must be a time"],
    [
      'schedule: { window: { days: [monday], from: "09:00", to: "17:00" } }',
      'schedule.window.days.0 must be one of mon, tue, wed, thu, fri, sat, sun; did you mean "mon"?',
    ],
    [
      'schedule: { window: { days: mon-fri, from: "09:00", to: "17:00" } }',
      "schedule.window.days must be a list of days",
    ],
    [
      'schedule: { window: { from: "09:00", to: "17:00", timezone: Europe/Warsw } }',
      'schedule.window.timezone must be the name of a time zone, as in Europe/Warsaw; did you mean "Europe/Warsaw"?',
    ],
    [
      'schedule: { window: { from: "09:00", to: "17:00", timezone: warsaw } }',
      'did you mean "Europe/Warsaw"?',
    ],
    [
      'schedule: { window: { from: "09:00", to: "17:00", timezone: EST } }',
      "the name of a time zone",
    ],
    [
      'schedule: { window: { from: "09:00", to: "17:00", onmis: skip } }',
      'schedule.window.onmis is not a known key; did you mean "onMiss"?',
    ],
    [
      'schedule: { window: { from: "09:00", to: "17:00", onMiss: later } }',
      "schedule.window.onMiss must be next or skip",
    ],
    ["schedule: { window: { preset: quiet-hour } }", 'did you mean "quiet-hours"?'],
    [
      'schedule: { window: { preset: quiet-hours, from: "09:00" } }',
      "schedule.window.from is not a known key of a window with a preset",
    ],
    ["schedule: { window: [] }", "schedule.window must be one window, or a list of 1 to 14"],
    [
      'schedule: { window: [{ from: "09:00", to: "12:00" }, { from: "13:00", to: "17:00", onMiss: skip }] }',
      "schedule.window.1.onMiss must be the same in all windows (next in the first)",
    ],
    [
      'recipients: { timezone: tz }\nschedule: { window: { from: "09:00", to: "17:00", timezone: UTC } }',
      "recipients.timezone is of use only with a schedule.window in the time zone of each recipient",
    ],
    ["schedule: { delegate: true }", "schedule.delegate needs schedule.startAt"],
    ["schedule: { delegate: yes please }", "schedule.delegate must be true or false"],
    [
      'schedule: { startAt: 2026-12-01T09:00:00Z, delegate: true, window: { from: "09:00", to: "17:00" } }',
      "schedule.delegate does not go with schedule.window",
    ],
    ["recurring: { folder: in, timezone: UTC }", "recurring.cron is missing"],
    ['recurring: { folder: in, cron: "0 9 * *", timezone: UTC }', "recurring.cron must have five"],
    [
      'recurring: { folder: in, cron: "0 0 9 * * *", timezone: UTC }',
      "recurring.cron must have five fields",
    ],
    ['recurring: { folder: in, cron: "@daily", timezone: UTC }', "recurring.cron must have five"],
    [
      'recurring: { folder: in, cron: "61 9 * * *", timezone: UTC }',
      "recurring.cron is not a cron",
    ],
    ['recurring: { folder: in, cron: "0 9 30 2 *", timezone: UTC }', "recurring.cron is never due"],
    ['recurring: { folder: in, cron: "0 9 * * *" }', "recurring.timezone is missing"],
    [
      'recurring: { folder: in, cron: "0 9 * * *", timezone: warsaw }',
      'did you mean "Europe/Warsaw"?',
    ],
    [
      'recurring: { cron: "0 9 * * *", timezone: UTC }',
      "recurring.folder and url: give exactly one",
    ],
    [
      'recurring: { folder: in, url: "https://a.example/x.csv", cron: "0 9 * * *", timezone: UTC }',
      "recurring.folder and url: give exactly one",
    ],
    [
      'recurring: { url: "http://a.example/x.csv", cron: "0 9 * * *", timezone: UTC }',
      "recurring.url must begin with https://",
    ],
    [
      'recurring: { url: "file:///etc/passwd", cron: "0 9 * * *", timezone: UTC }',
      "recurring.url must begin with https://",
    ],
    [
      'recurring: { url: "https://ana:secret@a.example/x.csv", cron: "0 9 * * *", timezone: UTC }',
      "recurring.url must hold no user name or password",
    ],
    [
      'recurring: { url: "https://a.example", tokenFile: ../secret, cron: "0 9 * * *", timezone: UTC }',
      "recurring.tokenFile must be the name of a file beside",
    ],
    [
      'recurring: { folder: in, tokenFile: token, cron: "0 9 * * *", timezone: UTC }',
      "recurring.tokenFile is of use only with a url",
    ],
    [
      'recurring: { folder: in, cron: "0 9 * * *", timezone: UTC, name: "Bills {day}" }',
      "recurring.name may hold {date} and {time}, and no other braces",
    ],
    [
      'recurring: { folder: in, cron: "0 9 * * *", timezone: UTC, onMised: skip }',
      'recurring.onMised is not a known key; did you mean "onMissed"?',
    ],
    [
      'recurring: { folder: in, cron: "0 9 * * *", timezone: UTC, onEmpty: fail }',
      "recurring.onEmpty must be one of ok, warn",
    ],
    [
      'recurring: { folder: in, cron: "0 9 * * *", timezone: UTC }\nrecipients: { file: a.csv }',
      "recipients.file does not go with recurring",
    ],
    [
      'recurring: { folder: in, cron: "0 9 * * *", timezone: UTC }\nschedule: { startAt: 2026-12-01T09:00:00Z }',
      "schedule.startAt does not go with recurring",
    ],
    ["delivery: { retryCodes: [131049] }", "delivery.retryCodes is not a known key"],
    ["delivery: { retry: [131049] }", "delivery.retry must be a block of error codes"],
    ["delivery: { retry: { 131049: 2 } }", "delivery.retry.131049 must be true or false"],
    ["delivery: { retry: { all: true } }", "delivery.retry.all is not an error code"],
    ["delivery: { retry: { 131050: true } }", "the recipient opted out"],
    ["delivery: { retry: { 131026: true } }", "the same message would fail again"],
    ["delivery: { retry: { 130472: true } }", "Recipient is in a WhatsApp experiment"],
    ["delivery: { retry: { 131000: true } }", "no time is published after which it helps"],
    ["delivery: { retry: { 131042: true } }", "it fails until its cause is fixed"],
    ["delivery: { retry: { 999999: true } }", "the code is not documented"],
    ["delivery: { guarantee: exactly-once }", "at-most-once"],
    ["schedule: { startat: x }", 'schedule.startat is not a known key; did you mean "startAt"?'],
    ["recipients: { timezon: x }", "recipients.timezon is not a known key"],
    ["__proto__: { polluted: true }", "__proto__ is not a known key"],
    ["constructor: 1", "constructor is not a known key"],
    ["recipients: { numbers: local }", "recipients.numbers must be"],
    ["recipients: { encoding: windows-125 }", 'did you mean "windows-1250"?'],
    ["recipients: { country: UK }", "did you mean GB?"],
    ["recipients: { country: pl }", "two capital letters"],
    ["recipients: [a]", "recipients must be a block of keys and values"],
    ["number: Main!", "number must be 1 to 32 lowercase letters"],
    ["delivery: { ratePerSecond: 0 }", "delivery.ratePerSecond must be at least 0.01"],
    ["delivery: { priority: norml }", 'did you mean "normal"?'],
    ["stopOn: 0.3", "stopOn must be a block of keys, or off"],
    ["stopOn: [off]", "stopOn must be a block of keys, or off"],
    ["stopOn: { failureshare: 0.3 }", 'is not a known key; did you mean "failureShare"?'],
    ["stopOn: { failureShare: 30 }", "stopOn.failureShare must be above 0 and at most 1"],
    ["stopOn: { failureShare: 30% }", "as in 0.3 for 30 %, or off"],
    ["stopOn: { failureShare: 0 }", "stopOn.failureShare must be above 0"],
    ["stopOn: { sample: off }", "stopOn.sample must be a whole number from 10 to 1000"],
    ["stopOn: { sample: 9 }", "stopOn.sample must be a whole number from 10 to 1000"],
    ["stopOn: { sameCode: 1 }", "stopOn.sameCode must be a whole number from 2 to 1000, or off"],
    ["stopOn: { sameCode: true }", "stopOn.sameCode must be a whole number from 2 to 1000, or off"],
    ["stopOn: { category: 1.5 }", "stopOn.category must be a whole number from 1 to 1000, or off"],
    ["schedule: { startAt: 2026-12-01T09:00:00 }", "schedule.startAt has no time zone"],
    [
      "schedule: { endBy: 2006-01-02T15:04:05Z07:00 }",
      "is the placeholder from LiveChat's documentation",
    ],
    [
      "schedule: { startAt: 2026-12-02T00:00:00Z, endBy: 2026-12-02T01:00:00+01:00 }",
      "schedule.endBy must be later than schedule.startAt",
    ],
  ])("%s: %s", (line, expected) => {
    expect(withLines(line)).toContain(expected);
  });

  test("an unknown key never suggests one that would be refused too", () => {
    expect(withLines("rampp: 1")).not.toContain("did you mean");
  });

  test("a number where text belongs is told to be quoted", () => {
    const told = message(SMALLEST.replace("Spring sale", "2026"));

    expect(told).toContain("name must be text: put quotes around it");
  });

  test.each([
    ["{ type: bdoy }", 'did you mean "body"?'],
    ["{ type: buttons }", "one component of type button"],
    ["{ parameters: [] }", "components.0.type is missing"],
    ["{ type: button, index: 0 }", "components.0.sub_type is missing"],
    ["{ type: button, sub_type: url }", "components.0.index is missing"],
    ["{ type: button, sub_type: url, index: 10 }", "0 to 9"],
    ["{ type: body, parameters: [ { type: text, text: 7 } ] }", "text must be text: put quotes"],
    ["{ type: body, parameters: [ { type: text, text: '' } ] }", "text must not be empty"],
    ['{ type: body, parameters: [ { type: text, text: "a\\tb" } ] }', "a line break, a tab"],
    [
      '{ type: body, parameters: [ { type: text, text: "a\\n{{first_name}}" } ] }',
      "a line break, a tab",
    ],
    [
      '{ type: body, parameters: [ { type: text, text: "a\\u202eb {{x}}" } ] }',
      "reverses the text",
    ],
    ['{ type: body, parameters: [ { type: text, text: "\\u200b" } ] }', "must not be empty"],
    ["{ type: body, parameters: [ { type: text, text: '{{a' } ] }", "a {{ without its }}"],
    ["{ type: body, parameters: [ { type: txt, text: a } ] }", 'did you mean "text"?'],
    ["{ type: header, parameters: [ { type: image, image: {} } ] }", "a link or an id"],
    [
      "{ type: header, parameters: [ { type: image, image: { id: 12345678901234567890 } } ] }",
      "cannot be kept exactly: put quotes",
    ],
    ["{ type: carousel, cards: [ { components: [] } ] }", "2 to 10 cards"],
    [
      "{ type: body, parameters: [ { type: text, text: a, parameter_name: x }, { type: text, text: b } ] }",
      "must have a parameter_name for every text",
    ],
    ["{ type: body, parameters: [ { type: text, text: {{name}} } ] }", 'write "{{column}}" within'],
    ["{ type: button, sub_type: phone_number, index: 0 }", "refused by WhatsApp (#100)"],
    ["{ type: BUTTON, sub_type: PHONE_NUMBER, index: 0 }", "refused by WhatsApp (#100)"],
    [
      "{ type: button, sub_type: url, index: 1 }\n    - { type: button, sub_type: url, index: '1' }",
      "components.1.index is 1, which another button already has",
    ],
    [
      "{ type: carousel, cards: [ { components: [ { type: button, sub_type: url, index: 0 }, { type: button, sub_type: url, index: 0 } ] }, { components: [] } ] }",
      "cards.0.components.1.index is 0, which another button already has",
    ],
    [
      "{ type: button, sub_type: quick_reply, index: 0, parameters: [ { type: text, text: a } ] }",
      "cannot be text: a quick_reply button takes payload",
    ],
    [
      "{ type: button, sub_type: URL, index: 0, parameters: [ { type: text, text: a }, { type: text, text: b } ] }",
      "must be one parameter: a url button takes only one",
    ],
    [
      "{ type: header, parameters: [ { type: currency, currency: {} } ] }",
      "cannot be currency: a header takes text, image",
    ],
    [
      "{ type: body, parameters: [ { type: image, image: { id: '1' } } ] }",
      "cannot be image: a body takes text, currency, date_time",
    ],
    [
      '{ type: body, parameters: [ { type: currency, currency: { fallback_value: "1 EUR", code: EUR, amount_1000: "1,5" } } ] }',
      "amount_1000 must be a whole number",
    ],
    [
      "{ type: body, parameters: [ { type: currency, currency: { fallback_value: a, code: EUR, amount_1000: 1.5 } } ] }",
      "amount_1000 must be a whole number",
    ],
    [
      "{ type: body, parameters: [ { type: currency, currency: { code: EUR, amount_1000: 1 } } ] }",
      "fallback_value is missing",
    ],
    [
      "{ type: body, parameters: [ { type: date_time, date_time: { day_of_month: 3 } } ] }",
      "fallback_value is missing",
    ],
    [
      '{ type: header, parameters: [ { type: location, location: { latitude: "52,2", longitude: 21 } } ] }',
      "latitude must be a decimal number",
    ],
    [
      "{ type: header, parameters: [ { type: product, product: { product_retailer_id: a, catalog_id: 123 } } ] }",
      "catalog_id must be text: put quotes",
    ],
    [
      "{ type: limited_time_offer, parameters: [ { type: limited_time_offer, limited_time_offer: { expiration_time_ms: soon } } ] }",
      "expiration_time_ms must be a whole number",
    ],
    [
      "{ type: button, sub_type: catalog, index: 0, parameters: [ { type: action, action: { thumbnail_product_retailer_id: 7 } } ] }",
      "thumbnail_product_retailer_id must be text",
    ],
    [
      "{ type: header, parameters: [ { type: image, image: { link: 'pictures/{{name}}.png' } } ] }",
      "link must begin with https://",
    ],
    [
      "{ type: body, parameters: [ { type: text, text: a, parameter_name: x }, { type: text, text: b, parameter_name: x } ] }",
      "is x, which another parameter already has",
    ],
    [
      "{ type: header, parameters: [ { type: text, text: a } ] }\n    - { type: body, parameters: [ { type: text, text: b, parameter_name: x } ] }",
      "must have a parameter_name for every text",
    ],
  ])("component %s: %s", (component, expected) => {
    expect(withComponent(component)).toContain(expected);
  });

  test.each([
    "{ type: button, sub_type: voice_call, index: 0 }",
    "{ type: button, sub_type: something_new, index: 0, parameters: [ { type: text, text: a } ] }",
    "{ type: body, parameters: [ { type: checkout_offer, anything: 1 } ] }",
    "{ type: button, sub_type: quick_reply, index: 0 }\n    - { type: button, sub_type: url, index: 2 }",
    "{ type: header, parameters: [ { type: image, image: { link: '{{picture}}' } } ] }",
    '{ type: body, parameters: [ { type: currency, currency: { fallback_value: "{{p}}", code: EUR, amount_1000: "{{cents}}0" } } ] }',
    "{ type: header, parameters: [ { type: image, image: { id: '1' } } ] }\n    - { type: body, parameters: [ { type: text, text: b, parameter_name: x } ] }",
  ])("component %s is fine, or too new to be judged", (component) => {
    const file = `name: a\ncategory: utility\ntemplate:\n  name: t\n  language: { code: pl }\n  components:\n    - ${component}\n`;

    expect(parseCampaign(file, "c.yaml")).toMatchObject({ ok: true });
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

test("a list in the place of the campaign file is told from a mistake in one", () => {
  const list = parseCampaign("phone,name\n+48600700800,Ana\n", "recipients.csv");
  const file = parseCampaign("phone", "sale.yaml");

  expect(list).toMatchObject({ refusal: { fix: expect.stringContaining("looks like a list") } });
  expect(file).toMatchObject({ refusal: { fix: expect.stringContaining("Correct the campaign") } });
});
