import { describe, expect, it } from "vitest";
import type { Answer } from "../../src/livechat/classify.ts";
import { explainAnswer, probeAnswer } from "../../src/livechat/probe.ts";
import { UnansweredError } from "../../src/livechat/wire-errors.ts";

const HOST = "api.example";

function answered(status: number): Answer {
  const headers = { "content-length": "2" };
  return {
    ...{ stage: "after_request", complete: true, error: null },
    ...{ status, headers, body: "[]", nowMs: 0 },
  };
}

function unanswered(error: unknown, status: number | null = null): Answer {
  return {
    ...{ stage: "after_request", complete: false, error },
    ...{ status, headers: {}, body: "", nowMs: 0 },
  };
}

const failed = (error: unknown): Answer => ({ stage: "before_request", error });

describe("a probe", () => {
  it.each([
    [199, "unclear"],
    [200, "ok"],
    [299, "ok"],
    [300, "unclear"],
    [400, "unclear"],
    [401, "wrong_token"],
    [402, "unclear"],
    [403, "wrong_token"],
    [404, "wrong_number"],
    [429, "unclear"],
    [503, "unclear"],
  ])("that is answered with %i is %s", (status, verdict) => {
    expect(probeAnswer(answered(status), HOST)).toMatchObject({ verdict, status });
  });

  it("says the status and what it means", () => {
    expect(probeAnswer(answered(200), HOST).explanation).toBe(
      "api.example accepts the token and the number.",
    );
    expect(probeAnswer(answered(404), HOST).explanation).toMatch(
      /^api\.example answered HTTP 404: [A-Z].*\. [A-Z].*\.$/,
    );
    expect(probeAnswer(answered(600), HOST).explanation).toBe(
      "api.example answered HTTP 600: This response is undocumented.",
    );
  });

  it("without a whole answer reached nothing, whatever began to arrive", () => {
    for (const answer of [
      unanswered(new UnansweredError("answer_timeout")),
      unanswered(new Error("cut"), 200),
      failed(new Error("x")),
      { stage: "fenced" } as const,
    ]) {
      const probe = probeAnswer(answer, HOST);
      expect(probe).toEqual({
        verdict: "unreachable",
        status: null,
        explanation: explainAnswer(answer, HOST),
      });
    }
  });
});

describe("why there is no answer", () => {
  it("is the reason in words, without calling nothing sent, and what the system said", () => {
    const refused = Object.assign(new Error("connect 10.0.0.1"), { code: "ECONNREFUSED" });

    expect(explainAnswer(failed(refused), HOST)).toMatch(/^api\.example: .+ \(ECONNREFUSED\)$/);
    expect(explainAnswer(failed(refused), HOST)).not.toContain("nothing was sent");
    expect(explainAnswer(failed(new Error("odd")), HOST)).toMatch(/^api\.example: .+ \(odd\)$/);
    expect(explainAnswer(failed(new Error("")), HOST)).not.toMatch(/[()]/);
    expect(explainAnswer(failed("odd"), HOST)).not.toMatch(/[()]/);
    expect(explainAnswer(failed(Object.assign(new Error("odd"), { code: 7 })), HOST)).toMatch(
      /\(odd\)$/,
    );
  });

  it("is told apart: no answer in time, and no connection free", () => {
    const late = explainAnswer(unanswered(new UnansweredError("answer_timeout")), HOST);

    expect(late).toMatch(/^api\.example: /);
    expect(late).not.toContain("busy");
    expect(explainAnswer({ stage: "fenced" }, HOST)).toBe(
      "api.example was not asked: every connection is busy.",
    );
  });
});
