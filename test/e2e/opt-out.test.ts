import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keySpace, numberKeys } from "../../src/store/keys.ts";
import { campaignFile, listOf, phoneOf, startFleet } from "../support/fleet.ts";
import { startOwnRedis, testNumber } from "../support/redis.ts";

const ROWS = 500;
const RATE = 40;

test("after suppress has returned nobody who opted out gets a POST, from neither number", async () => {
  const server = await startOwnRedis();
  const [first, second] = [testNumber(), testNumber()];
  const fleet = await startFleet({
    redisUrl: server.url,
    number: first,
    moreNumbers: [second],
    ratePerSecond: RATE,
    workers: 2,
    knobs: { latencyMs: "5", webhookDelayMs: "20-100" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  stage.write("list.csv", listOf(ROWS));
  const sent: string[] = [];
  for (const number of [first, second]) {
    stage.write(`${number}.yaml`, campaignFile({ number }));
    const { id } = await fleet.json<{ id: string }>(["send", `${number}.yaml`, "list.csv"]);
    sent.push(id);
  }
  await fleet.posted(60);
  const at = fleet.posts().length / 2;
  // Those whose turn it is while the command runs, and many who come after, up to the last.
  const step = Math.floor((ROWS - at - 10) / 150);
  const people = Array.from({ length: 150 }, (_, index) =>
    phoneOf(Math.floor(at) + 10 + step * index),
  );
  const added = await fleet.json<{ added: number }>(["suppress", "add", ...people]);
  const returnedAt = Date.now();
  // Their POSTs have begun; a busy API reads them when it comes to it.
  const onWire = new Set<string>();
  for (const number of [first, second]) {
    const { leases } = numberKeys(keySpace(number, "sandbox"));
    for (const ref of await server.connect().zrange(leases, "0", "-1")) {
      onWire.add(phoneOf(Number(ref.split("|")[1]) - 1).replace(/\D/g, ""));
    }
  }
  const ids = new Set(people.map((phone) => phone.replace(/\D/g, "")));

  const ended = await Promise.all(
    sent.map((id) => fleet.until(id, ({ status }) => status === "finished")),
  );
  const posts = fleet.posts().filter(({ to }) => to !== null && ids.has(to));

  expect(added.added).toBe(150);
  const after = posts.filter(({ at, to }) => at > returnedAt && !onWire.has(to ?? ""));
  expect(after).toEqual([]);
  const suppressed = ended.reduce((sum, { counts }) => sum + counts.suppressed, 0);
  // The command came in the middle of their turn, not before or after it.
  expect(suppressed).toBeGreaterThan(0);
  expect(suppressed + posts.length).toBe(2 * 150);
  for (const { rows, counts } of ended) {
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(rows);
  }
  const logs = readdirSync(stage.logsDir)
    .map((name) => readFileSync(join(stage.logsDir, name), "utf8"))
    .join("\n");
  expect(logs.match(/\d+/g)?.filter((digits) => ids.has(digits))).toEqual([]);
});

test("131050 of one number reaches the other, and no message follows", async () => {
  const server = await startOwnRedis();
  const [first, second] = [testNumber(), testNumber()];
  const fleet = await startFleet({
    redisUrl: server.url,
    number: first,
    moreNumbers: [second],
    ratePerSecond: RATE,
    workers: 2,
    knobs: { latencyMs: "5", webhookDelayMs: "20-50" },
    env: { DROPCAST_TIME_SCALE: "10" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  for (const number of [first, second]) stage.write(`${number}.yaml`, campaignFile({ number }));
  // An ending that makes the sandbox answer with 131050 by webhook.
  stage.write("list.csv", "phone,first_name\n+48 605 559 003,Anna\n");
  const { id } = await fleet.json<{ id: string }>(["send", `${first}.yaml`, "list.csv"]);
  await fleet.until(id, ({ counts }) => counts.failed === 1);
  const listed = async () => fleet.json<{ phone: string; source: string }[]>(["suppress", "list"]);
  await expect.poll(listed).toHaveLength(1);

  const again = await fleet.json(["send", `${second}.yaml`, "list.csv"]);

  expect(await listed()).toMatchObject([
    { phone: "+48605559003", scope: "marketing", source: `131050 ${id} (sandbox)` },
  ]);
  expect(again).toMatchObject({ status: "finished", rows: 1, counts: { suppressed: 1 } });
  expect(fleet.posts()).toHaveLength(1);
});
