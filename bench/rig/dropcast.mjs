// A process of Dropcast, built by its own composition root: the worker role, or an importer.

import { createImporter } from "../../dist/app/lists.js";
import { openPlatform } from "../../dist/app/platform.js";
import { startWebhooks } from "../../dist/app/webhooks.js";
import { startWorkers } from "../../dist/app/worker.js";
import { loadConfig } from "../../dist/config/config.js";
import { createLogger } from "../../dist/logger.js";
import { clockMs, cpuMicros, peakRssBytes, serve } from "./child.mjs";

const loaded = loadConfig({ env: process.env, cwd: process.cwd() });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
// The rig's API is not the sandbox, and does not say so: what is measured is live.
const config = { ...loaded.config, mode: "live" };
const opened = await openPlatform({
  config,
  logger: createLogger({ level: "error" }),
  say: console.error,
  patience: "refuse",
});
const platform = unwrap(opened);
let role;

function unwrap(result) {
  if (!result.ok) throw new Error(`${result.refusal.message} ${result.refusal.fix}`);
  return result.value;
}

serve({
  cpu: cpuMicros,
  start: async () => {
    role = unwrap(await startWorkers(platform));
  },
  /** Resolves with the port. */
  startWebhooks: async () => {
    role = unwrap(await startWebhooks(platform));
    return Number(new URL(role.place).port);
  },
  stop: async () => {
    await role?.stop();
    await platform.close();
  },
  importList: async ({ campaignPath, csvPath }) => {
    const [startedAt, cpuBefore] = [clockMs(), cpuMicros()];
    const importFile = await createImporter(platform);
    const imported = await importFile({ campaignPath, csvPath });
    const { id } = unwrap(imported);
    const { rows } = imported.report;
    return { id, rows, startedAt, endedAt: clockMs(), cpuMicros: cpuMicros() - cpuBefore };
  },
  /** Ends a campaign, so that the next import does not look for its people in it. */
  cancel: async (id) => void (await platform.stores.main.campaigns.cancel(id)),
  /** Pauses, resumes or cancels a campaign; between which times it did, by the common clock. */
  control: async ({ verb, id }) => {
    const begunAt = clockMs();
    await platform.stores.main.campaigns[verb](id, "operator");
    return { begunAt, doneAt: clockMs() };
  },
  /** Sets the number's rate; when that was acknowledged. */
  setRate: async (ratePerSecond) => {
    await platform.stores.main.pace.setNumberRate(ratePerSecond);
    return clockMs();
  },
  peakRssBytes,
  /** Rows by state. */
  counts: async (id) => (await platform.stores.main.campaigns.find(id))?.counts,
  /** What is stored of each message: recipient, WhatsApp message id and state. */
  outcomes: async ({ campaign, rows }) => {
    const found = [];
    for await (const row of platform.stores.main.rows.all(campaign, rows)) {
      found.push(`${row.phone} ${row.wamid} ${row.state}`);
    }
    return found;
  },
  allCounts: async () => {
    const { campaigns } = platform.stores.main;
    const all = await campaigns.list();
    return all.map(({ counts }) => counts);
  },
});
