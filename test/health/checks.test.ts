import { expect, test } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { refuse } from "../../src/core/refusal.ts";
import { type Check, checkJson, checksText, worstFirst } from "../../src/health/check.ts";
import { retentionChecks } from "../../src/health/deployment.ts";
import type { NumberFacts } from "../../src/health/facts.ts";
import { numberChecks } from "../../src/health/number.ts";
import { numberRateWords, standsWords } from "../../src/health/number-facts-words.ts";
import { fleetChecks, nameChecks, processChecks } from "../../src/health/processes.ts";
import { type RedisFacts, redisChecks, unreachableCheck } from "../../src/health/redis.ts";
import { CHECKS } from "../../src/health/runbook.ts";
import type { Campaign } from "../../src/store/index.ts";
import { NOW, numberFacts, ON_DISK, redisFacts, seenProcess } from "./facts.ts";

const WAITS = { sweepEveryMs: 5_000, personBusyMs: 60_000 };
const HOUR = 3_600_000;

const campaign = (changes: Partial<Campaign>): Campaign =>
  ({
    ...{ id: "main-3", number: "main", status: "running", reason: "", closed: false },
    ...{ pausedAt: null, counts: { pending: 3_212, accepted: 0, sent: 0, unknown: 0 } },
    ...changes,
  }) as Campaign;

const suspension = { code: 190, reason: 0, at: NOW - HOUR, campaign: "main-3" };
const hold = (holdReason: "too_fast" | "unreachable"): Partial<NumberFacts> => ({
  pace: { ...numberFacts().pace, holdUntilMs: NOW + 9_000, holdReason },
});
const gone = { isLive: false, lastSeenMs: 240_000, others: 0 };

test.each<[string, Partial<NumberFacts>, Check["verdict"], string]>([
  ["number_suspended", { suspension }, "fail", "Number main is suspended (190: "],
  ["restart_settling", { isSettling: true }, "warn", "Redis was restarted"],
  ["backoff", hold("too_fast"), "warn", "the API reports that it is too fast"],
  ["backoff", hold("unreachable"), "warn", "the API cannot be reached; nothing was sent"],
  [
    "backoff",
    { pace: { ...numberFacts().pace, slowed: { share: 0.5, untilMs: NOW } } },
    "ok",
    "sends at 50 % of its rate",
  ],
  [
    "rates_differ",
    { pace: { ...numberFacts().pace, configured: { lowest: 20, highest: 80 } } },
    "warn",
    "different rates, from 20/s to 80/s: the lowest applies",
  ],
  [
    "portfolio_budget",
    { budget: { name: "shop", limit: 1_000, used: 1_000, nextAtMs: NOW + HOUR } },
    "warn",
    "portfolio shop wrote to 1,000 of 1,000 people in 24 hours: the next one",
  ],
  [
    "portfolio_budget",
    { budget: { name: "shop", limit: 1_000, used: 12, nextAtMs: null } },
    "ok",
    "12 of 1,000 people",
  ],
  [
    "portfolio_differs",
    { pace: { ...numberFacts().pace, portfolio: "shop" } },
    "warn",
    "its workers count people for portfolio shop, this configuration for none",
  ],
  [
    "oldest_due",
    { ages: { ...numberFacts().ages, dueBatch: 11 * 60_000 } },
    "warn",
    "a batch that is due has waited for 11 min",
  ],
  [
    "oldest_sending",
    { ages: { ...numberFacts().ages, endedLease: 61_000 } },
    "warn",
    "a message whose lease has ended has waited for 1 min 1 s",
  ],
  [
    "oldest_unknown",
    { ages: { ...numberFacts().ages, unknown: 30 * HOUR } },
    "warn",
    "an unknown message has waited for 30 h",
  ],
  [
    "failed_outbox",
    { ages: { ...numberFacts().ages, failedOutbox: 120_000 } },
    "warn",
    "a failed message that is not in the dashboard",
  ],
  [
    "unmatched_events",
    { stats: { orphans: 1, lastWebhookAt: null } },
    "ok",
    "1 status event matched none of our messages",
  ],
  ["webhooks_last", { stats: { orphans: 0, lastWebhookAt: null } }, "ok", "no webhook has come"],
  [
    "rollback",
    {
      rollback: {
        ...{
          noticedAt: NOW,
          wentBackTo: NOW - HOUR,
          lost: 12,
          lostActs: 0,
          lostSerials: null,
          restored: false,
        },
      },
    },
    "fail",
    "Redis was rolled back: at least 12 claims and changes of number main are missing",
  ],
])("a number: %s", (code, changes, verdict, words) => {
  const found = numberChecks(numberFacts(changes), WAITS).filter((one) => one.code === code);

  expect(found).toEqual([
    expect.objectContaining({ verdict, number: "main", message: expect.stringContaining(words) }),
  ]);
});

