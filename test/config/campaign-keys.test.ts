import { describe, expect, test } from "vitest";
import { message, SMALLEST } from "./refused-campaign.ts";

/** The refusal of the smallest file with more lines. */
function withLines(...lines: string[]): string {
  return message(SMALLEST + lines.join("\n"));
}

describe("mistakes in the keys of a campaign file", () => {
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
});
