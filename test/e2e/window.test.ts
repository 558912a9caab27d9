import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { campaignFile, type ShownCampaign, startFleet } from "../support/fleet.ts";
import { redisAddress, redisUrl, testNumber } from "../support/redis.ts";
import { startRedisProxy } from "../support/redis-proxy.ts";
import { sentTwice } from "../support/request-log.ts";

/** A list of people in two zones, where it is never the same time. */
function listIn(zones: readonly string[], each: number): string {
  const rows = Array.from({ length: each }, (_, at) =>
    zones.map((zone, z) => `+48 601 ${z}00 ${String(at).padStart(3, "0")},Name,${zone}`),
  );
  return `phone,first_name,tz\n${rows.flat().join("\n")}\n`;
}

/** A window of the clock in UTC, in whole seconds. */
function windowAt(fromMs: number, untilMs: number, changes = {}) {
  const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
  return { from: clock(fromMs), to: clock(untilMs), ...changes };
}

function fileWith(number: string, schedule: object, recipients: object): string {
  const file = JSON.parse(campaignFile({ number })) as object;
  return JSON.stringify({ ...file, schedule, recipients });
}

const soonMs = (inMs: number): number => Math.ceil((Date.now() + inMs) / 1_000) * 1_000;

test("messages leave when the window of their recipient opens, and no other does", async () => {
  const number = testNumber();
  const fleet = await startFleet({
    ...{ redisUrl: redisUrl(), number, ratePerSecond: 50, workers: 2 },
    env: { DROPCAST_TIME_SCALE: "5" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  const opensMs = soonMs(6_000);
  const window = windowAt(opensMs, opensMs + 3_600_000);
  stage.write("sale.yaml", fileWith(number, { window }, { timezone: "tz" }));
  stage.write("list.csv", listIn(["Etc/UTC", "Asia/Kolkata"], 60));
  const { id } = await fleet.json<ShownCampaign>(["send", "sale.yaml", "list.csv"]);

  const waits = (one: ShownCampaign): string | undefined =>
    (one as ShownCampaign & { waitsFor: { opensAt: string } | null }).waitsFor?.opensAt;
  await fleet.until(id, (one) => waits(one) !== undefined, {
    onLook: () => expect(fleet.posts().filter(({ at }) => at < opensMs)).toEqual([]),
  });
  await fleet.posted(60);
  // Kolkata opens when its clock shows the same, 18.5 hours later.
  const nextMs = opensMs + 18.5 * 3_600_000;
  const isNext = (one: ShownCampaign) => waits(one) === new Date(nextMs).toISOString();
  const last = await fleet.until(id, (one) => isNext(one) && one.counts.sending === 0);

  const posts = fleet.posts();
  const times = posts.map(({ at }) => at);
  expect(posts.length).toBe(60);
  expect(posts.every(({ to }) => to?.startsWith("48601000"))).toBe(true);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(opensMs);
  expect(sentTwice(posts)).toEqual([]);
  expect(last.counts).toMatchObject({ pending: 60, sending: 0, expired: 0 });
});

test("a worker that is frozen in the middle and wakes up after the window has closed sends nothing more, and the rows expire", async () => {
  const number = testNumber();
  const proxy = await startRedisProxy({ targetPath: redisAddress().path });
  onTestFinished(() => proxy.close());
  const fleet = await startFleet({
    ...{ redisUrl: proxy.url, number, ratePerSecond: 4, workers: 1 },
    env: { DROPCAST_TIME_SCALE: "5" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  const opensMs = soonMs(-60_000);
  // Long enough for a machine that stands still for a while to send a message before.
  const closesMs = soonMs(20_000);
  const window = windowAt(opensMs, closesMs, { timezone: "UTC", onMiss: "skip" });
  stage.write("sale.yaml", fileWith(number, { window }, {}));
  stage.write("list.csv", listIn(["UTC"], 100));
  const freeze = () => process.kill(fleet.workers[0]?.pid ?? 0, "SIGSTOP");
  // With a claim that Redis has granted and the worker does not know of yet.
  const { fired } = proxy.once(
    ({ command, when }) => command === "claim" && when === "after" && fleet.posts().length >= 1,
    { kind: "call", act: freeze },
  );
  const { id } = await fleet.json<ShownCampaign>(["send", "sale.yaml", "list.csv"]);

  await fired;
  await sleep(closesMs + 1_000 - Date.now());
  process.kill(fleet.workers[0]?.pid ?? 0, "SIGCONT");
  const last = await fleet.until(id, ({ status }) => status === "finished");

  const posts = fleet.posts();
  expect(Math.max(...posts.map(({ at }) => at))).toBeLessThan(closesMs);
  expect(last.counts.expired).toBeGreaterThan(60);
  expect(last.counts.expired + posts.length).toBe(100);
  const rows = await fleet.exported(id);
  expect(rows.filter(({ state }) => state === "expired")).toHaveLength(last.counts.expired);
});
