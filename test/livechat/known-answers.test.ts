import { expect, test } from "vitest";
import { createKnownAnswers } from "../../src/livechat/known-answers.ts";
import { readInFull } from "../../src/livechat/wire.ts";

const WAMIDS = [
  "wamid.HBgLNDg2MDAwMDAwMDAVAgARGBI5QUJDREVGMDEyMzQ1Njc4OTAA",
  "wamid.HBgNMjM0ODAzMzMzMzMzMxUCABEYEjAwMDAwMDAwMDAwMDAwMDAwMAA=",
  "wamid.failed/sent+not==",
];
const PHONES = ["48600000001", "20000000", "99999999999999999999", "10000000000"];

/** Names under which a text decides something, and ordinary ones. */
const NAMES =
  `success sent accepted failed rejected valid exists received created expired retry_after error
   errors error_code errorMessage code status_code http_status status state result type event kind
   message messages details title reason info data response id message_id wa_id input to recipient
   phone request_id template body message_status contacts warning`.split(/\s+/);

/** Around a wamid and a phone, `W` and `N`. */
const SHAPES = [
  '{"messaging_product":"whatsapp","contacts":[{"input":"N","wa_id":"N"}],"messages":[{"id":"W"}]}',
  '{"messages":[{"id":"W","message_status":"accepted"}]}',
  '{"messages":[{"id":"W","message_status":"held_for_quality_assessment"}]}',
  '{"id":"W"}',
  '{"data":{"id":"W"},"success":true}',
  '{"id":"W","success":false}',
  '{"id":"W","error":{"type":"N","code":131026}}',
  '{"error":{"id":"W"}}',
  '{"id":"N","messages":[{"id":"W"}]}',
  '[{"id":"W"}]',
  '{"id":"W","id":"W"}',
  '{"wamid":"W","id":"x"}',
  '{"x\\"id":"W"}',
  '{"note":"the id is,\\"id\\":\\"W\\",and N","id":"W"}',
  '{"a":["N"],"id":"W"}',
  '{"body":"{\\"id\\":\\"W\\"}"}',
  '{"id":"W","note":"N is on its way"}',
  '{"id":"W","N":"N"}',
  'say,"id":"W",',
  ...NAMES.map((name) => `{"${name}":"N","messages":[{"id":"W"}]}`),
  ...NAMES.map((name) => `{"x":{"${name}":"N","n":1},"id":"W"}`),
  ...NAMES.map((name) => `{"${name}":{"id":"W"}}`),
];

function textsOf(shape: string): string[] {
  return WAMIDS.flatMap((wamid) =>
    PHONES.map((phone) => shape.replaceAll("N", phone).replaceAll("W", wamid)),
  );
}

test.each(SHAPES)("an answer that looks like a known one reads as in full: %s", (shape) => {
  const read = createKnownAnswers(readInFull);
  for (const text of [...textsOf(shape), ...textsOf(shape)]) {
    expect(read(text), text).toEqual(readInFull(text));
  }
});

test("a text that could be mistaken for a phone is not taken for one", () => {
  const shape = '{"success":"N","messages":[{"id":"W"}]}';
  const read = createKnownAnswers(readInFull);
  const texts = ["0", "1", "00000000", "no", "12345", "020000000", "", "\u0001"].map((text) =>
    shape.replace("W", WAMIDS[0] ?? "").replace("N", text),
  );
  for (const known of textsOf(shape)) read(known);
  for (const text of texts) expect(read(text), text).toEqual(readInFull(text));
});

test("an answer of a known shape is read in full only once", () => {
  let inFull = 0;
  const read = createKnownAnswers((text) => {
    inFull++;
    return readInFull(text);
  });
  const [first = ""] = SHAPES;
  const ids = textsOf(first).map((text) => read(text).id);
  expect(ids).toEqual(WAMIDS.flatMap((wamid) => PHONES.map(() => wamid)));
  expect(inFull).toBe(1);
});

test("answers that are all different are not remembered for ever", () => {
  let inFull = 0;
  const read = createKnownAnswers((text) => {
    inFull++;
    return readInFull(text);
  });
  const answer = (second: number) => `{"at":${second},"messages":[{"id":"${WAMIDS[0]}"}]}`;
  for (let second = 0; second < 1_000; second++) read(answer(second));
  expect(inFull).toBe(1_000);
  for (const second of [0, 999]) read(answer(second));
  expect(inFull).toBe(1_002);
});
