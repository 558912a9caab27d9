import { expect, test } from "vitest";
import type { Act, Actor } from "../../src/core/act.ts";
import { ACTS_KEPT_MS, type ActQuery, createActLog } from "../../src/store/act-log.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
import { connectTestRedis, startOwnRedis, testNumber } from "../support/redis.ts";

const ANNA: Actor = { who: "anna", via: "dashboard", from: "10.0.0.3" };
const { audit } = deploymentKeys();
const ALL: ActQuery = { campaign: null, sinceMs: 0, limit: 10, lookedAtMax: 100_000 };

const act = (what: Act["what"], ...campaigns: string[]): Act => ({ what, campaigns, details: {} });
const done = { ...ANNA, result: "done", code: null } as const;

/** The audit is the whole deployment's, so each of these tests has a Redis of its own. */
async function openLog() {
  const redis = (await startOwnRedis()).connect();
  const problems: unknown[] = [];
  const log = createActLog({ redis, onProblem: (error) => void problems.push(error) });
  return { redis, log, problems };
}

test("the result of an act replaces the line that was written when it began", async () => {
  const { redis, log } = await openLog();

  const begun = await log.begin(ANNA, act("pause", "main-1"));
  const before = await log.read(ALL);
  await log.end(begun, { ...done, ...act("pause", "main-1"), details: { status: "paused" } });

  expect(before.lines).toMatchObject([{ what: "pause", result: "begun", code: null }]);
  const [id = "", fields] = (await redis.xrange(audit, "-", "+"))[0] ?? [];
  expect(fields).toEqual([
    "act",
    JSON.stringify({
      ...{ ...ANNA, result: "done", code: null },
      ...{ what: "pause", campaigns: ["main-1"], details: { status: "paused" } },
    }),
  ]);
  expect(await log.read(ALL)).toEqual({
    lines: [{ ...JSON.parse(fields?.[1] ?? ""), at: Number.parseInt(id, 10) }],
    isCut: false,
    next: null,
  });
  expect(await redis.keys("*audit*")).toEqual([audit]);
});

test("lines are read newest first, of one campaign, from a time on, and up to a limit", async () => {
  const { redis, log } = await openLog();
  // Older than a page of reads, so that reading goes on to the next one.
  for (let at = 1; at <= 600; at++) {
    const line = { ...done, ...act("rate", `main-${at % 2}`), details: { at } };
    await redis.xadd(audit, `${at}-0`, "act", JSON.stringify(line));
  }
  const read = async (query: Partial<ActQuery>) => {
    const { lines, isCut } = await log.read({ ...ALL, ...query });
    return [lines.map(({ at }) => at), isCut];
  };

  expect(await read({ limit: 2 })).toEqual([[600, 599], true]);
  expect(await read({ limit: 2, campaign: "main-1" })).toEqual([[599, 597], true]);
  expect(await read({ sinceMs: 598 })).toEqual([[600, 599, 598], false]);
  expect(await read({ campaign: "main-7" })).toEqual([[], false]);
  expect((await read({ campaign: "main-1", limit: 1_000 }))[0]).toHaveLength(300);
  expect(await read({ campaign: "main-7", lookedAtMax: 500 })).toEqual([[], true]);
});

test("lines of more than a year ago are deleted, and so are the oldest of more than 100,000", async () => {
  const { redis, log } = await openLog();
  const line = JSON.stringify({ ...done, ...act("rate", "main-1") });
  await redis.xadd(audit, `${Date.now() - ACTS_KEPT_MS - 1_000}-0`, "act", line);
  await redis.xadd(audit, `${Date.now() - ACTS_KEPT_MS + 60_000}-0`, "act", line);
  await log.begin(ANNA, act("pause", "main-1"));
  const afterAge = (await log.read(ALL)).lines.map(({ what }) => what);
  await redis.eval(
    "for at = 1, 100001 do redis.call('XADD', KEYS[1], '*', 'act', ARGV[1]) end",
    ...([1, audit, line] as const),
  );

  await log.begin(ANNA, act("cancel", "main-1"));

  expect(afterAge).toEqual(["pause", "rate"]);
  expect(await redis.xlen(audit)).toBe(100_000);
  expect((await log.read({ ...ALL, limit: 1 })).lines).toMatchObject([{ what: "cancel" }]);
});

test("a line is written also when Redis is full", async () => {
  const { redis, log, problems } = await openLog();
  await redis.config("SET", "maxmemory", "1");

  const begun = await log.begin(ANNA, act("pause", "main-1"));
  await log.end(begun, { ...done, ...act("pause", "main-1") });

  expect((await log.read(ALL)).lines).toMatchObject([{ result: "done" }]);
  expect(problems).toEqual([]);
});

test("a line that cannot be written is reported and does not throw", async () => {
  const { redis, log, problems } = await openLog();
  await redis.set(audit, "not a stream");

  await log.end(await log.begin(ANNA, act("pause", "main-1")), { ...done, ...act("pause") });

  expect(problems.map(String)).toEqual([
    expect.stringContaining("WRONGTYPE"),
    expect.stringContaining("WRONGTYPE"),
  ]);
});

test("live and sandbox have an audit each", async () => {
  const redis = connectTestRedis();
  const campaign = `${testNumber()}-1`;
  await createActLog({ redis, mode: "sandbox" }).begin(ANNA, act("pause", campaign));
  const read = async (mode: "live" | "sandbox") =>
    (await createActLog({ redis, mode }).read({ ...ALL, campaign })).lines.length;

  expect([await read("live"), await read("sandbox")]).toEqual([0, 1]);
});
