import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { parseKnobs, SANDBOX_KNOBS } from "../../src/sandbox/knobs.ts";
import { SANDBOX_DEFAULTS } from "../../src/sandbox/options.ts";

describe("the list of knobs", () => {
  it("has every option of the sandbox once", () => {
    expect(SANDBOX_KNOBS.map(({ option }) => option).sort()).toEqual(
      Object.keys(SANDBOX_DEFAULTS).sort(),
    );
  });

  it("gives each flag the name that commander makes of it", () => {
    const command = new Command();
    for (const { flag } of SANDBOX_KNOBS) {
      command.option(`${flag} <value>`);
    }

    expect(command.options.map((option) => option.attributeName())).toEqual(
      SANDBOX_KNOBS.map(({ option }) => option),
    );
  });

  it("has the defaults in the form in which they are typed", () => {
    const typed = Object.fromEntries(SANDBOX_KNOBS.map((knob) => [knob.option, knob.default]));

    expect(parseKnobs(typed)).toEqual({ ok: true, value: SANDBOX_DEFAULTS });
  });
});

describe("knobs as typed", () => {
  it("become options", () => {
    const parsed = parseKnobs({
      port: "8090",
      numberIds: "one, two",
      latencyMs: "20-200",
      webhookDelayMs: "50",
      errorCodes: "131056=0.01, 100=.02",
      answerShape: "mixed",
      ratePerSecondLimit: "80",
      retryAfterSeconds: "",
      webhookRetryDelaysMs: "10,20",
      webhookUrl: "http://127.0.0.1:8081/webhooks/livechat",
    });

    expect(parsed).toEqual({
      ok: true,
      value: {
        port: 8090,
        numberIds: ["one", "two"],
        latencyMs: [20, 200],
        webhookDelayMs: [50, 50],
        errorCodes: { 131056: 0.01, 100: 0.02 },
        answerShape: "mixed",
        ratePerSecondLimit: 80,
        retryAfterSeconds: null,
        webhookRetryDelaysMs: [10, 20],
        webhookUrl: "http://127.0.0.1:8081/webhooks/livechat",
      },
    });
  });

  it.each([
    ["hang", "1.5"],
    ["hang", "-0.1"],
    ["hang", ""],
    ["hang", "10%"],
    ["port", "70000"],
    ["port", "1.5"],
    ["seed", "x"],
    ["latencyMs", "200-20"],
    ["latencyMs", "20ms"],
    ["errorCodes", "131056"],
    ["errorCodes", "131056=2"],
    ["errorCodes", "abc=0.1"],
    ["answerShape", "xml"],
    ["magic", "maybe"],
    ["numberIds", "a,,b"],
    ["webhookUrl", "ftp://x"],
    ["webhookUrl", "127.0.0.1:80"],
    ["webhookSecret", "whsec_"],
    ["webhookRetryDelaysMs", "1,x"],
    ["ratePerSecondLimit", "0"],
    ["category", ""],
  ])("are refused by flag when they make no sense: %s = %j", (option, text) => {
    const flag = SANDBOX_KNOBS.find((knob) => knob.option === option)?.flag ?? "none";

    const parsed = parseKnobs({ [option]: text });

    expect(parsed).toMatchObject({ ok: false, refusal: { code: "sandbox_knob_invalid" } });
    expect(parsed.ok ? "" : parsed.refusal.message).toContain(flag);
  });

  it("are refused when nobody knows them, or when their shares add up to more than 1", () => {
    expect(parseKnobs({ nonsense: "1" })).toMatchObject({
      refusal: { code: "sandbox_knob_unknown" },
    });
    expect(parseKnobs({ hang: "0.6", errorCodes: "100=0.5" })).toMatchObject({
      refusal: { code: "sandbox_shares_above_one" },
    });
    expect(parseKnobs({ hang: "0.7", errorCodes: "100=0.1,131056=0.2" })).toMatchObject({
      ok: true,
    });
  });
});
