import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { STATE_NAMES } from "../../src/core/message.ts";
import { MAGIC_RECIPIENTS } from "../../src/sandbox/magic.ts";
import { compareWithLog } from "../support/compare-request-log.ts";
import {
  campaignFile,
  csvOf,
  digitsOf,
  type Fleet,
  phoneOf,
  type ShownCampaign,
  startFleet,
} from "../support/fleet.ts";
import { loudLogs } from "../support/quiet-logs.ts";
import { startOwnRedis } from "../support/redis.ts";
import { sentTwice } from "../support/request-log.ts";
import { SOON } from "../support/soon.ts";

const ROWS = 5_000;
const REJECTED = 20;
const DUPLICATES = 20;
const NUMBER = "main";

/** These stop the whole campaign, or wait for minutes: other tests have them. */
const NOT_HERE = new Set(["9012", "9027", "9028", "9029", "9030"]);
const MAGIC = MAGIC_RECIPIENTS.filter(({ ending }) => !NOT_HERE.has(ending.slice(3)));

/** Faults of every kind; the ambiguous ones few, for five of them pause the campaign. */
const FAULTS = {
  seed: "7",
  latencyMs: "5-60",
  webhookDelayMs: "20-300",
  // The default is up to a minute, which is longer than the test waits for the last webhook.
  webhookLateMs: "5000-10000",
  answerShape: "mixed",
  heldShare: "0.01",
  reject429: "0.0006",
  errorCodes: "100=0.01,131026=0.01,131009=0.005,131056=0.005",
  acceptThen500: "0.0006",
  acceptThenReset: "0.0006",
  cutAnswer: "0.0006",
  dropThen500: "0.0003",
  dropThenReset: "0.0003",
  failStatusCodes: "131026=0.03,131049=0.02",
  webhookBeforeAnswer: "0.05",
  webhookDuplicate: "0.05",
  webhookOutOfOrder: "0.05",
  webhookLost: "0.02",
  webhookForeign: "0.02",
};

/** 5,000 rows: people, bad phones, repeated people, and one person for each magic ending. */
function dropList(): string {
  const magic = MAGIC.map(({ ending }): [string, string] => [`+48 60${ending}`, "Magda"]);
  const people = ROWS - REJECTED - DUPLICATES - magic.length;
  const rows = Array.from({ length: people }, (_, at): [string, string] => [
    phoneOf(at * 7),
    `"Zoë, ${at}"`,
  ]);
  rows.splice(1_000, 0, ...magic);
  for (let at = 0; at < REJECTED; at++) rows.splice(at * 200, 0, [`+48 12 ${at}`, "Bad"]);
  for (let at = 0; at < DUPLICATES; at++) rows.push([phoneOf(at * 70), "Again"]);
  return csvOf(rows);
}

