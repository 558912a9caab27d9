import { describe, expect, it } from "vitest";
import { readAnswer } from "../../src/livechat/wire.ts";

describe("the message id", () => {
  it.each([
    ['{"messages":[{"id":"wamid.A"}]}', "wamid.A"],
    ['{"id":"wamid.A"}', "wamid.A"],
    ['{"message_id":"wamid.A"}', "wamid.A"],
    ['{"messageId":"wamid.A"}', "wamid.A"],
    ['{"wamid":"wamid.A"}', "wamid.A"],
    ['{"data":{"id":"wamid.A"}}', "wamid.A"],
    ['{"data":{"messages":[{"id":"wamid.A"}]}}', "wamid.A"],
    ['\ufeff{"id":"wamid.A"}', "wamid.A"],
    ['{"id":"ref-1","wamid":"wamid.A"}', "wamid.A"],
    ['{"id":"ref-1","message_id":"ref-2"}', "ref-1"],
    ['{"id":42}', "42"],
    ['{"id":9007199254740991}', "9007199254740991"],
    [`{"id":"${"x".repeat(256)}"}`, "x".repeat(256)],
    ['{"id":"!~"}', "!~"],
    ['{"id":"","message_id":7}', "7"],
    [`{"id":"${"x".repeat(257)}","wamid":"wamid.A"}`, "wamid.A"],
  ])("of %s is %s", (text, id) => {
    const wire = readAnswer(text);

    expect(wire.id).toBe(id);
    expect(wire.isWamid).toBe(id.startsWith("wamid."));
  });

  it.each([
    "",
    "null",
    '"wamid.A"',
    "[]",
    "{}",
    '{"messages":{}}',
    '{"messages":[]}',
    '{"messages":[null]}',
    '{"id":null}',
    '{"id":true}',
    '{"id":["wamid.A"]}',
    '{"id":1.5}',
    '{"id":9007199254740993}',
    '{"id":"two words"}',
    '{"id":"nul\\u0000"}',
    '{"id":"\\u00e9"}',
    `{"id":"${"x".repeat(257)}"}`,
    '{"__proto__":{"id":"wamid.A"}}',
    '{"constructor":{"id":"wamid.A"}}',
  ])("is not found in %s", (text) => {
    expect(readAnswer(text).id).toBeNull();
  });

  it("a bare prefix is no wamid", () => {
    expect(readAnswer('{"id":"wamid."}').isWamid).toBe(false);
  });
});

describe("the error code", () => {
  it.each([
    ['{"error":{"code":131026}}', 131026],
    ['{"error":{"code":"131026"}}', 131026],
    ['{"errors":[{"code":131026}]}', 131026],
    ['{"errors":[{"code":131026},{"code":131050}]}', 131050],
    ['{"error":{"code":100},"messages":[{"errors":[{},{"code":"131050"}]}]}', 131050],
    ['{"errors":[{"code":131026},{"code":131000}]}', 131026],
    ['{"error":{"type":"validation","data":{"code":131026}}}', 131026],
    ['{"error":{"data":{"error":{"code":131026}}}}', 131026],
    ['{"data":{"error":{"code":131026}}}', 131026],
    ['{"error":{"code":400,"data":{"code":131026}}}', 131026],
    ['{"error":{"code":0}}', 0],
    ['{"error":{"code":424242}}', 424242],
    ['{"error":{"code":-1}}', null],
    ['{"error":{"code":1.5}}', null],
    ['{"error":{"code":1e300}}', null],
    ['{"error":{"code":"0x10"}}', null],
    ['{"error":{"code":null}}', null],
    ['{"error":"131026"}', null],
    ['{"error":{"__proto__":{"code":131026}}}', null],
  ])("of %s is %s", (text, code) => {
    expect(readAnswer(text).errorCode).toBe(code);
  });

  it.each([
    ['{"error":{"code":9999999}}', 9_999_999],
    ['{"error":{"code":"9999999"}}', 9_999_999],
    ['{"error":{"code":10000000}}', null],
    ['{"error":{"code":"10000000"}}', null],
    ['{"error":{"code":""}}', null],
    ['{"error":{"code":[7]}}', null],
    ['{"error":{"code":true}}', null],
  ])("of %s, which the ledger has three bytes for, is %s", (text, code) => {
    expect(readAnswer(text).errorCode).toBe(code);
  });

  it("may be bare, but a gRPC status is not one", () => {
    expect(readAnswer('{"code":131026,"title":"x"}').flatCode).toBe(131026);
    expect(readAnswer('{"code":3,"message":"x","details":[]}').flatCode).toBeNull();
  });
});

it.each([
  ['{"messages":[{"message_status":"held_for_quality_assessment"}]}', true],
  ['{"messages":[{"message_status":"paused"}]}', true],
  ['{"data":{"messages":[{"message_status":"paused"}]}}', true],
  ['{"messages":[{"message_status":"accepted"}]}', false],
  ['{"message_status":"paused"}', false],
  ["{}", false],
])("whether WhatsApp holds the message of %s back: %s", (text, isHeld) => {
  expect(readAnswer(text).isHeld).toBe(isHeld);
});

it("the type of LiveChat's error is text, in its place", () => {
  expect(readAnswer('{"error":{"type":"validation"}}').errorType).toBe("validation");
  expect(readAnswer('{"error":{"type":7}}').errorType).toBeNull();
  expect(readAnswer('{"type":"validation"}').errorType).toBeNull();
  expect(readAnswer("[]").isList).toBe(true);
  expect(readAnswer("{}").isList).toBe(false);
});

it("a hostile body neither throws nor reaches a prototype", () => {
  const deep = `${'{"error":'.repeat(20_000)}1${"}".repeat(20_000)}`;

  expect(readAnswer(deep)).toMatchObject({ isWhole: true, id: null, errorCode: null });
  expect(readAnswer("[".repeat(100_000))).toMatchObject({ isWhole: false });
  expect(readAnswer('{"__proto__":{"polluted":1}}').isWhole).toBe(true);
  expect({}).not.toHaveProperty("polluted");
});