test.each<[string, Partial<NumberFacts>, Check["verdict"], string]>([
  ["workers", { workers: gone }, "ok", "no worker has been seen for 4 min; nothing waits"],
  [
    "workers",
    { workers: gone, live: [campaign({})] },
    "fail",
    "no worker has been seen for 4 min; 3,212 messages wait",
  ],
  [
    "workers",
    { workers: gone, live: [campaign({ status: "scheduled" })] },
    "warn",
    "3,212 messages scheduled for later",
  ],
  [
    "webhooks_process",
    {
      receivers: gone,
      ended: [campaign({ counts: { accepted: 1, sent: 0, unknown: 0 } as Campaign["counts"] })],
    },
    "warn",
    "the outcome of 1 message is pending",
  ],
  [
    "campaign_paused",
    { live: [campaign({ status: "paused", reason: "template:132001", pausedAt: NOW - HOUR })] },
    "warn",
    "main-3 paused itself: The template cannot be sent (132001: ",
  ],
  [
    "campaign_paused",
    { live: [campaign({ status: "paused", reason: "unknown_budget" })] },
    "warn",
    "Too many API answers did not show whether the message was sent",
  ],
])("processes and campaigns: %s", (code, changes, verdict, words) => {
  const found = processChecks(numberFacts(changes)).filter((one) => one.code === code);

  expect(found).toEqual([
    expect.objectContaining({ verdict, message: expect.stringContaining(words) }),
  ]);
});

const BEHIND = refuse("redis_replicas_behind", "0 replicas keep up.", "Look at them.").refusal;
const DECLARED = { proved: null, declared: "it has a log" };

const REFUSED = [{ rule: "+client|list", lost: "no workers are shown" }];

test.each<[string, Partial<RedisFacts>, Check["verdict"], string]>([
  ["redis_permissions", { refused: REFUSED }, "warn", "no workers are shown"],
  [
    "redis_durability",
    {
      safety: {
        ok: true,
        value: { version: "7", warnings: [], durability: ON_DISK, behind: BEHIND },
      },
    },
    "fail",
    "0 replicas keep up.",
  ],
  [
    "redis_durability",
    {
      safety: {
        ok: true,
        value: { version: "7", warnings: [], durability: DECLARED, behind: null },
      },
    },
    "ok",
    "declared and not proved: it has a log",
  ],
  ["redis_durability", {}, "ok", "7.0.15, nothing is evicted, it is on the disk"],
  [
    "redis_durability",
    { safety: refuse("redis_evicts", "Redis has maxmemory-policy allkeys-lru.", "Change it.") },
    "fail",
    "allkeys-lru",
  ],
  [
    "redis_durability",
    {
      safety: {
        ok: true,
        value: { version: "7.0.15", warnings: ["It evicts."], durability: ON_DISK, behind: null },
      },
    },
    "warn",
    "allowed by DROPCAST_ALLOW_UNSAFE_REDIS: It evicts.",
  ],
  ["redis_disk", { isDiskFailing: true }, "fail", "could not write its append-only file"],
  ["redis_memory", { memory: { used: 9, max: 10 } }, "warn", "90 % of maxmemory used"],
  ["redis_memory", { memory: { used: 10, max: 10 } }, "fail", "100 % of maxmemory used"],
  ["clocks", { skewMs: -90_000 }, "fail", "this machine's clock is -90 s from Redis' clock"],
])("Redis: %s", (code, changes, verdict, words) => {
  const found = redisChecks(redisFacts(changes)).filter((one) => one.code === code);

  expect(found).toEqual([
    expect.objectContaining({ verdict, message: expect.stringContaining(words) }),
  ]);
});

test("a Redis that does not answer is one check that says so, with the fix", () => {
  expect(unreachableCheck(new Error("connect ECONNREFUSED"))).toMatchObject({
    ...{ code: "redis_reachable", verdict: "fail" },
    message:
      "Redis does not answer (UNREACHABLE): nothing is sent, and nothing else can be checked",
    fix: expect.stringContaining("DROPCAST_REDIS_URL"),
  });
});

test("versions that differ and clocks that are wrong name the processes, gone ones left out", () => {
  const old = seenProcess({ id: "b", host: "pod-2", version: "1.2.2", clockMs: NOW + 60_000 });

  expect(fleetChecks([seenProcess(), old])).toMatchObject([
    {
      code: "versions_differ",
      message:
        "processes of 2 versions run: 1.2.2 (worker on pod-2, pid 17); 1.2.3 (worker on pod-1, pid 17)",
    },
    { code: "clocks", verdict: "fail", message: expect.stringContaining("pod-2, pid 17 by 60 s") },
  ]);
  expect(fleetChecks([seenProcess(), { ...old, isLive: false }])).toEqual([]);
  const { clockMs: _, ...silent } = seenProcess({ seenAt: NOW - 60_000 });
  expect(fleetChecks([silent])).toEqual([]);
});

