import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import { auditChore } from "../../src/worker/audit-chore.ts";

/** A number of so many campaigns, on a clock that goes on by `lookMs` with each look at one. */
function openAudit(campaigns: number, lookMs: number, kind = "fits") {
  const clock = { now: 0 };
  const spy = vi.spyOn(performance, "now").mockImplementation(() => clock.now);
  onTestFinished(() => spy.mockRestore());
  const looked: string[] = [];
  const logged: object[] = [];
  const ids = Array.from({ length: campaigns }, (_, at) => `main-${campaigns - at}`);
  const store = {
    campaigns: { newest: async (max: number) => ids.slice(0, max) },
    audit: {
      look: async (id: string) => {
        looked.push(id);
        clock.now += lookMs;
        return { kind, differences: [] };
      },
    },
  };
  const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const { run } = auditChore({ store: store as never, logger });
  return {
    logged,
    async at(now: number, isStopped = () => false): Promise<string[]> {
      clock.now = now;
      await run(isStopped);
      return looked.splice(0);
    },
  };
}

test("the fifty newest campaigns are counted, each once in a look", async () => {
  const { at } = openAudit(60, 0);

  const looked = await at(0);

  expect(looked).toEqual(Array.from({ length: 50 }, (_, nth) => `main-${60 - nth}`));
});

test("a look ends after a tenth of a second, and the next goes on behind it", async () => {
  const { at } = openAudit(5, 50);

  expect(await at(0)).toEqual(["main-5", "main-4", "main-3"]);
  expect(await at(60_000)).toEqual(["main-2", "main-1", "main-5"]);
});

test("counting takes a fiftieth of the time", async () => {
  const { at } = openAudit(2, 40);

  expect(await at(0)).toHaveLength(2);
  // It took 80 ms, and rests for fifty times as long.
  expect(await at(80 + 3_999)).toEqual([]);
  expect(await at(80 + 4_000)).toHaveLength(2);
});

test("a worker that stops counts no more", async () => {
  const { at } = openAudit(5, 0);
  let asked = 0;

  expect(await at(0, () => ++asked > 2)).toHaveLength(2);
});

test.each([
  ["fits", 0],
  ["noted", 1],
  ["suspended", 1],
])("a campaign whose counters are told as %s has %i lines in the log", async (kind, lines) => {
  const { at, logged } = openAudit(1, 0, kind);

  await at(0);

  expect(logged).toHaveLength(lines);
  if (lines > 0) expect(logged).toMatchObject([{ campaign: "main-1", kind }]);
});