test("a list dropped into the inbox is sent by two workers through every kind of fault, and each row ends as the API and the webhooks had it", async () => {
  const redis = await startOwnRedis();
  const fleet = await startFleet({
    redisUrl: redis.url,
    number: NUMBER,
    ratePerSecond: 500,
    workers: 2,
    knobs: FAULTS,
    env: { DROPCAST_TIME_SCALE: "4", DROPCAST_ANSWER_TIMEOUT_SECONDS: "10" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  await stage.start("producer", ["producer"]);
  stage.write("drops/inbox/campaign.yaml", campaignFile({ number: NUMBER }));
  stage.write("drops/inbox/spring.csv", dropList());

  const id = await vi.waitFor(async () => firstCampaign(fleet), SOON);
  let pauses = 0;
  const last = await fleet.until(id, ({ status }) => status === "finished", {
    onLook: async (campaign) => {
      expectConserved(campaign);
      if (campaign.status !== "paused") return;
      expect(campaign.reasonCode).toBe("unknown_budget");
      pauses++;
      // Its last messages may have ended since: then there is nothing to resume.
      const { code, stdout } = await stage.run(["resume", id, "--json"]);
      if (code !== 0) expect(stdout).toContain(`${id} is finished`);
    },
  });
  expect(pauses).toBeGreaterThan(0);
  expect(last.rows).toBe(ROWS);
  expect(last.counts).toMatchObject({ rejected: REJECTED, duplicate: DUPLICATES });

  await fleet.webhooksDelivered();
  const posts = fleet.posts();
  expect(sentTwice(posts)).toEqual([]);
  // A failure that names no wamid of ours is taken for ours only when no `sent` has come for a while.
  const rows = await vi.waitFor(
    async () => {
      const exported = await fleet.exported(id);
      const webhooks = fleet.webhooks();
      // As it says itself; on a machine that stands still not only those that hang.
      const late = exported.filter(({ reason }) => reason === "answer_timeout");
      const unheardRows = new Set(late.map(({ row }) => row));
      const input = { rows: exported, posts, webhooks, recipientOf: digitsOf, unheardRows };
      expect(compareWithLog(input)).toEqual([]);
      return exported;
    },
    { timeout: 150_000, interval: 3_000 },
  );
  const settled = await fleet.show(id);
  expectConserved(settled);
  for (const state of STATE_NAMES) {
    expect([state, rows.filter((row) => row.state === state).length]).toEqual([
      state,
      settled.counts[state],
    ]);
  }
  expectEveryFaultMet(fleet);
  await vi.waitFor(() => expectFilesMoved(stage.dir, id), SOON);
  expect(readdirSync(stage.logsDir).length).toBeGreaterThanOrEqual(5);
  expect(loudLogs(stage, posts)).toEqual([]);
});

async function firstCampaign(fleet: Fleet): Promise<string> {
  const [campaign] = await fleet.list();
  if (campaign === undefined) throw new Error("The dropped list is no campaign yet.");
  return campaign.id;
}

/** Every row is in exactly one of the thirteen states, at every look. */
function expectConserved({ rows, counts, status }: ShownCampaign): void {
  expect(Object.keys(counts).sort()).toEqual([...STATE_NAMES].sort());
  const sum = Object.values(counts).reduce((total, count) => total + count, 0);
  expect(sum).toBe(rows);
  if (status !== "importing") expect(sum).toBe(ROWS);
}

/** A fault that the run did not have would prove nothing. */
function expectEveryFaultMet(fleet: Fleet): void {
  const faults = new Set(fleet.posts().map(({ fault }) => fault));
  expect([...faults]).toEqual(
    expect.arrayContaining([
      "none",
      "reject-429",
      "code-100",
      "code-131026",
      "code-131056",
      "code-130429",
      "error-in-200",
      "accept-then-500",
      "accept-then-reset",
      "hang",
      "cut-answer",
      "drop-then-500",
      "drop-then-reset",
      "drop-then-hang",
    ]),
  );
  const shapes = new Set(fleet.posts().map(({ shape }) => shape));
  expect([...shapes]).toEqual(expect.arrayContaining(["meta", "id-wamid", "id-own", "empty"]));
}

function expectFilesMoved(dir: string, campaign: string): void {
  const drops = join(dir, "drops");
  expect(existsSync(join(drops, "inbox/spring.csv"))).toBe(false);
  expect(existsSync(join(drops, "inbox/campaign.yaml"))).toBe(true);
  expect(readdirSync(join(drops, "processing"))).toEqual([]);
  expect(readdirSync(join(drops, "failed"))).toEqual([]);
  expect(readdirSync(join(drops, "done")).sort()).toEqual([
    "spring.csv",
    "spring.rejects.csv",
    "spring.report.json",
  ]);
  const report: unknown = JSON.parse(readFileSync(join(drops, "done/spring.report.json"), "utf8"));
  expect(report).toMatchObject({
    campaign,
    rows: ROWS,
    counts: { rejected: REJECTED, duplicate: DUPLICATES },
  });
  const rejects = readFileSync(join(drops, "done/spring.rejects.csv"), "utf8");
  expect(rejects.trimEnd().split("\n")).toHaveLength(REJECTED + 1);
}
