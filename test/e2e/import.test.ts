import { expect, onTestFinished, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import {
  campaignFile,
  csvOf,
  digitsOf,
  listOf,
  phoneOf,
  type ShownCampaign,
  startFleet,
} from "../support/fleet.ts";
import { connectTestRedis, redisAddress, redisUrl, testNumber } from "../support/redis.ts";
import { startRedisProxy } from "../support/redis-proxy.ts";
import { sentTwice } from "../support/request-log.ts";

/** Between its first and its last people one stands again and again. */
const ROWS = 20_000;
const PEOPLE = 2_000;

test("a killed `send` leaves the campaign importing and nothing sent; the same command finishes it under the same id, without gaps or doubles", async () => {
  const number = testNumber();
  const proxy = await startRedisProxy({ targetPath: redisAddress().path });
  onTestFinished(() => proxy.close());
  const fleet = await startFleet({
    redisUrl: proxy.url,
    number,
    ratePerSecond: 1_000,
    workers: 1,
    knobs: { latencyMs: "0", webhookLost: "1" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  const redis = connectTestRedis();
  const { campaigns } = await createNumberStore({ redis, number, mode: "sandbox" });
  stage.write("sale.yaml", campaignFile({ number }));
  const between = Array.from({ length: ROWS - PEOPLE }, () => 0);
  const everybody = Array.from({ length: PEOPLE }, (_, at) => at);
  const people = [...everybody.slice(0, PEOPLE / 2), ...between, ...everybody.slice(PEOPLE / 2)];
  stage.write("list.csv", csvOf(people.map((person) => [phoneOf(person), `Name ${person}`])));

  // Redis has the first rows, and the command does not know yet.
  const { fired } = proxy.once(
    ({ command, when }) => command === "import-chunk" && when === "after",
    { kind: "call", act: () => first.kill() },
  );
  const first = stage.launch(["send", "sale.yaml", "list.csv", "--json"]);
  await fired;
  await first.ended;
  const id = (await campaigns.list())[0]?.id ?? "";
  const killed = await fleet.show(id);
  expect(killed.status).toBe("importing");
  expect(killed.counts.pending).toBe(PEOPLE / 2);
  expect(fleet.posts()).toEqual([]);

  const again = await stage.json<ShownCampaign & { restarted: boolean }>([
    "send",
    "sale.yaml",
    "list.csv",
  ]);
  expect(again).toMatchObject({ id, restarted: true, rows: ROWS });
  const last = await fleet.until(id, ({ status }) => status === "finished");
  expect(last.counts).toMatchObject({ accepted: PEOPLE, duplicate: ROWS - PEOPLE });
  expect(last.rows).toBe(ROWS);

  const rows = await fleet.exported(id);
  expect(rows.every(({ row }, at) => row === at + 1)).toBe(true);
  expect(rows).toHaveLength(ROWS);
  const sent = rows.filter(({ state }) => state === "accepted").map(digitsOf);
  expect(new Set(sent).size).toBe(PEOPLE);
  const posts = fleet.posts();
  expect(posts).toHaveLength(PEOPLE);
  expect(sentTwice(posts)).toEqual([]);
  expect(new Set(posts.map(({ to }) => to))).toEqual(new Set(sent));
});

test("two terminals that send the same list at once get one campaign: the other one is refused", async () => {
  const number = testNumber();
  const fleet = await startFleet({
    redisUrl: redisUrl(),
    number,
    ratePerSecond: 1_000,
    workers: 1,
    knobs: { latencyMs: "0", webhookLost: "1" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  stage.write("sale.yaml", campaignFile({ number }));
  stage.write("list.csv", listOf(400));

  const ended = await Promise.all(
    [1, 2].map(() => stage.run(["send", "sale.yaml", "list.csv", "--json"])),
  );
  expect(new Set(ended.map(({ code }) => code))).toEqual(new Set([0, 1]));
  const [taken] = ended.filter(({ code }) => code === 0);
  const [refused] = ended.filter(({ code }) => code === 1);
  const { id } = JSON.parse(taken?.stdout ?? "") as ShownCampaign;
  const { error } = JSON.parse(refused?.stdout ?? "") as {
    error: { code: string; message: string };
  };
  expect(["already_imported", "import_in_progress"]).toContain(error.code);
  expect(error.message).toContain(id);

  await fleet.until(id, ({ status }) => status === "finished");
  expect((await fleet.list()).map((campaign) => campaign.id)).toEqual([id]);
  expect(fleet.posts()).toHaveLength(400);
  expect(sentTwice(fleet.posts())).toEqual([]);
});