test("a WhatsApp number with two names is told with who sends from it and who waits", () => {
  const old = seenProcess({ senders: { main: "1001 at api", second: "1002 at api" } });
  const renamed = seenProcess({ id: "b", host: "pod-2", waiting: { berlin: "1001 at api" } });

  expect(nameChecks([old, renamed])).toMatchObject([
    {
      ...{ code: "number_names", verdict: "warn" },
      message:
        "the WhatsApp number 1001 at api has several names: main (sent from by worker on pod-1, pid 17) and berlin (waits in worker on pod-2, pid 17)",
    },
  ]);
  expect(nameChecks([{ ...old, isLive: false }, renamed])).toEqual([]);
});

test("rows that no retention deletes are named once their campaign ended 90 days ago", () => {
  const facts = (days: number) => [
    numberFacts({ vitals: { ...numberFacts().vitals, oldestRowsMs: NOW - days * 24 * HOUR } }),
  ];
  const none = { retentionMs: null, nowMs: NOW };

  expect(retentionChecks(facts(91), none)).toMatchObject([
    { code: "retention", message: expect.stringContaining("ended 91 days ago are still stored") },
  ]);
  expect(retentionChecks(facts(89), none)).toEqual([]);
  expect(retentionChecks(facts(91), { ...none, retentionMs: 1 })).toEqual([]);
});

test("a suspension offers the campaign that lifts it: the one that caused it, or another paused one", () => {
  const paused = (id: string) => campaign({ id, status: "paused", reason: "account:190" });
  const offered = (live: Campaign[], reason = 0) =>
    numberChecks(numberFacts({ suspension: { ...suspension, reason }, live }), WAITS)[0]?.resume;

  expect(offered([paused("main-4"), paused("main-3")])).toEqual({
    campaign: "main-3",
    pending: 3_212,
  });
  expect(offered([paused("main-4")])).toMatchObject({ campaign: "main-4" });
  expect(offered([campaign({})])).toBeUndefined();
  expect(offered([paused("main-3")], REASONS.counters_differ)).toBeUndefined();
});

test("what stands still comes first, of the same kind the oldest, and what is fine comes last", () => {
  const check = (code: Check["code"], verdict: Check["verdict"], sinceMs?: number): Check => ({
    ...{ code, verdict, name: code, message: "" },
    ...(sinceMs === undefined ? {} : { sinceMs }),
  });
  const sorted = worstFirst([
    ...[check("clocks", "ok"), check("campaign_paused", "warn", 5)],
    ...[check("workers", "fail"), check("campaign_paused", "warn", 2)],
    ...[check("rollback", "fail"), check("backoff", "warn")],
  ]);

  expect(sorted.map(({ code, sinceMs }) => `${code} ${sinceMs ?? ""}`.trim())).toEqual([
    ...["rollback", "workers", "backoff", "campaign_paused 2", "campaign_paused 5", "clocks"],
  ]);
});

test("the text and the JSON of a check say whether it is safe, unless all is well", () => {
  const [check] = numberChecks(numberFacts({ suspension }), WAITS);
  const [fine] = redisChecks(redisFacts());
  if (check === undefined || fine === undefined) throw new Error("no check");

  expect(checkJson(check)).toMatchObject({
    ...{ code: "number_suspended", safe: CHECKS.number_suspended.safe, number: "main" },
    since: "2026-12-01T08:00:00.000Z",
  });
  expect(checkJson(fine)).not.toHaveProperty("safe");
  const text = checksText([check, fine], "Dropcast");
  expect(text).toContain("FAIL Number main: Number main is suspended");
  expect(text).toContain("Since: 2026-12-01T08:00:00.000Z");
  expect(text).toContain(`Safe? ${CHECKS.number_suspended.safe}`);
  expect(text).toContain("OK   Redis: 7.0.15");
});

test.each<[Partial<NumberFacts>, string, string]>([
  [{}, "may send", "0/s of 80/s"],
  [{ suspension }, "suspended", "0/s of 0/s"],
  [hold("too_fast"), "backs off", "0/s of 0/s"],
  [{ workers: gone }, "no worker", "0/s of 80/s"],
  [
    { pace: { ...numberFacts().pace, slowed: { share: 0.5, untilMs: NOW } } },
    "may send, slowed down",
    "0/s of 40/s",
  ],
  [
    { pace: { ...numberFacts().pace, configured: null } },
    "may send",
    "0/s; no worker has said how much it may",
  ],
])("a number's state and rate in words: %#", (changes, stands, rate) => {
  const facts = numberFacts(changes);

  expect([standsWords(facts), numberRateWords(facts)]).toEqual([stands, rate]);
});
