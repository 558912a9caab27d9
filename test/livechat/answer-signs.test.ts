import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify } from "../../src/livechat/classify.ts";
import { metaRefusal, platformRefusal } from "../../src/sandbox/api-error.ts";

/** What an answer says of its message in members and sentences of no documented kind. */

function kindOf(status: number, body: unknown): string {
  return classify({
    stage: "after_request",
    complete: true,
    error: null,
    status,
    headers: { "content-length": "1", "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    nowMs: 0,
  }).kind;
}

/** The bodies of which the answer is not `kind`. */
function others(status: number, bodies: readonly unknown[], kind: string): string[] {
  return bodies
    .filter((body) => kindOf(status, body) !== kind)
    .map((body) => `${JSON.stringify(body)}: ${kindOf(status, body)}`);
}

const template = {
  name: "payment_failed",
  language: { code: "en_US" },
  status: "rejected",
  components: [
    { type: "header", parameters: [{ type: "text", text: "Delivery not accepted" }] },
    { type: "body", parameters: [{ type: "text", parameter_name: "error", text: "failed" }] },
    {
      type: "button",
      sub_type: "url",
      index: "0",
      parameters: [{ type: "text", text: "invalid" }],
    },
  ],
};

/** Answers that say a message was taken, or nothing of it. */
const GOOD: readonly unknown[] = [
  "",
  {},
  {
    messaging_product: "whatsapp",
    contacts: [{ input: "16505551234", wa_id: "16505551234" }],
    messages: [{ id: "wamid.A", message_status: "accepted" }],
  },
  { messages: [{ id: "wamid.A", message_status: "held_for_quality_assessment" }] },
  { messages: [{ id: "wamid.A", message_status: "paused" }] },
  // Names of more than 64 letters are not read: they would cost the patterns time for each letter.
  { id: "tm_1", [`${"is".repeat(40)}failed`]: true },
  { id: "wamid.A" },
  { id: "tm_1" },
  { id: "tm_1", to: "16505551234", template },
  { id: "tm_1", status: "scheduled", schedule: "2026-11-29T17:00:00Z", template },
  { id: "tm_1", status: "queued", error: null, errors: [], failed: 0, warnings: [] },
  { id: "tm_1", status: "queued", error: false, errors: "", is_failed: false },
  { id: "tm_1", components: template.components, parameters: ["failed", "not sent"] },
  { id: "tm_1", body: "Your payment failed. It was not accepted.", text: "Sorry, cancelled" },
  { id: "tm_1", body: { text: "rejected" }, variables: { status: "failed", success: false } },
  { id: "tm_1", message: "Your payment failed", type: "template", template_name: "payment_failed" },
  { data: { id: "tm_1", type: "template_message", attributes: { state: "MESSAGE_QUEUED" } } },
  { request_id: "r-1", status: "accepted", status_callback: "https://example.com/failed" },
  { success: true },
  { success: 1, message: "ok" },
  { ok: "yes", description: "Template payment reminder" },
  { status: "success", data: { accepted: 1, rejected: 0, failed: [] } },
  { status: 200, message: "Accepted" },
  { status: "202 Accepted" },
  { statusCode: "200", statusText: "OK" },
  { code: 0, message: "ok" },
  { errcode: 0, errmsg: "ok" },
  { code: "OK" },
  { accepted: ["16505551234"], rejected: [] },
  { message: "Message queued" },
  { message: "Your message has been sent." },
  { message: "Message will be delivered shortly" },
  { detail: "Request received" },
  { messages: ["Message accepted"], queued: true },
  { success: true, errors: [], messages: [], result: { id: "x" } },
  { result: { status: { groupName: "PENDING", name: "PENDING_ACCEPTED" } } },
  { id: "tm_1", template_data: { error: "x" }, body_parameters: [{ status: "failed" }] },
  { id: "tm_1", created: 1727862637, completed: null, received: 1 },
  { sentAt: "2026-11-29T17:00:00Z", sent: "2026-11-29T17:00:00Z" },
];

/** Answers in which something says no, or nothing known says yes. */
const BAD: readonly unknown[] = [
  { success: 0 },
  { success: "0" },
  { success: "" },
  { success: null },
  { success: "FALSE" },
  { success: "nein" },
  { success: -1 },
  { ok: "no" },
  { OK: "N" },
  { accepted: 0 },
  { accepted: [] },
  { accepted: [], rejected: ["16505551234"] },
  { queued: "off" },
  { sent: "never" },
  { delivered: "not yet" },
  { valid: 0 },
  { isValid: "false" },
  { is_success: false },
  { wasSent: "No" },
  { "Message-Sent": 0 },
  { messages_sent: 0 },
  { accepted_count: "0" },
  { not_sent: true },
  { unsent: 1 },
  { notAccepted: "yes" },
  { failed: ["16505551234"] },
  { failed_count: 1 },
  { rejected: "spam" },
  { is_blocked: true },
  { invalid: 1 },
  { dry_run: true },
  { quotaExceeded: true },
  { retry_after: 30 },
  { processed: "no" },
  { decision: "reject" },
  { violations: [{}] },
  { retryable: true },
  { status: "not_sent" },
  { status: "NOT-ACCEPTED" },
  { status: "notSent" },
  { status: "unsent" },
  { status: "validation_error" },
  { status: "ValidationError" },
  { status: "sent_with_errors" },
  { status: "partially accepted" },
  { status: "could not be queued" },
  { status: "accepted_by_gremlins" },
  { status: "abgelehnt" },
  { status: "\u274c" },
  { status: 0 },
  { status: 1 },
  { status: -1 },
  { status: "429" },
  { status: "403 Forbidden" },
  { status: ["failed"] },
  { status: { value: "failed" } },
  { status: { groupName: "REJECTED", name: "REJECTED_NETWORK" } },
  { state: "undeliverable" },
  { state: "queue_full" },
  { result: "rejected" },
  { result: false },
  { result: "wrong number" },
  { outcome: "throttled" },
  { delivery_status: "bounced" },
  { messages: [{ status: "invalid" }] },
  { contacts: [{ input: "1", status: "failed" }] },
  { code: "RATE_LIMITED" },
  { code: "E1001" },
  { code: 4001 },
  { code: -1 },
  { resultCode: "17" },
  { errno: 13 },
  { errcode: 45009, errmsg: "reach max api daily quota limit" },
  { failure_reason: "spam" },
  { validationErrors: { to: "too short" } },
  { type: "error" },
  { type: "about:blank", title: "Out of credit" },
  { event: "message.failed", data: {} },
  { level: "ERROR" },
  { message: "too many requests" },
  { detail: "Rate limit exceeded" },
  { details: ["Number is not on WhatsApp"] },
  { title: "Bad request" },
  { description: "Message couldn't be queued" },
  { message: "Message accepted but the limit is exceeded" },
  { message: "Only approved templates can be sent" },
  { message: "Zu viele Anfragen" },
  { message: "Please try again" },
  { reason: "insufficient balance" },
  { data: "Invalid template" },
  { messages: ["try again later"] },
  { messages: [] },
  { success: true, message: "Not enough balance" },
  { status: "accepted", detail: "Message was not sent" },
  { warning: "The message was not sent" },
  { id: "req-1", message: "Rate limit exceeded" },
  { id: "req-1", detail: "The message could not be sent" },
  { id: "lc-1", success: 0 },
  { id: "wamid.A", status: "rejected" },
  { body: '{"success":false}' },
  { statusCode: 200, body: '{"error":"x"}' },
];

/** Statements beside a refusal which say that a message was taken all the same. */
const TAKEN: readonly unknown[] = [
  { accepted: 1 },
  { accepted: "1" },
  { queued: "yes" },
  { Queued: "Y" },
  { isSent: true },
  { message_sent: "true" },
  { sent: ["16505551234"] },
  { accepted: [{ to: "16505551234" }] },
  { success: "ja" },
  { not_sent: false },
  { failed: "no" },
  { status: "queued" },
  { status: "MessageQueued" },
  { state: "PENDING" },
  { status: 202 },
  { status: 1 },
  { status: "accepted_by_gremlins" },
  { data: [{ outcome: "enqueued" }] },
  { success: { value: 1 } },
  { processed: true },
  { message: "Message queued" },
  { detail: "The message was sent already" },
  { message: "Duplicate: it was already accepted" },
  { message: "The message will be retried automatically" },
  { error: "Duplicate: the message was accepted before" },
  { event: "message.sent" },
  { body: '{"accepted":true}' },
];

describe("on a 2xx", () => {
  it("a document about a problem is unknown (RFC 9457)", () => {
    const outcome = classify({
      stage: "after_request",
      complete: true,
      error: null,
      status: 200,
      headers: { "content-length": "2", "content-type": "application/problem+json" },
      body: "{}",
      nowMs: 0,
    });

    expect(outcome).toMatchObject({ kind: "unknown", reason: "answer_unclear" });
  });

  it("an answer that says yes, or nothing, is accepted, whatever it echoes", () => {
    expect(others(200, GOOD, "accepted")).toEqual([]);
    expect(others(202, GOOD, "accepted")).toEqual([]);
  });

  it("an answer in which anything says no, or says what is not known, is unknown", () => {
    expect(others(200, BAD, "unknown")).toEqual([]);
    expect(
      others(
        201,
        BAD.map((data) => ({ data: [{ data }] })),
        "unknown",
      ),
    ).toEqual([]);
  });
});

it.each([
  [{ message: "Thank you" }, "answer_unclear"],
  [{ status: 1 }, "answer_unclear"],
  [{ success: 0 }, "answer_contradicts"],
  [{ message: "Rate limit exceeded" }, "answer_contradicts"],
])("%j on a 200 is unknown as %s", (body, reason) => {
  const headers = { "content-length": "1" };
  const answer = { stage: "after_request", complete: true, error: null, status: 200 } as const;

  expect(classify({ ...answer, headers, body: JSON.stringify(body), nowMs: 0 })).toMatchObject({
    kind: "unknown",
    reason,
  });
});

describe("on a refusal", () => {
  it("a statement that a message was taken makes it unknown", () => {
    for (const status of [400, 401, 404, 422, 429]) {
      expect(others(status, TAKEN, "unknown")).toEqual([]);
      expect(
        others(
          status,
          TAKEN.map((it) => ({ error: { code: 130429, data: it } })),
          "unknown",
        ),
      ).toEqual([]);
    }
  });

  it("what says no, or nothing known, leaves it refused", () => {
    const refusing = BAD.filter((body) => {
      const text = JSON.stringify(body);
      // An id, or what may be a yes too.
      return !/"id"|"nein"|"status":1}|gremlins|"code"|contacts|"messages":\[\{|accepted"|true|:200/.test(
        text,
      );
    });

    expect(refusing.length).toBeGreaterThan(60);
    expect(others(429, refusing, "slow")).toEqual([]);
  });

  it("the errors of WhatsApp and of LiveChat's platform stay what they are", () => {
    const known = [4, 33, 100, 130429, 130472, 131026, 131047, 131048, 131049, 131050, 131056];
    known.push(132000, 132001, 132012, 132015, 133010, 135000);
    const bodies = known.map((code) => metaRefusal(code));
    bodies.push(platformRefusal(429, "too_many_requests", "Too many requests"));
    bodies.push(platformRefusal(422, "validation", "`to` must be sent as a string"));
    bodies.push(platformRefusal(429, "limit_reached", "Too many messages were sent"));
    const issue = { code: "invalid_type", expected: "string", received: "number" };
    bodies.push({ ...platformRefusal(400, "", ""), body: JSON.stringify({ issues: [issue] }) });

    const unsure = bodies.filter((it) => kindOf(it.httpStatus, it.body) === "unknown");

    expect(unsure).toEqual([]);
  });
});

describe("however it is spelled and wherever it stands", () => {
  const words = fc.constantFrom(
    ["success"],
    ["ok"],
    ["is", "accepted"],
    ["message", "queued"],
    ["was", "sent"],
    ["messages", "accepted", "count"],
  );
  const name = words.chain((parts) =>
    fc.constantFrom(
      parts.join("_"),
      parts.join("-"),
      parts.join(" "),
      parts.join(""),
      parts.join("_").toUpperCase(),
      parts.map((it, at) => (at === 0 ? it : it[0]?.toUpperCase() + it.slice(1))).join(""),
      parts.map((it) => it[0]?.toUpperCase() + it.slice(1)).join(""),
    ),
  );
  const spelled = (...values: unknown[]) => fc.constantFrom(...values);
  const yes = spelled(true, 1, "1", "true", "True", " YES ", "y", "on", "OK");
  const no = spelled(false, 0, "0", "false", "False", " NO ", "n", "off", "none");
  const around = fc.array(
    fc.constantFrom(
      (it: unknown) => ({ data: it }),
      (it: unknown) => [it],
      (it: unknown) => ({ request_id: "r-1", result: it }),
      (it: unknown) => ({ body: JSON.stringify(it) }),
    ),
    { maxLength: 4 },
  );
  const placed = (value: fc.Arbitrary<unknown>) =>
    fc.tuple(name, value, around).map(([key, member, layers]) => {
      let body: unknown = { [key]: member };
      for (const wrap of layers) body = wrap(body);
      return { response: body };
    });

  it("a no is never accepted, and leaves a refusal as it is", () => {
    fc.assert(
      fc.property(placed(no), (body) => {
        expect([kindOf(200, body), kindOf(429, body)]).toEqual(["unknown", "slow"]);
      }),
    );
  });

  it("a yes is accepted, and makes a refusal unknown", () => {
    fc.assert(
      fc.property(placed(yes), (body) => {
        expect([kindOf(200, body), kindOf(429, body)]).toEqual(["accepted", "unknown"]);
      }),
    );
  });
});

describe("a key that occurs twice", () => {
  const refused = '"error":{"code":130429}';

  it.each([
    `{${refused},"x":1,"x":2}`,
    `{"x":"ends with an escape\\n","x":"\\"",${refused}}`,
    `{${refused},"a":{"\\"":1,"\\"":2}}`,
    `[{${refused}},{"y":1,"y":1}]`,
  ])("makes a refusal unknown: %s", (body) => {
    expect(kindOf(429, body)).toBe("unknown");
  });

  it.each([
    `{${refused},"x":"a:b","y":": \\": :"}`,
    `{${refused},"x":"ends with an escape\\n","y":"\\\\","z":"\\u003a"}`,
    `{${refused},"a:b\\"":1,"c":{"x":1},"d":{"x":1}}`,
    `{${refused},"quoted":"{\\"x\\":1}"}`,
  ])("is not seen in what is written inside strings: %s", (body) => {
    expect(kindOf(429, body)).toBe("slow");
  });
});

it("a hostile body does not keep the reader busy", () => {
  const long = "sending".repeat(100_000);
  const bodies = [
    { [long]: 1 },
    { status: "A".repeat(1_000_000) },
    { message: "not ".repeat(200_000) },
    { message: "[".repeat(500_000) },
    Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`send${at}`, "[1]"])),
  ];

  // Reading that grew with the square of the length would take minutes, and end at the time limit.
  expect(bodies.map((body) => kindOf(200, body))).toEqual([
    "accepted",
    "unknown",
    "unknown",
    "unknown",
    "accepted",
  ]);
});
