// A plain BullMQ sender: one job a message, the POST in the job. A process of its own, to be killed.
// Arguments: port of Redis, queue, URL of the API.
import { Worker } from "bullmq";

const [, , port, queue, api] = process.argv;

new Worker(
  queue,
  async (job) => {
    const answer = await fetch(api, { method: "POST", body: JSON.stringify(job.data) });
    if (!answer.ok) throw new Error(`The API answered ${answer.status}`);
  },
  {
    connection: { port: Number(port), maxRetriesPerRequest: null },
    lockDuration: 500,
    // The first to look for stalled jobs says for how long nobody else has to.
    stalledInterval: 100,
  },
);
