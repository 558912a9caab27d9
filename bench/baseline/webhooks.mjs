import fastify from "fastify";
import { Webhook } from "standardwebhooks";
import { wamidKey } from "./campaign.mjs";

const RANK = { accepted: 0, sent: 1, delivered: 2, read: 3, failed: 4 };

/**
 * Applies the `data` of one `message.status` event; a status never goes backwards. False: the
 * message is not known, perhaps not yet.
 */
export async function applyStatus(redis, data) {
  const key = await redis.get(wamidKey(data.id));
  const rank = RANK[data.status];
  if (key === null) return false;
  if (rank === undefined) return true;
  const current = await redis.hget(key, "status");
  if (rank <= (RANK[current] ?? 0)) return true;
  const fields = { status: data.status, [`${data.status}At`]: data.timestamp };
  const error = data.errors?.[0];
  if (error !== undefined) Object.assign(fields, { code: error.code, error: error.title });
  if (data.pricing !== undefined) fields.category = data.pricing.category;
  await redis.hset(key, fields);
  return true;
}

/** The webhook route, verified by the raw body. */
export function createWebhookServer({ redis, secret }) {
  const webhook = new Webhook(secret);
  const app = fastify({ bodyLimit: 64 * 1024 });
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_, body, done) => {
    done(null, body);
  });
  app.post("/webhooks/livechat", async (request, reply) => {
    let event;
    try {
      event = webhook.verify(request.body, request.headers);
    } catch {
      return reply.code(401).send();
    }
    const known = event.type !== "message.status" || (await applyStatus(redis, event.data));
    // The worker may not have stored the message yet: the sender repeats the event.
    return reply.code(known ? 204 : 503).send();
  });
  return app;
}
