import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../src/core/error-codes.ts";
import { type AnswerHeaders, classify, type SendOutcome } from "../../src/livechat/classify.ts";

/**
 * The whole space of answers: every status with every kind of body. What a message must never be
 * after an answer is said once, for all of them.
 */

/** Outcomes that put a message back to be sent again, by itself or after a person's `resume`. */
const SENT_AGAIN: ReadonlySet<SendOutcome["kind"]> = new Set([
  "not_sent",
  "aborted",
  "slow",
  "pair",
  "later",
  "account",
  "restricted",
  "template",
]);

const STATUSES = [
  ...[100, 101, 103, 199, 200, 201, 202, 203, 204, 205, 206, 207, 226, 299],
  ...[300, 301, 302, 303, 304, 305, 307, 308, 399],
  ...[400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 415, 418, 421, 422, 423, 425, 429],
  ...[431, 451, 499, 500, 501, 502, 503, 504, 507, 511, 599, 600, 999],
];

const codes = [...ERROR_CODES.map(({ code }) => code), 139, 424_242];

/** Bodies that report an error and name no message. */
const ERRORS: readonly string[] = codes.flatMap((code) => [
  `{"error":{"message":"x","type":"OAuthException","code":${code},"fbtrace_id":"Az8"}}`,
  `{"error":{"code":"${code}"}}`,
  `{"errors":[{"code":${code},"title":"x"}]}`,
  `{"code":${code},"title":"x"}`,
  `{"error":{"type":"validation","message":"x","data":{"code":${code}}}}`,
  `{"error":{"code":${code},"error_data":{"details":"x","code":${code}}}}`,
  `{"success":false,"errors":[{"code":${code}}],"messages":[],"result":null}`,
]);

/** Bodies without a message and without an error code. */
const PLAIN: readonly string[] = [
  "",
  "{}",
  "[]",
  "null",
  "true",
  "0",
  '""',
  "<html><body>x</body></html>",
  "Too many requests",
  '{"error":"no"}',
  '{"error":{}}',
  '{"message":"no"}',
  '{"messages":["try again later"]}',
  '{"id":null,"error":{"code":130429}}',
  '{"request_id":"r-1","error":{"code":130429}}',
];

/** Bodies with something that can be a message's id, or that says a message was taken. */
const NAMING: readonly string[] = [
  '"id":"lc-81"',
  '"id":42',
  '"id":1.5',
  '"id":9007199254740993',
  '"id":true',
  '"id":["x"]',
  '"id":{"_serialized":"x"}',
  '"_id":"x"',
  '"uuid":"x"',
  '"message_id":"x"',
  '"messageId":"x"',
  '"wamid":"x"',
  '"event_id":"x"',
  '"wa_id":"x"',
  '"messages":[{"id":"wamid.A"}]',
  '"messages":[{}]',
  '"messages":[{"message_status":"accepted"}]',
  '"data":{"messages":[{"id":"wamid.A"}]}',
  '"data":{"id":"x"}',
  '"result":{"message":{"id":"x"}}',
  '"note":"see wamid.A"',
  '"status":"queued"',
  '"queued":true',
  '"success":true',
  '"id":"x","id":null',
].flatMap((member) =>
  [130429, 131056, 131057, 190, 131048, 132001].flatMap((code) => [
    `{${member},"error":{"code":${code}}}`,
    `{${member},"code":${code}}`,
    `{"error":{"code":${code},"error_data":{${member}}}}`,
    `{"errors":[{"code":${code}}],"data":[{${member}}]}`,
  ]),
);

/** Bodies of which nobody can read the whole. */
const BROKEN: readonly string[] = [
  '{"id":"x"',
  '{"id":"x"}{"id":"y"}',
  '{"id":"x"}\n{"error":{"code":130429}}',
  "[{]",
  '<?xml version="1.0"?><message><id>x</id></message>',
  "<response><id>x</id></response>",
  "<html>sent as wamid.A</html>",
  '{"id":"wamid.A"}'.replaceAll(/./g, "$&\0"),
  "w\0a\0m\0i\0d\0.\0A\0",
];

function judge(status: number, body: string, headers: AnswerHeaders = {}): SendOutcome {
  return classify({
    stage: "after_request",
    complete: true,
    error: null,
    status,
    headers: { "content-length": "1", "content-type": "application/json", ...headers },
    body,
    nowMs: 0,
  });
}

