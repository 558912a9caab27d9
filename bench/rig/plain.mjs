// A process of the plain sender: the worker, or an importer.
import { importList } from "../baseline/import.mjs";
import { createPost, startWorker } from "../baseline/worker.mjs";
import { NUMBER_ID, TEMPLATE, TOKEN } from "./campaign.mjs";
import { clockMs, cpuMicros, peakRssBytes, serve } from "./child.mjs";

const { REDIS_SOCKET: socket, API_URL: apiUrl, RATE_PER_SECOND: rate } = process.env;
let worker;
let api;

serve({
  cpu: cpuMicros,
  start: () => {
    api = createPost({ apiUrl, numberId: NUMBER_ID, token: TOKEN });
    const ratePerSecond = Number(rate);
    worker = startWorker({ socket, template: TEMPLATE, ratePerSecond, post: api.post });
  },
  stop: async () => {
    await worker?.stop();
    await api?.close();
  },
  peakRssBytes,
  importList: async ({ campaign, csvPath }) => {
    const [startedAt, cpuBefore] = [clockMs(), cpuMicros()];
    const { rows } = await importList({ socket, path: csvPath, campaign });
    return { rows, startedAt, endedAt: clockMs(), cpuMicros: cpuMicros() - cpuBefore };
  },
});
