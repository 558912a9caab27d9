import { expect, onTestFinished, test } from "vitest";
import { campaignFile, listOf, startFleet } from "../support/fleet.ts";
import { startOwnRedis, testNumber } from "../support/redis.ts";

/** So that webhooks of failed messages come while there are others to send. */
const SLOW = { ratePerSecond: 15 };

/**
 * Campaigns that pause by themselves, with the workers, the webhook consumer and the API as
 * processes. What the API was really asked is the oracle: rows that were not sent stay pending, and
 * after the cause is gone each person still gets one message.
 */
test("campaigns pause for what the API and its webhooks report, and go on once resumed", async () => {
  const server = await startOwnRedis();
  const number = testNumber();
  const fleet = await startFleet({
    redisUrl: server.url,
    number,
    ratePerSecond: 50,
    workers: 2,
    knobs: { latencyMs: "5", webhookDelayMs: "20-60" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  let people = 0;
  const send = async (name: string, rows: number, category: "marketing" | "utility") => {
    const file = JSON.parse(campaignFile({ number, name, category })) as object;
    stage.write(`${name}.yaml`, JSON.stringify({ ...file, delivery: SLOW }));
    stage.write(`${name}.csv`, listOf(rows, people));
    people += rows;
    const { id } = await fleet.json<{ id: string }>(["send", `${name}.yaml`, `${name}.csv`]);
    return id;
  };
  // What was on the wire when it paused is answered a moment later.
  const paused = (id: string) =>
    fleet.until(id, ({ status, counts }) => status === "paused" && counts.sending === 0);
  const before = () => fleet.posts().length;

  // Half of the messages fail by webhook.
  await fleet.turn({ failStatusCodes: "131026=0.5" });
  const share = await send("share", 400, "marketing");
  const stopped = await paused(share);
  expect(stopped.reasonCode).toMatch(/^failure_share:\d+\/\d+:131026$/);
  expect(stopped.reason).toContain("Message undeliverable");
  await fleet.webhooksDelivered();
  const { counts } = await fleet.show(share);
  expect(counts.pending).toBe(400 - fleet.posts().length);
  expect(counts.pending).toBeGreaterThan(0);

  // All are refused with one code.
  await fleet.turn({ failStatusCodes: "", errorCodes: "131008=1" });
  let posts = before();
  const code = await paused(await send("code", 100, "marketing"));
  expect(code.reasonCode).toBe("same_code:131008");
  expect(code.counts.failed).toBe(before() - posts);
  expect(code.counts.failed).toBeLessThan(100);

  // The template is refused: both campaigns with it pause, and no row is lost.
  await fleet.turn({ errorCodes: "132001=1" });
  const [one, other] = [await send("one", 50, "marketing"), await send("other", 50, "marketing")];
  for (const id of [one, other]) {
    expect(await paused(id)).toMatchObject({
      reasonCode: "template:132001",
      counts: { pending: 50 },
    });
  }

  // WhatsApp charges a utility campaign as marketing.
  await fleet.turn({ errorCodes: "", category: "marketing" });
  posts = before();
  const drift = await send("drift", 200, "utility");
  expect((await paused(drift)).reasonCode).toBe("category:marketing");
  expect(before() - posts).toBeLessThan(200);

  for (const id of [share, one, other, drift]) {
    await fleet.json(["rate", id, "default"]);
    await fleet.json(["resume", id]);
  }
  for (const id of [share, one, other, drift]) {
    await fleet.until(id, ({ status }) => status === "finished");
  }
  const accepted = fleet.posts().filter(({ decision }) => decision === "accepted");
  expect(new Set(accepted.map(({ to }) => to)).size).toBe(accepted.length);
  expect(accepted).toHaveLength(400 + 100 + 200);

  // LiveChat signs with another secret: the process that only reads knows of it.
  await fleet.turn({ webhookSecret: "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" });
  await send("unheard", 1, "marketing");
  const wrong = async () =>
    (await fleet.json<{ wrongSignatures: { address: string; count: number }[] }[]>(["list"]))[0]
      ?.wrongSignatures;
  await expect.poll(wrong).toEqual([expect.objectContaining({ address: "shared" })]);
});
