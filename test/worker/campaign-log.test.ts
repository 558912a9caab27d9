import { expect, test, vi } from "vitest";
import { createLogger } from "../../src/logger.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { createCampaignLog } from "../../src/worker/campaign-log.ts";
import { startSending } from "../dashboard/support.ts";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { SOON } from "../support/soon.ts";

type Entry = Readonly<Record<string, unknown>>;

/** The log of one worker; several tell of one number, and of two a test may keep one log. */
function openLog(store: Parameters<typeof createCampaignLog>[0]["store"], lines: Entry[] = []) {
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Entry) };
  const logger = createLogger({ level: "info", pretty: false, stream });
  const { log } = createCampaignLog({ store, logger, minuteMs: 60_000 });
  return { lines, log };
}

test("two workers tell a campaign's story together once: start, progress, pause with its reason, end with counts", async () => {
  const bench = await openTestStore();
  const lines: Entry[] = [];
  const [one, two] = [openLog(bench.store, lines), openLog(bench.store, lines)];
  const logBoth = () => Promise.all([one.log(), two.log()]);
  const id = await bench.import(2);
  await logBoth();
  await bench.send(id, 1, "accepted");
  await bench.later(60_000);
  await logBoth();
  await bench.send(id, 2, "template", { code: 132001 });
  await logBoth();
  await bench.store.campaigns.cancel(id);
  await logBoth();

  const story = lines.filter(({ msg }) => msg !== "campaign progress");
  expect(lines.length - story.length).toBeGreaterThan(0);
  expect(story).toMatchObject([
    { msg: "campaign started", level: "info", campaign: id, rows: 2, counts: { pending: 2 } },
    {
      msg: "campaign paused",
      level: "warn",
      campaign: id,
      code: 132001,
      reason: "template:132001",
    },
    { msg: "campaign cancelled", campaign: id, counts: { accepted: 1, cancelled: 1 } },
  ]);
  expect(story[1]).toMatchObject({ why: expect.any(String), fix: expect.any(String) });
});

test("the end of a campaign says how many seconds it took", async () => {
  const bench = await openTestStore();
  const { log, lines } = openLog(bench.store);
  const id = await bench.import(1);
  await log();
  const { startedAt } = await bench.found(id);
  await bench.redis.hset(bench.own(id).campaign, "startedAt", Number(startedAt) - 3_000_000);
  await bench.store.campaigns.cancel(id);
  const ended = await bench.found(id);

  await log();

  const tookMs = Number(ended.finishedAt) - Number(ended.startedAt);
  const end = lines.find(({ msg }) => msg === "campaign cancelled");
  expect(end).toMatchObject({ campaign: id, tookSeconds: Math.round(tookMs / 1_000) });
  expect(tookMs).toBeGreaterThanOrEqual(3_000_000);
});

test("a backoff, the recovery and different rates are logged as events of the number", async () => {
  const bench = await openTestStore();
  const { log, lines } = openLog(bench.store);
  const id = await bench.import(2);
  const other = await createNumberStore({ redis: bench.redis, number: bench.number });
  await other.campaigns.dispatch("sandbox", 1, 20);
  await bench.store.campaigns.dispatch("sandbox", 1, 80);
  await bench.send(id, 1, "backOff", { code: 429 });
  await bench.later(60_000);
  await bench.store.campaigns.dispatch("sandbox", 1, 80);
  await log();

  const own = lines.filter(({ campaign }) => campaign === undefined);
  expect(own).toMatchObject(
    [
      { level: "warn", msg: /different rates/, lowest: 20, highest: 80 },
      { level: "warn", msg: /backs off/, reason: "too_fast" },
      { level: "info", msg: /recovered/, reason: "too_fast" },
    ].map((one) => ({ ...one, msg: expect.stringMatching(one.msg) })),
  );
});

test("a canary that passes is logged with its figures", async () => {
  const bench = await openTestStore();
  const { log, lines } = openLog(bench.store);
  const definition = testDefinition(bench.number, {
    canary: { size: 1, minDelivered: 1, waitMs: 600_000, after: "go" },
  });
  const id = await bench.import(2, { definition, canaryRows: [1] });
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  await bench.status("wamid.1", "delivered");
  await log();

  const passed = lines.find(({ msg }) => String(msg).startsWith("enough of the campaign's"));
  expect(passed).toMatchObject({ level: "info", campaign: id, reason: "canary:passed:1:1:1:0" });
  expect(passed).not.toHaveProperty("portfolio");
});

test("with 1,000 running campaigns the log gets some dozens of lines a minute, and how many there are", async () => {
  const bench = await openTestStore();
  const { log, lines } = openLog(bench.store);
  const campaigns = 1_000;
  await Promise.all(Array.from({ length: campaigns }, () => bench.import(1)));

  for (let sweeps = 0; sweeps < 12; sweeps++) await log();
  const first = lines.splice(0);
  await bench.later(60_000);
  await log();

  expect(first.length).toBeLessThan(90);
  expect(lines).toContainEqual(
    expect.objectContaining({
      msg: "more campaigns changed in the last minute",
      changes: { started: 940 },
    }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ running: campaigns, told: 20 }));
  expect(lines.length).toBeLessThan(90);
});

test("every line of a run is JSON with each key once, and holds no phone, id of a message or text", async () => {
  const bench = await openTestStore();
  const logged: string[] = [];
  const sandbox = await startSending(bench, { logged, knobs: { errorCodes: { 131026: 0.2 } } });
  // One in five fails by chance: more would pause the campaign now and then.
  const definition = testDefinition(bench.number, {
    stopOn: { failureShare: null, sample: 50, sameCode: null, category: null },
  });
  const id = await bench.import(300, { definition });
  await vi.waitFor(
    async () => expect(await bench.found(id)).toMatchObject({ status: "finished" }),
    SOON,
  );
  await sandbox.stopWorker();

  for (const line of logged) expect(line).toBe(`${JSON.stringify(JSON.parse(line))}\n`);
  const messages = logged.map((line) => (JSON.parse(line) as Entry)["msg"]);
  expect(messages).toContain("campaign started");
  expect(messages).toContain("campaign finished");
  expect(logged.join("")).not.toMatch(new RegExp(`wamid|Name \\d|${testPhone(1).slice(0, 6)}`));
});