/** The answers of which `holds` is not true, as "status body: kind". */
function exceptions(
  statuses: readonly number[],
  bodies: readonly string[],
  holds: (outcome: SendOutcome) => boolean,
  headers: AnswerHeaders = {},
): string[] {
  return statuses.flatMap((status) =>
    bodies.flatMap((body) => {
      const outcome = judge(status, body, headers);
      return holds(outcome) ? [] : [`${status} ${body}: ${outcome.kind}`];
    }),
  );
}

const inRange = (from: number, to: number) => STATUSES.filter((it) => it >= from && it <= to);
const isAccepted = ({ kind }: SendOutcome) => kind === "accepted";
const isUnknown = ({ kind }: SendOutcome) => kind === "unknown";
const isSentAgain = ({ kind }: SendOutcome) => SENT_AGAIN.has(kind);
const everything = [...ERRORS, ...PLAIN, ...NAMING, ...BROKEN];

describe("an answer", () => {
  it("with a 2xx is accepted or unknown, whatever else it says", () => {
    expect(
      exceptions(inRange(200, 299), everything, (it) => isAccepted(it) || isUnknown(it)),
    ).toEqual([]);
  });

  it("outside the 2xx is never accepted", () => {
    const others = STATUSES.filter((status) => status < 200 || status > 299);

    expect(exceptions(others, everything, (it) => !isAccepted(it))).toEqual([]);
  });

  it("that reports an error is never accepted", () => {
    // A bare 0, 139 or 200 may say anything.
    const reports = [...ERRORS, ...NAMING, ...BROKEN].filter(
      (body) => !/^\{"code":(0|139|200),/.test(body),
    );

    expect(exceptions(STATUSES, reports, (it) => !isAccepted(it))).toEqual([]);
  });

  it("with a status that may follow an accepted message is unknown, whatever it says", () => {
    const doubtful = [100, 199, 206, 207, 226, 299, 300, 302, 303, 304, 305, 399];
    doubtful.push(408, 409, 421, 425, 499, 502, 503, 504, 600, 999);

    expect(
      exceptions(
        doubtful,
        everything.filter((body) => !/\b(3|131045|131057|133000)\b/.test(body)),
        isUnknown,
      ),
    ).toEqual([]);
    expect(exceptions([302, 303, 408, 409, 421, 425, 600], everything, isUnknown)).toEqual([]);
  });

  it("that names a message is never sent again and never failed", () => {
    expect(exceptions(STATUSES, NAMING, (it) => isUnknown(it) || isAccepted(it))).toEqual([]);
  });

  it("that cannot be read whole is never sent again and never failed", () => {
    expect(
      exceptions(
        STATUSES.filter((it) => it >= 400),
        BROKEN,
        isUnknown,
      ),
    ).toEqual([]);
    const gzip = { "content-encoding": "gzip" };
    const others = STATUSES.filter((it) => ![301, 307, 308].includes(it));
    expect(exceptions(others, ["\u001f\ufffd\b", "{}"], isUnknown, gzip)).toEqual([]);
  });

  it("that tells where the message is now is not sent again", () => {
    const created = { location: "/whatsapp-numbers/1/template-messages/lc-83" };

    expect(
      exceptions(inRange(400, 599), [...ERRORS, ...PLAIN], (it) => !isSentAgain(it), created),
    ).toEqual([]);
  });

  it("that refuses, and says nothing else, still is what its code or status says", () => {
    const refused = '{"error":{"message":"x","code":130429,"fbtrace_id":"Az8"}}';

    expect(judge(429, refused)).toMatchObject({ kind: "slow", code: 130429 });
    expect(judge(400, refused)).toMatchObject({ kind: "slow", code: 130429 });
    expect(judge(429, "<html>Too many</html>")).toMatchObject({ kind: "slow", code: 429 });
    expect(judge(429, '{"messages":["wait"]}')).toMatchObject({ kind: "slow" });
    expect(judge(429, '{"request_id":"r-1"}')).toMatchObject({ kind: "slow" });
    expect(judge(401, "<!DOCTYPE html><html></html>")).toMatchObject({ kind: "account" });
    expect(judge(500, '{"error":{"code":131057}}')).toMatchObject({ kind: "later" });
    expect(judge(404, '{"error":{"code":132001}}')).toMatchObject({ kind: "template" });
    expect(
      judge(429, '{"success":false,"errors":[{"code":1015}],"messages":[],"result":null}'),
    ).toMatchObject({ kind: "slow" });
  });
});
