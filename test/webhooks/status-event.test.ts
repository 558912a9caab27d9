import { describe, expect, test } from "vitest";
import { parseStatusEvent } from "../../src/webhooks/status-event.ts";
import { WEBHOOK_SAMPLES } from "../support/webhook-samples.ts";

const SIGNED_AT_MS = 1_727_864_100_000;
const WAMID = "wamid.HBgLNDg2MDk2NTU5MTEVAgARGBJGOERCNzY1MTdBQUE4REM3RUMA";

function parse(data: unknown, envelope: Record<string, unknown> = {}) {
  return parseStatusEvent(
    JSON.stringify({ type: "message.status", ...envelope, data }),
    SIGNED_AT_MS,
  );
}

function eventOf(data: Record<string, unknown>, envelope: Record<string, unknown> = {}) {
  const parsed = parse({ id: WAMID, status: "sent", ...data }, envelope);
  if (parsed.kind !== "status") throw new Error(`parsed as ${parsed.kind}`);
  return parsed.event;
}

function refusalOf(text: string): string {
  const parsed = parseStatusEvent(text, SIGNED_AT_MS);
  return parsed.kind === "refused" ? parsed.problem.refusal.code : parsed.kind;
}

describe("LiveChat's samples", () => {
  const priced = { category: "marketing", billable: true, origin: "marketing" };
  const plain = { category: null, billable: null, origin: null };

  test.each([
    ["sent", { status: "sent", atMs: 1727862637000, code: 0, ...priced }],
    ["delivered", { status: "delivered", atMs: 1727862637000, code: 0, ...priced }],
    ["read", { status: "read", atMs: 1727862652000, code: 0, ...plain }],
    ["failed", { status: "failed", atMs: 1727864020000, code: 131026, ...plain }],
  ] as const)("the %s sample is read whole", (name, expected) => {
    const parsed = parseStatusEvent(WEBHOOK_SAMPLES[name], SIGNED_AT_MS);

    expect(parsed).toEqual({
      kind: "status",
      event: { ...expected, wamid: expect.stringMatching(/^wamid\./), recipient: "48635625362" },
    });
  });
});

describe("what is optional", () => {
  test("id and status are enough; the time is then the sender's signature", () => {
    expect(eventOf({})).toEqual({
      wamid: WAMID,
      status: "sent",
      atMs: SIGNED_AT_MS,
      recipient: null,
      code: 0,
      category: null,
      billable: null,
      origin: null,
    });
  });

  test.each([
    [1727862637, 1727862637000],
    ["1727862637", 1727862637000],
    [1727862637.5, 1727862637500],
  ])("the time %j is seconds", (timestamp, atMs) => {
    expect(eventOf({ timestamp }).atMs).toBe(atMs);
  });

  test.each([-1, 0, 1e300, "99999999999999999999", "yesterday", {}, [], true, null])(
    "the time %j is none: the envelope's counts",
    (timestamp) => {
      const envelope = { timestamp: "2024-10-02T09:50:53.124072075Z" };
      expect(eventOf({ timestamp }, envelope).atMs).toBe(Date.UTC(2024, 9, 2, 9, 50, 53, 124));
    },
  );

  test("a time after that of the signature is none, but for clocks that differ", () => {
    const signedAt = SIGNED_AT_MS / 1000;
    const envelope = { timestamp: new Date(SIGNED_AT_MS - 1000).toISOString() };
    expect(eventOf({ timestamp: signedAt + 300 }, envelope).atMs).toBe(SIGNED_AT_MS + 300_000);
    expect(eventOf({ timestamp: signedAt + 301 }, envelope).atMs).toBe(SIGNED_AT_MS - 1000);
    expect(eventOf({ timestamp: 2 ** 31 }, { timestamp: "2038-01-19T03:14:08Z" }).atMs).toBe(
      SIGNED_AT_MS,
    );
  });

  test.each(["not a time", 17, "-271821-04-20T00:00:00Z", "2".repeat(50)])(
    "the envelope's time %j is none either",
    (timestamp) => {
      expect(eventOf({}, { timestamp }).atMs).toBe(SIGNED_AT_MS);
    },
  );

  test.each([
    ["48635625362", "48635625362"],
    ["+48635625362", "48635625362"],
    [48635625362, "48635625362"],
    ["US.13491208655302741918", null],
    ["", null],
    ["48 635 625 362", null],
    ["1".repeat(40), null],
    [{ wa_id: "48635625362" }, null],
  ])("the recipient %j is %j", (recipient_id, recipient) => {
    expect(eventOf({ recipient_id }).recipient).toBe(recipient);
  });

  test("a group is no recipient", () => {
    expect(eventOf({ recipient_id: "120363021234", recipient_type: "group" }).recipient).toBeNull();
  });

  test.each([
    [[{ code: 131026 }], 131026],
    [[{ code: "131026" }], 131026],
    [[{ title: "no code" }, { code: 131049 }], 131049],
    [["text", { code: 470 }], 470],
    [[{ code: -1 }], 0],
    [[{ code: 1e300 }], 0],
    [[{ code: 9_999_999 }], 9_999_999],
    [[{ code: 10_000_000 }], 0],
    [[], 0],
    ["text", 0],
    // Of several, in whatever order: the opt-out, then what concerns most, then the smallest.
    [[{ code: 131026 }, { code: 131050 }], 131050],
    [[{ code: 131050 }, { code: 131026 }], 131050],
    [[{ code: 1 }, "text", { code: "131050" }, { code: 190 }], 131050],
    [[...Array(300).fill({ code: 131026 }), { code: 131050 }], 131050],
    [[{ code: 131000 }, { code: 131026 }], 131026],
    [[{ code: 131026 }, { code: 131000 }], 131026],
    [[{ code: 131026 }, { code: 131042 }], 131042],
    [[{ code: 999001 }, { code: 131000 }], 131000],
    [[{ code: 131049 }, { code: 131026 }], 131026],
    [[{ code: 999002 }, { code: 999001 }], 999001],
    [{ code: 131050 }, 131050],
    [null, 0],
    [[null, [{ code: 131050 }], { code: 131026 }], 131026],
    [undefined, 0],
  ])("of the errors %j the code is %j", (errors, code) => {
    expect(eventOf({ status: "failed", errors }).code).toBe(code);
  });

  test("errors of an event that did not fail are no code", () => {
    expect(eventOf({ status: "sent", errors: [{ code: 131026 }] }).code).toBe(0);
  });

  test("fields of other types and unknown fields are passed over", () => {
    const event = eventOf({
      pricing: { category: 7, billable: "yes", type: "regular" },
      conversation: "none",
      recipient_user_id: "US.13491208655302741918",
      biz_opaque_callback_data: "x".repeat(512),
    });
    expect(event).toMatchObject({ category: null, billable: null, origin: null });
  });
});

