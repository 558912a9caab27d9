import { pino } from "pino";
import { expect, test } from "vitest";
import { askThrough } from "../../src/cli/outage.ts";

test("a Redis that answers and refuses is told once with what to do, and what was asked goes on", async () => {
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const outage = { now: () => undefined, tell: () => {}, stop: () => {} };
  let asked = 0;
  const ask = async (): Promise<string> => {
    asked++;
    if (asked < 3) throw new Error("OOM command not allowed when used memory > 'maxmemory'.");
    return "stored";
  };

  const answer = await askThrough({ outage, logger }, ask, new AbortController().signal);

  expect([answer, asked]).toEqual(["stored", 3]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("Redis has reached maxmemory: raise it");
});
