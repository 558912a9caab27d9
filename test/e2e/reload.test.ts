import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { campaignFile, listOf, type ShownCampaign, startFleet } from "../support/fleet.ts";
import { redisUrl, testNumber } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

/** Until a receiver has a number it answers 404: the API is to come again soon, and for minutes. */
const OFTEN = { webhookRetryDelaysMs: Array.from({ length: 300 }, () => 1_000).join(",") };

const isDelivered = ({ status, counts }: ShownCampaign): boolean =>
  status === "finished" && counts.delivered + counts.read === 3;

test("a worker and its webhooks take a number in and out without a restart, and keep what they have when the file is broken", async () => {
  const [first, second] = [testNumber(), testNumber()];
  const fleet = await startFleet({
    ...{ redisUrl: redisUrl(), number: first, moreNumbers: [second] },
    ...{ ratePerSecond: 50, workers: 1, env: { DROPCAST_TIME_SCALE: "10" }, knobs: OFTEN },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  const all = readFileSync(join(stage.dir, "numbers.yaml"), "utf8");
  const file = JSON.parse(all) as { numbers: Record<string, object> };
  const [worker] = fleet.workers;
  if (worker === undefined) throw new Error("the fleet has no worker");
  const logged = (words: string, by = worker) =>
    vi.waitFor(() => expect(readFileSync(by.logPath, "utf8")).toContain(words), SOON);

  // Taken when the file changes.
  stage.write(
    "numbers.yaml",
    JSON.stringify({ ...file, numbers: { [first]: file.numbers[first] } }),
  );
  await logged(`"removed":["${second}"]`);
  await logged(`"removed":["${second}"]`, fleet.webhookServer);
  stage.write("all.yaml", all);
  stage.write("second.yaml", campaignFile({ number: second }));
  stage.write("list.csv", listOf(3));
  stage.setEnv({ DROPCAST_CONFIG: "all.yaml" });
  const { id } = await fleet.json<ShownCampaign>(["send", "second.yaml", "list.csv"]);
  await vi.waitFor(async () => {
    const [told] = await fleet.json<{ id: string; stalled: string | null }[]>(["list"]);
    expect(told).toMatchObject({ id, stalled: "no_worker" });
  }, SOON);
  expect(fleet.posts()).toEqual([]);

  // A broken file changes nothing.
  stage.write("numbers.yaml", '{"numbers": {');
  process.kill(worker.pid, "SIGHUP");
  await logged("the configuration is kept as it was: DROPCAST_CONFIG");

  // Taken at SIGHUP: what waited is sent, and its outcomes are received.
  stage.write("numbers.yaml", all);
  process.kill(fleet.webhookServer.pid, "SIGHUP");
  await logged(`"added":["${second}"]`, fleet.webhookServer);
  process.kill(worker.pid, "SIGHUP");
  await logged(`"added":["${second}"]`);
  const last = await fleet.until(id, isDelivered);
  expect(last).toMatchObject({ stalled: null });
});

test("dropcast up takes a number in at SIGHUP, in all of its roles", async () => {
  const [first, second] = [testNumber(), testNumber()];
  const fleet = await startFleet({
    ...{ redisUrl: redisUrl(), number: first, moreNumbers: [second] },
    ...{ ratePerSecond: 50, workers: 0, env: { DROPCAST_DASHBOARD_PORT: "0" }, knobs: OFTEN },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  const all = readFileSync(join(stage.dir, "numbers.yaml"), "utf8");
  const file = JSON.parse(all) as { numbers: Record<string, object> };
  const numbers = { [first]: file.numbers[first] };
  stage.write("numbers.yaml", JSON.stringify({ ...file, numbers }));
  const up = await stage.start<{ webhooks: string }>("up", ["up"]);
  await fleet.turn({ webhookUrl: up.ready.webhooks });

  stage.write("numbers.yaml", all);
  process.kill(up.pid, "SIGHUP");
  await vi.waitFor(
    () => expect(readFileSync(up.logPath, "utf8")).toContain(`"added":["${second}"]`),
    SOON,
  );
  stage.write("second.yaml", campaignFile({ number: second }));
  stage.write("list.csv", listOf(3));
  const { id } = await fleet.json<ShownCampaign>(["send", "second.yaml", "list.csv"]);

  await fleet.until(id, isDelivered);
});
