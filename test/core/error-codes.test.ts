import { describe, expect, it } from "vitest";
import {
  describeCode,
  ERROR_CODES,
  type ErrorClass,
  errorCode,
  HTTP_ANSWERS,
  httpAnswer,
} from "../../src/core/error-codes.ts";

const CLASSES: Record<ErrorClass, number[]> = {
  slow: [4, 80007, 130429],
  pair: [131056],
  later: [131057, 134101, 2494100],
  account: [
    0, 3, 10, 33, 190, 200, 131005, 131031, 131037, 131042, 131044, 131045, 131063, 133000, 133005,
    133006, 133008, 133009, 133010, 133015, 133016, 134011,
  ],
  restricted: [368, 131048, 131064],
  template: [132000, 132001, 132007, 132015, 132016, 132068, 132069, 134102],
  message: [
    100, 131008, 131009, 131020, 131041, 131047, 131051, 131052, 131053, 131055, 131201, 132005,
    132008, 132012, 132018, 134100, 135000, 137000, 138000, 139000,
  ],
  recipient: [130403, 130472, 130497, 131021, 131026, 131030, 131049, 131062],
  optout: [131050],
  ambiguous: [1, 2, 131000, 131016, 133004, 1752041],
};

describe("the table of error codes", () => {
  it.each(Object.entries(CLASSES))("class %s", (name, codes) => {
    expect(ERROR_CODES.filter((row) => row.class === name).map((row) => row.code)).toEqual(codes);
  });

  it("is in ascending order, and no two rows overlap", () => {
    const ends = ERROR_CODES.map((row) => row.last ?? row.code);

    for (const [i, row] of ERROR_CODES.slice(1).entries()) {
      expect(row.code).toBeGreaterThan(ends[i] ?? -1);
    }
  });

  it("has a title and one sentence of advice in each row", () => {
    for (const row of [...ERROR_CODES, ...HTTP_ANSWERS]) {
      expect(row.title).toMatch(/^\S.{3,60}[^.\s]$/);
      expect(row.advice).toMatch(/^[A-Z].{15,110}[^.]\.$/);
    }
  });

  it("has no code that could be the HTTP status of an answer, except 368", () => {
    const inside = ERROR_CODES.filter((row) => (row.last ?? row.code) >= 300 && row.code <= 599);

    expect(inside.map((row) => row.code)).toEqual([368]);
  });
});

describe("a code", () => {
  it("is found by itself or by its range", () => {
    expect(errorCode(131026)?.class).toBe("recipient");
    expect(errorCode(200)).toBe(errorCode(299));
    expect(errorCode(131215)?.code).toBe(131201);
    expect(errorCode(138500)?.class).toBe("message");
  });

  it.each([-1, 1.5, 199, 300, 131200, 131216, 999999, Number.NaN])("%d is nobody's", (code) => {
    expect(errorCode(code)).toBeUndefined();
  });

  it("promises no retry where a webhook reports it: only a campaign that asks for it retries", () => {
    for (const { advice } of ERROR_CODES) expect(advice).not.toMatch(/retries|again automatically/);
  });

  it("has words, known or not", () => {
    expect(describeCode(131026).title).toBe("Message undeliverable");
    expect(describeCode(422).title).toBe("Message refused without an error code (HTTP 422)");
    expect(describeCode(404).title).toBe("Sending number not found (HTTP 404)");
    expect(describeCode(424242).title).toBe("Unknown error 424242");
  });
});

it("an HTTP status outside 300 to 599 says nothing by itself", () => {
  expect([100, 199, 200, 299, 600].map(httpAnswer)).toEqual(Array(5).fill(undefined));
  expect(httpAnswer(404)?.class).toBe("account");
  expect(httpAnswer(418)?.class).toBe("message");
});
