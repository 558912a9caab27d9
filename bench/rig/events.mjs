import { createHmac } from "node:crypto";

/** As LiveChat gives it to a customer. */
export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;

export const STATUSES = ["sent", "delivered", "read"];
const KEY = Buffer.from(WEBHOOK_SECRET.slice("whsec_".length), "base64");

/**
 * One signed status webhook as the bytes of its request: the sample of Meta's status reference in
 * LiveChat's envelope. `id` names the event in webhook-id.
 */
export function eventRequest({ id, wamid, to, status }) {
  const seconds = Math.floor(Date.now() / 1_000);
  const body = JSON.stringify({
    type: "message.status",
    timestamp: new Date(seconds * 1_000).toISOString(),
    data: {
      id: wamid,
      status,
      timestamp: String(seconds),
      recipient_id: to,
      ...(status === "read"
        ? {}
        : {
            conversation: { id: wamid.slice(6, 38), origin: { type: "marketing" } },
            pricing: { billable: true, pricing_model: "PMP", category: "marketing" },
          }),
    },
  });
  const signature = createHmac("sha256", KEY).update(`${id}.${seconds}.${body}`).digest("base64");
  return Buffer.from(
    [
      "POST /webhooks/livechat HTTP/1.1",
      "host: 127.0.0.1",
      "content-type: application/json",
      "user-agent: webhooks/1.0",
      `webhook-id: ${id}`,
      `webhook-timestamp: ${seconds}`,
      `webhook-signature: v1,${signature}`,
      `content-length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
}