describe("what is acknowledged and not applied", () => {
  test("an event of another type", () => {
    expect(parseStatusEvent('{"type":"message.received","data":{}}', 0).kind).toBe("other_type");
  });

  test.each(["played", "deleted", "warning", "SENT", "__proto__", "constructor"])(
    "the status %s",
    (status) => {
      expect(parse({ id: WAMID, status }).kind).toBe("other_status");
    },
  );

  test.each([
    [undefined, "data"],
    [null, "data"],
    [[], "data"],
    ["text", "data"],
    [{ status: "sent" }, "data.id"],
    [{ id: 7, status: "sent" }, "data.id"],
    [{ id: "", status: "sent" }, "data.id"],
    [{ id: "x".repeat(513), status: "sent" }, "data.id"],
    [{ id: WAMID }, "data.status"],
    [{ id: WAMID, status: 3 }, "data.status"],
  ])("a status whose data is %j: %s is named", (data, field) => {
    expect(parse(data)).toEqual({ kind: "unreadable", field });
  });
});

describe("what is refused", () => {
  test.each(["", " ", "{", "hello", "{'type':1}", '{"type":"message.status",}', "\uFEFF{}"])(
    "%j is not JSON",
    (text) => {
      expect(refusalOf(text)).toBe("webhooks_body_not_json");
    },
  );

  test.each(["null", "1", '"type"', "[]", '[{"type":"x"}]', "{}", '{"type":1}', '{"type":null}'])(
    "%s is no event",
    (text) => {
      expect(refusalOf(text)).toBe("webhooks_body_not_event");
    },
  );

  test("32 levels are read, 33 are too deep, wherever they are", () => {
    const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

    expect(refusalOf(`{"type":"x","data":${nested(31)}}`)).toBe("other_type");
    expect(refusalOf(`{"type":"x","data":${nested(32)}}`)).toBe("webhooks_body_too_deep");
    expect(refusalOf(`${'{"a":'.repeat(33)}1${"}".repeat(33)}`)).toBe("webhooks_body_too_deep");
  });

  test("brackets inside text are no levels, whatever is escaped", () => {
    const text = JSON.stringify({ type: "x", note: `${"[".repeat(99)}\\"${"{".repeat(99)}"` });
    expect(refusalOf(text)).toBe("other_type");
  });

  test("a million levels are refused at once", () => {
    expect(refusalOf("[".repeat(1_000_000))).toBe("webhooks_body_too_deep");
  });
});

describe("what is meant to break parsers", () => {
  test("__proto__ and constructor keys pollute nothing", () => {
    const text =
      '{"type":"message.status","__proto__":{"polluted":1},"data":{"id":"wamid.A","status":"sent",' +
      '"__proto__":{"status":"failed","polluted":1},"constructor":{"prototype":{"polluted":1}}}}';

    const parsed = parseStatusEvent(text, SIGNED_AT_MS);

    expect(parsed).toMatchObject({ kind: "status", event: { status: "sent" } });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("lone surrogates and NUL are text like any other", () => {
    const parsed = parseStatusEvent(
      '{"type":"message.status","data":{"id":"wamid.\\ud800\\u0000","status":"sent"}}',
      SIGNED_AT_MS,
    );
    expect(parsed).toMatchObject({ kind: "status", event: { wamid: "wamid.\ud800\u0000" } });
  });

  test("a number of 60,000 digits is no time and no code", () => {
    const digits = "9".repeat(60_000);
    const parsed = parseStatusEvent(
      `{"type":"message.status","data":{"id":"w","status":"failed","timestamp":${digits},"errors":[{"code":${digits}}]}}`,
      SIGNED_AT_MS,
    );
    expect(parsed).toMatchObject({ event: { atMs: SIGNED_AT_MS, code: 0 } });
  });
});
