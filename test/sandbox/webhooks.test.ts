import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { SANDBOX_DEFAULTS } from "../../src/sandbox/options.ts";
import { signWebhook } from "../../src/sandbox/webhook-sender.ts";
import { readWebhookLog } from "../support/request-log.ts";
import { runSandbox } from "./running-sandbox.ts";

const BRAZILIAN = "5541987654321";
/** A magic recipient of whom one webhook tells: `failed`. */
const ONE_WEBHOOK = "48505559002";

it("the signature is that of the official Standard Webhooks test vector", () => {
  const signature = signWebhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestampSeconds: 1614265330,
    body: '{"test": 2432232314}',
  });

  expect(signature).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

describe("the webhooks of a message", () => {
  it("have the members of the documented samples, in their order and of their types", async () => {
    const running = await runSandbox();

    await running.post("48600000001");
    await running.sandbox.drained();
    const bodies = running.received.map(({ body }) => JSON.parse(body) as { timestamp: string });

    const wamid = running.requests()[0]?.wamid;
    const common = { id: wamid, recipient_id: "48600000001", timestamp: expect.any(Number) };
    const pricing = { billable: true, pricing_model: "CBP", category: "marketing" };
    const conversation = {
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      origin: { type: "marketing" },
    };
    const first = { ...conversation, expiration_timestamp: expect.any(Number) };
    expect(bodies).toEqual(
      [
        { ...common, status: "sent", conversation: first, pricing },
        { ...common, status: "delivered", conversation, pricing },
        { ...common, status: "read" },
      ].map((data) => ({ type: "message.status", timestamp: expect.any(String), data })),
    );
    for (const body of bodies) {
      expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    }
    expect(Object.keys(running.received[0]?.data ?? {})).toEqual(
      "id status timestamp conversation pricing recipient_id".split(" "),
    );
  });

  it("name a Brazilian the way WhatsApp spells the number, and so does the answer", async () => {
    const running = await runSandbox();

    const seen = await running.post(BRAZILIAN);
    await running.sandbox.drained();

    expect(JSON.parse(seen.text)).toMatchObject({
      contacts: [{ input: BRAZILIAN, wa_id: "554187654321" }],
    });
    expect(running.received[0]?.data["recipient_id"]).toBe("554187654321");
  });

  it("are repeated under the same webhook-id until they are answered 2xx", async () => {
    const running = await runSandbox({ webhookRetryDelaysMs: [1, 1] });
    running.answers.push(503, 400);

    await running.post(ONE_WEBHOOK);
    await running.sandbox.drained();

    expect(running.received.length).toBe(3);
    expect(new Set(running.received.map(({ id }) => id)).size).toBe(1);
    expect(new Set(running.received.map(({ body }) => body)).size).toBe(1);
    expect(running.sandbox.stats().webhooks).toMatchObject({ delivered: 1, retried: 2, open: 0 });
  });

  it("carry a fresh timestamp and signature at each try", async () => {
    const running = await runSandbox({ webhookRetryDelaysMs: [1_050] });
    running.answers.push(503);

    await running.post(ONE_WEBHOOK);
    await running.sandbox.drained();

    const [first, second] = running.received;
    expect(second?.timestamp).toBeGreaterThan(first?.timestamp ?? Number.POSITIVE_INFINITY);
    expect(second?.signature).not.toBe(first?.signature);
  });

  it.each([
    ["after the last wait", [500, 500, 500], 3],
    ["at once on 410", [410], 1],
  ])("are given up %s", async (_, answers, tries) => {
    const running = await runSandbox({ webhookRetryDelaysMs: [1, 1] });
    running.answers.push(...answers);

    await running.post(ONE_WEBHOOK);
    await running.sandbox.drained();

    expect(running.received.length).toBe(tries);
    expect(running.sandbox.stats().webhooks).toMatchObject({ delivered: 0, givenUp: 1 });
  });

  it("are given up when nobody listens", async () => {
    const running = await runSandbox({
      webhookUrl: "http://127.0.0.1:1/webhooks/livechat",
      webhookRetryDelaysMs: [],
    });

    await running.post("48600000001");
    await running.sandbox.drained();

    expect(running.sandbox.stats().webhooks).toMatchObject({ delivered: 0, givenUp: 3 });
  });

  it("are each logged with the receiver's answer", async () => {
    const running = await runSandbox({ webhookRetryDelaysMs: [1], readShare: 0 });
    running.answers.push(503);

    await running.post("48600000001");
    await running.sandbox.drained();

    const lines = readWebhookLog(join(running.folder, "webhooks.jsonl"));
    expect(lines.length).toBe(3);
    expect(lines.filter(({ httpStatus }) => httpStatus === 503)).toMatchObject([
      { tryNumber: 1, status: "sent", wamid: running.requests()[0]?.wamid },
    ]);
  });

  it("come after the time of a schedule, and the answer before it", async () => {
    const running = await runSandbox();
    const at = new Date(Date.now() + 400);

    const seen = await running.post("48600000001", { schedule: at.toISOString() });
    const early = running.received.length;
    await running.sandbox.drained();

    expect([seen.status, early]).toEqual([200, 0]);
    expect(running.requests()[0]?.scheduledAt).toBe(at.getTime());
    const told = JSON.parse(running.received[0]?.body ?? "") as { timestamp: string };
    expect(Date.parse(told.timestamp)).toBeGreaterThanOrEqual(at.getTime() - 2);
  });

  it("report what Meta would have refused, when the message was scheduled", async () => {
    const running = await runSandbox({ errorCodes: { 132000: 1 } });
    const schedule = new Date(Date.now() + 200).toISOString();

    const seen = await running.post("48600000001", { schedule });
    await running.sandbox.drained();

    expect(seen.status).toBe(200);
    expect(running.received.map(({ data }) => data["errors"])).toMatchObject([[{ code: 132000 }]]);
  });

  it("verify under the secret that was set, and under no other", async () => {
    const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const body = '{"type":"message.status"}';
    const timestampSeconds = Math.floor(Date.now() / 1_000);
    const signature = signWebhook(webhookSecret, { id: "msg_1", timestampSeconds, body });
    const headers = {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(timestampSeconds),
      "webhook-signature": signature,
    };

    expect(new Webhook(webhookSecret).verify(body, headers)).toEqual({ type: "message.status" });
    expect(() => new Webhook(SANDBOX_DEFAULTS.webhookSecret).verify(body, headers)).toThrow();
  });
});
