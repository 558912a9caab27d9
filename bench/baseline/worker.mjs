import { UnrecoverableError, Worker } from "bullmq";
import { Pool } from "undici";
import { connect, fill, messageKey, QUEUE, WAMID_SECONDS, wamidKey } from "./campaign.mjs";

const CONCURRENCY = 100;

/** POSTs one message through a pool of connections; answers the status and the body. */
export function createPost({ apiUrl, numberId, token }) {
  const url = new URL(apiUrl);
  const pool = new Pool(url.origin, { connections: CONCURRENCY });
  const path = `${url.pathname}/whatsapp-numbers/${numberId}/template-messages`;
  const headers = { authorization: `Basic ${token}`, "content-type": "application/json" };
  return {
    post: async (message) => {
      const request = { path, method: "POST", headers, body: JSON.stringify(message) };
      const { statusCode, body } = await pool.request(request);
      return { statusCode, text: await body.text() };
    },
    close: () => pool.close(),
  };
}

/** Sends the jobs of the queue at `ratePerSecond`, by `post`. Returns how to stop it. */
export function startWorker({ socket, template, ratePerSecond, post }) {
  const connection = connect(socket);
  const redis = connect(socket);

  const worker = new Worker(QUEUE, send, {
    connection,
    concurrency: CONCURRENCY,
    limiter: { max: ratePerSecond, duration: 1_000 },
  });
  worker.on("error", (error) => console.error(error.message));

  async function send(job) {
    const { campaign, row, to, values } = job.data;
    const { statusCode, text } = await post({ to, template: fill(template, values) });
    if (statusCode === 429) {
      await worker.rateLimit(1_000);
      throw Worker.RateLimitError();
    }
    if (statusCode >= 400 && statusCode < 500) throw new UnrecoverableError(text);
    if (statusCode >= 300) throw new Error(`The API answered ${statusCode}`);
    const wamid = JSON.parse(text).messages[0].id;
    const key = messageKey(campaign, row);
    await redis
      .pipeline()
      .hset(key, { campaign, row, to, wamid, status: "accepted", acceptedAt: Date.now() })
      .set(wamidKey(wamid), key, "EX", WAMID_SECONDS)
      .exec();
  }

  return {
    async stop() {
      await worker.close();
      connection.disconnect();
      redis.disconnect();
    },
  };
}
