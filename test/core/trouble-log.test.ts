import { expect, test } from "vitest";
import { createTroubleLog } from "../../src/core/trouble-log.ts";

function openLog() {
  const lines: [level: string, words: string, fields: object][] = [];
  const clock = { now: 0, isAway: false };
  const log = createTroubleLog({
    logger: {
      warn: (fields, words) => void lines.push(["warn", words, fields]),
      debug: (fields, words) => void lines.push(["debug", words, fields]),
    },
    isAway: () => clock.isAway,
    now: () => clock.now,
  });
  const warned = () => lines.filter(([level]) => level === "warn").map(([, ...rest]) => rest);
  return { log, clock, lines, warned };
}

const FULL = new Error("OOM command not allowed when used memory > 'maxmemory'.");
const GONE = new Error("connect ECONNREFUSED 127.0.0.1:6379");

test("a trouble is logged at once, and again after a minute with how often it was met", () => {
  const { log, clock, lines, warned } = openLog();

  for (let met = 0; met < 40; met++) log(FULL, "dispatch failed", { campaign: "main-1" });
  clock.now = 60_000;
  log(FULL, "claim not answered");

  const trouble = { trouble: "OOM", fix: expect.any(String) as string };
  expect(warned()).toEqual([
    ["dispatch failed", { error: String(FULL), campaign: "main-1", ...trouble }],
    ["claim not answered", { error: String(FULL), times: 39, ...trouble }],
  ]);
  expect(lines).toHaveLength(41);
});

test("another trouble is logged at once, and so is an error that is none", () => {
  const { log, warned } = openLog();

  log(FULL, "dispatch failed");
  log(GONE, "dispatch failed");
  log(new TypeError("x is undefined"), "dispatch failed");
  log(new TypeError("y is undefined"), "dispatch failed");
  log(new TypeError("y is undefined"), "dispatch failed");

  expect(warned()).toHaveLength(4);
});

test("while Redis is known to be away what fails for that is left to the line of the outage", () => {
  const { log, clock, warned } = openLog();
  clock.isAway = true;

  log(GONE, "dispatch failed");
  log(new Error("Command timed out"), "claim not answered");
  log(FULL, "not recorded yet");

  expect(warned().map(([words]) => words)).toEqual(["not recorded yet"]);
});
