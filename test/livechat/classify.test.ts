import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ERROR_CODES, type ErrorClass } from "../../src/core/error-codes.ts";
import {
  type Answer,
  type AnswerHeaders,
  classify,
  type SendOutcome,
} from "../../src/livechat/classify.ts";
import { UnansweredError } from "../../src/livechat/wire-errors.ts";

function complete(status: number, body: string, headers: AnswerHeaders = {}): Answer {
  return {
    stage: "after_request",
    complete: true,
    error: null,
    status,
    headers: { "content-length": String(body.length), ...headers },
    body,
    nowMs: Date.UTC(2026, 10, 22, 10, 0, 0),
  };
}

function kindOf(status: number, body: string): string {
  return classify(complete(status, body)).kind;
}

const KIND: Record<ErrorClass, SendOutcome["kind"]> = {
  slow: "slow",
  pair: "pair",
  later: "later",
  account: "account",
  restricted: "restricted",
  template: "template",
  message: "failed",
  recipient: "failed",
  optout: "failed",
  ambiguous: "unknown",
};

describe("(a) a request that never left", () => {
  it.each([
    ["ENOTFOUND", "not_sent_dns"],
    ["EAI_AGAIN", "not_sent_dns"],
    ["ECONNREFUSED", "not_sent_connect"],
    ["ECONNRESET", "not_sent_connect"],
    ["EHOSTUNREACH", "not_sent_connect"],
    ["UND_ERR_CONNECT_TIMEOUT", "not_sent_connect"],
    ["CERT_HAS_EXPIRED", "not_sent_tls"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "not_sent_tls"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "not_sent_tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "not_sent_tls"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "not_sent_tls"],
    ["EMFILE", "not_sent_other"],
  ])("because of %s was not sent: %s", (code, reason) => {
    const error = Object.assign(new Error("x"), { code });

    expect(classify({ stage: "before_request", error })).toEqual({ kind: "not_sent", reason });
  });

  it("was not sent, whatever the error is", () => {
    expect(classify({ stage: "before_request", error: "odd" }).kind).toBe("not_sent");
    expect(classify({ stage: "fenced" })).toEqual({ kind: "aborted" });
  });
});

describe("(b) an incomplete answer", () => {
  it.each([
    ["ECONNRESET", null, "reset_after_request"],
    ["EPIPE", null, "reset_after_request"],
    ["UND_ERR_SOCKET", null, "reset_after_request"],
    ["ECONNREFUSED", null, "unheard_of"],
    ["ENOTFOUND", null, "unheard_of"],
    ["UND_ERR_HEADERS_TIMEOUT", null, "answer_timeout"],
    ["UND_ERR_BODY_TIMEOUT", 200, "answer_timeout"],
    ["UND_ERR_DESTROYED", null, "drained"],
    ["UND_ERR_SOCKET", 200, "answer_cut"],
    ["UND_ERR_SOCKET", 429, "answer_cut"],
    ["EBOGUS", null, "unheard_of"],
  ])("%s after status %s is unknown: %s", (code, status, reason) => {
    const error = Object.assign(new Error("x"), { code });
    const answer = { ...complete(status ?? 0, '{"id":"wamid.A"}'), complete: false, error, status };

    expect(classify(answer as Answer)).toEqual({
      kind: "unknown",
      reason,
      code: 0,
      httpStatus: status ?? 0,
      id: null,
      isWamid: false,
    });
  });

  it("is unknown too when only the connection's end ends it and the body is not whole", () => {
    const headers = { "content-length": undefined };

    for (const [status, body] of [
      [200, ""],
      [200, '{"messages":[{"id":"wamid.A"'],
      [200, "<html>"],
      [400, '{"error":{"code":13105'],
      [429, ""],
    ] as const) {
      expect(classify(complete(status, body, headers))).toMatchObject({
        kind: "unknown",
        reason: "answer_cut",
      });
    }
    expect(classify(complete(200, '{"id":"wamid.A"}', headers)).kind).toBe("accepted");
    expect(classify(complete(204, "", headers)).kind).toBe("accepted");
    expect(
      classify(complete(429, "x", { ...headers, "transfer-encoding": "gzip, chunked" })).kind,
    ).toBe("slow");
    expect(
      classify(complete(429, "x", { ...headers, "transfer-encoding": "chunked, gzip" })).kind,
    ).toBe("unknown");
  });
});

describe("(c) a complete 2xx", () => {
  it.each([
    ["", null, false],
    ['{"ok":true}', null, false],
    ['{"id":"ref-1"}', "ref-1", false],
    ['{"error":null,"errors":[],"id":"wamid.A"}', "wamid.A", true],
    ['{"code":0,"message":"ok"}', null, false],
    ['{"code":200,"status":"success"}', null, false],
    ['{"id":{"_serialized":"odd"}}', null, false],
    ['{"id":9007199254740993}', null, false],
    ['{"id":"wamid.A","warning":{"code":131049,"error":"near the limit"}}', "wamid.A", true],
    ['{"id":"ref-1","warnings":[{"code":130429}]}', "ref-1", false],
  ])("%s is accepted", (body, id, isWamid) => {
    expect(classify(complete(200, body))).toEqual({ kind: "accepted", id, isWamid, held: false });
  });

  it("held by WhatsApp is accepted, and says so", () => {
    const body = '{"messages":[{"id":"wamid.A","message_status":"held_for_quality_assessment"}]}';

    expect(classify(complete(200, body))).toMatchObject({ kind: "accepted", held: true });
  });

  it.each([
    ['{"error":{"code":0}}', 0],
    ['{"error":{"code":200}}', 200],
    ['{"errors":[{"code":299}]}', 299],
    ['{"error":{"type":"too_many_requests"}}', 0],
    ['{"error":{"code":190}}', 190],
    ['{"errors":[{"code":"131026"}]}', 131026],
    ['{"code":131056,"title":"Pair limit"}', 131056],
    ['{"code":429}', 0],
    ['{"code":190}', 0],
    ['{"code":424242}', 424242],
    ['{"code":1000,"message":"done"}', 1000],
    ['{"error":"invalid number"}', 0],
    ['{"error":{"code":424242}}', 424242],
    ['{"success":false}', 0],
    ['{"data":{"success":"false"}}', 0],
    ['{"status":"failed"}', 0],
    ['{"statusCode":503}', 0],
    ['{"error_message":"down"}', 0],
    ['{"results":[{"error_code":130429}]}', 0],
    ['{"error":{"code":130429},"error":null}', 0],
  ])("that reports an error is unknown: %s", (body, code) => {
    for (const status of [200, 201, 202, 204]) {
      expect(classify(complete(status, body))).toMatchObject({
        kind: "unknown",
        reason: "answer_contradicts",
        code,
      });
    }
  });

  it("that reports an error keeps the id that came with it, for a webhook to find", () => {
    const wamid = '{"messages":[{"id":"wamid.A"}],"error":{"code":130429}}';
    const reference = '{"id":"lc-81","status":"queued","error":{"code":130429}}';

    expect(classify(complete(200, wamid))).toMatchObject({ id: "wamid.A", isWamid: true });
    expect(classify(complete(202, reference))).toMatchObject({
      kind: "unknown",
      code: 130429,
      id: "lc-81",
      isWamid: false,
    });
  });

  it.each([
    [200, "<html>Down for maintenance</html>"],
    [200, "OK"],
    [200, "true"],
    [200, '"wamid.A"'],
    [200, "[]"],
    [200, '[{"id":"wamid.A"}]'],
    [200, '{"id":"ref-1"}{"id":"ref-2"}'],
    [206, '{"id":"wamid.A"}'],
    [207, '{"id":"ref-1"}'],
    [226, ""],
    [299, ""],
  ])("%i %s is unclear, so it is unknown", (status, body) => {
    expect(classify(complete(status, body))).toMatchObject({
      kind: "unknown",
      reason: "answer_unclear",
    });
  });

  it("in a coding that nobody asked for is unknown, and identity is no coding", () => {
    const body = '{"id":"wamid.A"}';

    expect(classify(complete(200, "\u001f\ufffd", { "content-encoding": "gzip" }))).toMatchObject({
      reason: "answer_unclear",
    });
    expect(classify(complete(200, body, { "content-encoding": "identity" })).kind).toBe("accepted");
  });
});

describe("(d) a known code", () => {
  it.each(ERROR_CODES.map((row) => [row.code, row.class] as const))(
    "%i on a 400 is %s",
    (code, decided) => {
      for (const body of [
        `{"error":{"code":${code}}}`,
        `{"error":{"code":"${code}"}}`,
        `{"errors":[{"code":${code}}]}`,
        `{"code":${code},"title":"x"}`,
      ]) {
        const outcome = classify(complete(400, body));

        expect(outcome.kind).toBe(KIND[decided]);
        if (outcome.kind === "failed") expect(outcome.optOut).toBe(decided === "optout");
        if (outcome.kind !== "unknown") expect(outcome).toMatchObject({ code });
      }
    },
  );

  it("on a 5xx refuses only with 3, 131045, 131057 and 133000", () => {
    const refusing = ERROR_CODES.filter(
      (row) => kindOf(500, `{"error":{"code":${row.code}}}`) !== "unknown",
    );

    expect(refusing.map((row) => row.code)).toEqual([3, 131045, 131057, 133000]);
    expect(kindOf(500, '{"code":3}')).toBe("unknown");
  });

  it("comes before the status", () => {
    expect(kindOf(401, '{"error":{"code":131026}}')).toBe("failed");
    expect(kindOf(429, '{"error":{"code":131056}}')).toBe("pair");
    expect(kindOf(404, '{"error":{"code":132001}}')).toBe("template");
  });

  it("beside one that says it may have been sent proves nothing", () => {
    expect(kindOf(400, '{"errors":[{"code":131056},{"code":131000}]}')).toBe("unknown");
    expect(kindOf(429, '{"error":{"code":130429,"error_data":{"code":2}}}')).toBe("unknown");
  });

  it("that says later may say how much later", () => {
    const answer = complete(500, '{"error":{"code":131057}}', { "retry-after": "90" });

    expect(classify(answer)).toMatchObject({ kind: "later", code: 131057, retryAfterMs: 90_000 });
  });
});

describe("(e) no known code", () => {
  it.each([
    [100, "unknown"],
    [199, "unknown"],
    [300, "unknown"],
    [301, "account"],
    [302, "unknown"],
    [303, "unknown"],
    [304, "unknown"],
    [307, "account"],
    [308, "account"],
    [400, "failed"],
    [401, "account"],
    [402, "account"],
    [403, "account"],
    [404, "account"],
    [405, "account"],
    [408, "unknown"],
    [409, "unknown"],
    [410, "failed"],
    [413, "failed"],
    [415, "account"],
    [421, "unknown"],
    [422, "failed"],
    [425, "unknown"],
    [429, "slow"],
    [499, "unknown"],
    [500, "unknown"],
    [502, "unknown"],
    [503, "unknown"],
    [504, "unknown"],
    [599, "unknown"],
    [600, "unknown"],
    [999, "unknown"],
  ])("%i is %s", (status, kind) => {
    for (const body of ["", "<html>", "{}", '{"error":"no"}', '{"error":{"code":null}}']) {
      const outcome = classify(complete(status, body));

      expect(outcome.kind).toBe(kind);
      expect(outcome).toMatchObject({ code: status });
    }
  });

  it.each([
    [100, "unheard_of"],
    [199, "unheard_of"],
    [300, "http_3xx"],
    [399, "http_3xx"],
    [499, "ambiguous_code"],
    [500, "http_5xx"],
    [599, "http_5xx"],
    [600, "unheard_of"],
    [999, "unheard_of"],
  ])("%i says in its reason what the status leaves open: %s", (status, reason) => {
    expect(classify(complete(status, ""))).toMatchObject({ kind: "unknown", reason });
    // To the last of the 5xx, a code may prove all the same that nothing was sent.
    const isLater = kindOf(status, '{"error":{"code":131057}}') === "later";
    expect(isLater).toBe(reason === "http_5xx");
  });

  it("a small code beside no error counts on a 4xx to its end, and on no 5xx", () => {
    expect(classify(complete(499, '{"code":4}'))).toMatchObject({ code: 4 });
    expect(classify(complete(500, '{"code":4}'))).toMatchObject({ code: 500 });
  });

  it("an unheard-of code on a 4xx is kept for the operator", () => {
    expect(classify(complete(400, '{"error":{"code":139}}'))).toEqual({
      kind: "failed",
      code: 139,
      httpStatus: 400,
      optOut: false,
    });
  });

  it.each([
    ["authentication", "account"],
    ["authorization", "account"],
    ["license_expired", "account"],
    ["not_found", "account"],
    ["too_many_requests", "slow"],
    ["limit_reached", "slow"],
    ["validation", "failed"],
    ["request_timeout", "unknown"],
    ["service_unavailable", "unknown"],
    ["internal", "unknown"],
    ["something_new", "failed"],
    ["__proto__", "failed"],
  ])("LiveChat's %s on a 400 is %s, and never more certain on a 5xx", (type, kind) => {
    const body = JSON.stringify({ error: { type, message: "x" } });

    expect(kindOf(400, body)).toBe(kind);
    expect(kindOf(500, body)).toBe("unknown");
    expect(kindOf(408, body)).toBe("unknown");
    expect(kindOf(429, body)).toBe("slow");
  });
});

it.each([
  ["7", 7_000],
  ["0", 0],
  [" 12 ", 12_000],
  ["99999999999999", 3_600_000],
  ["Sun, 22 Nov 2026 10:00:05 GMT", 5_000],
  ["Sun, 22 Nov 2026 09:00:00 GMT", 0],
  ["-1", null],
  ["1.5", null],
  ["soon", null],
  ["", null],
])("Retry-After %j is %s ms", (value, retryAfterMs) => {
  expect(classify(complete(429, "", { "retry-after": value }))).toEqual({
    kind: "slow",
    code: 429,
    httpStatus: 429,
    retryAfterMs,
  });
});

describe("whatever comes back", () => {
  const code = fc.oneof(
    fc.constantFrom(...ERROR_CODES.map((row) => row.code)),
    fc.integer(),
    fc.string(),
    fc.jsonValue(),
  );
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    code.map((it) => JSON.stringify({ error: { code: it } })),
    code.map((it) => JSON.stringify({ code: it, id: "x" })),
    fc.string().map((it) => JSON.stringify({ messages: [{ id: it }] })),
  );
  const headers = fc.dictionary(
    fc.constantFrom("retry-after", "date", "content-length", "transfer-encoding", "__proto__"),
    fc.oneof(fc.string(), fc.array(fc.string())),
  );
  const status = fc.oneof(fc.integer({ min: 100, max: 999 }), fc.constantFrom(200, 400, 429, 500));
  const error = fc.oneof(
    fc.anything(),
    fc
      .constantFrom("ECONNREFUSED", "ENOTFOUND", "EPROTO")
      .map((it) => Object.assign(new Error("x"), { code: it })),
    fc.constant(new UnansweredError("answer_timeout")),
  );

  it("an incomplete answer is unknown", () => {
    fc.assert(
      fc.property(fc.option(status), body, headers, error, (status_, body_, headers_, error_) => {
        const outcome = classify({
          stage: "after_request",
          complete: false,
          error: error_,
          status: status_,
          headers: headers_,
          body: body_,
          nowMs: 0,
        });

        expect(outcome.kind).toBe("unknown");
      }),
    );
  });

  it("a complete one never throws, is accepted on a 2xx only, and never aborted or not sent", () => {
    fc.assert(
      fc.property(status, body, headers, (status_, body_, headers_) => {
        const outcome = classify({ ...complete(status_, body_), headers: headers_ } as Answer);

        expect(["aborted", "not_sent"]).not.toContain(outcome.kind);
        if (outcome.kind === "accepted") {
          expect(status_).toBeGreaterThanOrEqual(200);
          expect(status_).toBeLessThan(300);
          expect(outcome.id?.length ?? 0).toBeLessThanOrEqual(256);
        }
        if (status_ >= 500 && outcome.kind !== "unknown") {
          expect(["account", "later"]).toContain(outcome.kind);
        }
      }),
    );
  });
});
