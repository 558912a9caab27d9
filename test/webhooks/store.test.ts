import { expect, test } from "vitest";
import { createLedgerClient } from "../../src/redis/ledger-client.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { WEBHOOK_SECRET } from "../support/webhook-samples.ts";
import { runServer } from "./running-server.ts";

/** A campaign of four rows, all accepted by the API; row n has the wamid `wamid.ROWn`. */
async function acceptedCampaign(at: TestStore): Promise<string> {
  const campaign = await at.import(4);
  for (const granted of await at.grant(campaign, 1, 2, 3, 4)) {
    await at.record(granted, "accepted", { wamid: `wamid.ROW${granted.row}` });
  }
  return campaign;
}

function statusOf(row: number, status: string, code?: number): string {
  const data = { id: `wamid.ROW${row}`, status, timestamp: Math.floor(Date.now() / 1000) };
  const errors = code === undefined ? {} : { errors: [{ code }] };
  return JSON.stringify({ type: "message.status", data: { ...data, ...errors } });
}

const secretOf = (name: string) => ({ name, webhookSecrets: [WEBHOOK_SECRET] });

test("webhooks in any order, doubled and foreign, leave the ledger with what is true", async () => {
  const at = await openTestStore();
  const campaign = await acceptedCampaign(at);
  const { post, jobs } = await runServer({
    numbers: [secretOf(at.number)],
    apply: (_number, event, unmatched) => at.store.applyStatus(event, unmatched),
  });

  const answers = new Set<number>();
  for (const body of [
    statusOf(1, "read"),
    statusOf(1, "sent"),
    statusOf(1, "delivered"),
    statusOf(2, "sent"),
    statusOf(3, "failed", 131026),
    statusOf(3, "failed", 131026),
    statusOf(99, "sent"),
  ]) {
    answers.add((await post(body)).status);
  }

  expect([...answers]).toEqual([204]);
  expect(await at.counts(campaign)).toEqual({ read: 1, sent: 1, failed: 1, accepted: 1 });
  expect((await at.found(campaign)).errors).toMatchObject([{ code: 131026, count: 1 }]);
  const job = { number: at.number, campaign, row: 3, attempt: 1 };
  expect(jobs).toEqual([job, job]);
});

test("a number that shares its secret gets the events of its own messages", async () => {
  const first = await openTestStore();
  const second = await openTestStore();
  const campaign = await acceptedCampaign(second);
  const { post } = await runServer({
    numbers: [secretOf(first.number), secretOf(second.number)],
    apply: (number, event, unmatched) =>
      (number === first.number ? first : second).store.applyStatus(event, unmatched),
  });

  const response = await post(statusOf(2, "delivered"));

  expect(response.status).toBe(204);
  expect(await second.counts(campaign)).toEqual({ delivered: 1, accepted: 3 });
});

test("while Redis is gone the answer is 503, and the repeat is applied once it is back", async () => {
  const own = await startOwnRedis();
  const at = await openTestStore({}, own.connect());
  const campaign = await acceptedCampaign(at);
  const redis = createLedgerClient(own.address);
  redis.on("error", () => {
    // Expected: this test takes Redis away. What matters is what the sender is told.
  });
  await redis.connect();
  const store = await createNumberStore({ redis, number: at.number });
  const { post } = await runServer({
    numbers: [secretOf(at.number)],
    apply: (_number, event, unmatched) => store.applyStatus(event, unmatched),
  });

  await own.kill();
  const down = await post(statusOf(1, "delivered"));
  await own.restart();
  await expect.poll(async () => (await post(statusOf(1, "delivered"))).status).toBe(204);

  expect(down.status).toBe(503);
  expect(down.headers.get("retry-after")).toBe("5");
  expect(await at.counts(campaign)).toEqual({ delivered: 1, accepted: 3 });
  redis.disconnect();
});
