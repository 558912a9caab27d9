// A process of the plain sender: the worker, or an importer.
import { connect } from "../baseline/campaign.mjs";
import { importList } from "../baseline/import.mjs";
import { createWebhookServer } from "../baseline/webhooks.mjs";
import { createPost, startWorker } from "../baseline/worker.mjs";
import { NUMBER_ID, TEMPLATE, TOKEN } from "./campaign.mjs";
import { clockMs, cpuMicros, peakRssBytes, serve } from "./child.mjs";

const {
  REDIS_SOCKET: socket,
  API_URL: apiUrl,
  RATE_PER_SECOND: rate,
  WEBHOOK_SECRET: secret,
} = process.env;
let worker;
let webhooks;
let redis;
let api;

serve({
  cpu: cpuMicros,
  start: () => {
    api = createPost({ apiUrl, numberId: NUMBER_ID, token: TOKEN });
    const ratePerSecond = Number(rate);
    worker = startWorker({ socket, template: TEMPLATE, ratePerSecond, post: api.post });
  },
  /** Resolves with the port. */
  startWebhooks: async () => {
    redis = connect(socket);
    webhooks = createWebhookServer({ redis, secret });
    return Number(new URL(await webhooks.listen({ host: "127.0.0.1", port: 0 })).port);
  },
  stop: async () => {
    await worker?.stop();
    await webhooks?.close();
    redis?.disconnect();
    await api?.close();
  },
  peakRssBytes,
  /** What is stored of each message: recipient, WhatsApp message id and state. */
  outcomes: async ({ campaign }) => {
    const client = connect(socket);
    const found = [];
    for await (const keys of client.scanStream({ match: `message:${campaign}:*`, count: 1_000 })) {
      const reads = client.pipeline();
      for (const key of keys) reads.hmget(key, "to", "wamid", "status");
      for (const [, fields] of await reads.exec()) found.push(fields.join(" "));
    }
    client.disconnect();
    // A scan may meet a key twice.
    return [...new Set(found)];
  },
  importList: async ({ campaign, csvPath }) => {
    const [startedAt, cpuBefore] = [clockMs(), cpuMicros()];
    const { rows } = await importList({ socket, path: csvPath, campaign });
    return { rows, startedAt, endedAt: clockMs(), cpuMicros: cpuMicros() - cpuBefore };
  },
});
