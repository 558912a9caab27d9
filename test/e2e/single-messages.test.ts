import { afterAll, beforeAll, expect, test } from "vitest";
import {
  campaignFile,
  csvOf,
  type Fleet,
  type ShownCampaign,
  startFleet,
} from "../support/fleet.ts";
import { redisUrl, testNumber } from "../support/redis.ts";

const NUMBER = testNumber();
let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet({
    ...{ redisUrl: redisUrl(), number: NUMBER, ratePerSecond: 50, workers: 0 },
    knobs: { latencyMs: "300", webhookDelayMs: "20-100" },
  });
});
afterAll(() => fleet.stage.close());

function writeSale(): void {
  fleet.stage.write("sale.yaml", campaignFile({ number: NUMBER }));
  fleet.stage.write("list.csv", csvOf([["+48 601 000 001", "Ann"]]));
}

const testTo = (to: string) => ["test", "sale.yaml", "list.csv", "--to", to, "--json"];
const postsTo = (digits: string) => fleet.posts().filter(({ to }) => to === digits);

test("a test message is sent without a worker, and its outcome comes by webhook", async () => {
  writeSale();
  const delivered = await fleet.stage.run(testTo("+48602000001"));
  const failed = await fleet.stage.run(testTo("+48605559002"));

  expect(delivered.code).toBe(0);
  expect(JSON.parse(delivered.stdout)).toMatchObject({
    ...{ test: true, end: "settled", state: expect.stringMatching(/delivered|read/) },
  });
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.stdout)).toMatchObject({ state: "failed", code: 131026 });
  expect(await fleet.list()).toEqual([]);
});

test("a test message whose command was killed between POST and record is not posted again", async () => {
  writeSale();
  await fleet.turn({ latencyMs: "5000" });
  const to = "48603000001";
  const launched = fleet.stage.launch(testTo(`+${to}`));
  await fleet.posted(fleet.posts().length + 1);
  await launched.kill();
  await fleet.turn({ latencyMs: "0" });

  // The worker finds the open batch, and the row claimed.
  await fleet.startWorker();
  await sendAgain("48605559034");

  expect(postsTo(to)).toHaveLength(1);
});

test("a message that fails by the pair limit is sent again by itself, once, and is delivered", async () => {
  const to = "48725559034";
  const { ended, row } = await sendAgain(to);

  expect(ended.rows).toBe(1);
  expect(row).toMatchObject({ attempts: 2, code: null });
  const at = postsTo(to).map((post) => post.at);
  expect(at).toHaveLength(2);
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
});

/** Sends a list of one to a recipient of whom every other message fails with 131056. */
async function sendAgain(to: string) {
  const name = `Again ${to}`;
  const file = JSON.parse(campaignFile({ number: NUMBER, name })) as object;
  const content = { ...file, delivery: { retry: { 131056: true } } };
  fleet.stage.write("again.yaml", JSON.stringify(content));
  fleet.stage.write("again.csv", csvOf([[`+${to}`, "Ann"]]));
  const { id } = await fleet.json<ShownCampaign>(["send", "again.yaml", "again.csv"]);
  const ended = await fleet.until(
    id,
    ({ status, counts }) => status === "finished" && counts.delivered + counts.read === 1,
  );
  const [row] = await fleet.exported(id);
  return { ended, row };
}
