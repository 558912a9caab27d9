/** Everything that Dropcast does, as a user of Redis that may do no more than deploy/redis says. */
import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { runHere } from "../cli/in-process.ts";
import { makePlace } from "../cli/run-cli.ts";
import { campaignFile, listOf, phoneOf, startFleet } from "../support/fleet.ts";
import { startOwnRedis, testNumber } from "../support/redis.ts";

const PASSWORD = "change-me";
const DASHBOARD = "a-long-password-for-tests";
const FILE = readFileSync(new URL("../../deploy/redis/users.acl", import.meta.url), "utf8");
const RULE = /^user dropcast (.*)$/m.exec(FILE)?.[1] ?? "";

/** A Redis whose only user is the one of the file; `changes` are further rules. */
async function startRestricted(...changes: string[]) {
  const own = await startOwnRedis();
  const admin = own.connect();
  await admin.call("ACL", "SETUSER", "dropcast", ...RULE.split(" "), ...changes);
  const url = own.url.replace("redis://", `redis://dropcast:${PASSWORD}@`);
  return { admin, url };
}

/** What Redis has refused so far: user, and what it was about. */
async function refused(admin: Redis): Promise<string[]> {
  const lines = (await admin.call("ACL", "LOG")) as string[][];
  return lines.map((line) => {
    const of = (name: string) => line[line.indexOf(name) + 1];
    return `${of("reason")} ${of("object")}`;
  });
}

test("the example and docs/redis.md have the same rule", () => {
  const doc = readFileSync(new URL("../../docs/redis.md", import.meta.url), "utf8");
  expect(RULE).not.toBe("");
  expect(doc.replace(/ \\\n +/g, " ")).toContain(RULE);
});

test("a campaign, its webhooks, opt-outs, erasure, retention, pages and doctor need no other command and no other key", async () => {
  const { admin, url } = await startRestricted();
  const number = testNumber();
  const fleet = await startFleet({
    ...{ redisUrl: url, number, ratePerSecond: 100, workers: 1 },
    knobs: { latencyMs: "5", webhookDelayMs: "20-50", magic: "off" },
    env: { DROPCAST_DASHBOARD_PORT: "0", DROPCAST_DASHBOARD_PASSWORD: DASHBOARD },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  stage.write("list.csv", listOf(30));
  stage.write("campaign.yaml", campaignFile({ number }));

  const { id } = await fleet.json<{ id: string }>(["send", "campaign.yaml", "list.csv"]);
  await fleet.until(id, ({ status }) => status === "finished");
  await fleet.webhooksDelivered();
  await fleet.json(["suppress", "add", phoneOf(1)]);
  await fleet.json(["erase", phoneOf(2)]);
  await fleet.json(["export", id]);
  await fleet.json(["audit"]);
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const store = await createNumberStore({ redis, number, mode: "sandbox" });
  expect(await store.deleteOld({ rowsMs: 1, campaignMs: null })).toMatchObject({ rows: [id] });

  const dashboard = await stage.start<{ place: string }>("dashboard", ["dashboard"]);
  const headers = { authorization: `Basic ${btoa(`dropcast:${DASHBOARD}`)}` };
  for (const path of [
    "/",
    `/campaigns/${id}`,
    "/opt-outs",
    "/numbers",
    "/audit",
    "/drops",
    "/queues/",
  ]) {
    const page = await fetch(new URL(path, dashboard.ready.place), { headers });
    expect(`${path} ${page.status}`).toBe(`${path} 200`);
  }
  const doctor = await runHere(stage, ["doctor", "--json"]);
  expect(doctor.stdout).toContain("redis_durability");
  expect(await refused(admin)).toEqual([]);
});

test("doctor names what a user may not do, and what is lost by it", async () => {
  const { url } = await startRestricted("-bgrewriteaof", "-client|list");
  const place = makePlace({ DROPCAST_REDIS_URL: url });
  const { stdout } = await runHere(place, ["doctor", "--json"]);
  const { checks } = JSON.parse(stdout) as { checks: { code: string; message: string }[] };
  const found = checks.find(({ code }) => code === "redis_permissions");
  expect(found).toMatchObject({
    verdict: "warn",
    fix: "Allow +bgrewriteaof +client|list to the user of Redis.",
  });
  expect(found?.message).toContain("Bull Board shows no workers");
});
