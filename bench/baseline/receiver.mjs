// The bare receiver: the least that can be called a receiver of these webhooks, on node:http. It
// reads the body, verifies it with the standardwebhooks package, and writes the status by one
// script. It checks no sizes or repeated headers, counts nothing, and keeps no event of an unknown
// message. It is the yardstick of the webhooks figure, and is not part of Dropcast.
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";
import { wamidKey } from "./campaign.mjs";

const RANK = { sent: 1, delivered: 2, read: 3, failed: 4 };

const APPLY = `
local key = redis.call('GET', KEYS[1])
if not key then return 0 end
if tonumber(ARGV[1]) <= tonumber(redis.call('HGET', key, 'rank') or 0) then return 0 end
redis.call('HSET', key, 'rank', ARGV[1], 'status', ARGV[2], ARGV[2] .. 'At', ARGV[3])
return 1`;

/** Answers 204 once Redis has the status, 401 to a wrong signature. */
export function createBareReceiver({ redis, secret }) {
  const webhook = new Webhook(secret);
  redis.defineCommand("applyEvent", { numberOfKeys: 1, lua: APPLY });

  async function receive(body, headers) {
    let event;
    try {
      event = webhook.verify(body, headers);
    } catch {
      return 401;
    }
    const { id, status, timestamp } = event.data;
    if (event.type === "message.status" && RANK[status] !== undefined) {
      await redis.applyEvent(wamidKey(id), RANK[status], status, timestamp);
    }
    return 204;
  }

  return createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      receive(Buffer.concat(chunks), request.headers).then(
        (status) => response.writeHead(status).end(),
        () => response.writeHead(503).end(),
      );
    });
  });
}
