import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { runHere } from "../cli/in-process.ts";
import { pathOf } from "../deploy/deployment.ts";
import { freePort } from "../support/ports.ts";
import { createStage, type Stage } from "../support/processes.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";
import { signWebhook } from "../support/webhook-samples.ts";
import {
  ASKED,
  crashModule,
  jobsIn,
  logsIn,
  openIndiscreetApi,
  PLANTED,
  plantedEvent,
  plantedIn,
  tracingModule,
} from "./planting.ts";

const ROWS = 8;
/** Rows whose outcome is unknown (3, 4, 5), and the one that is refused for good (2). */
const OUTCOMES = { accepted: 4, failed: 1, unknown: 3 };

function list(rows: readonly number[]): string {
  const lines = rows.map(
    (row) => `+48 731 900 ${String(row).padStart(3, "0")},${PLANTED.cell(row)}`,
  );
  return `phone,first_name\n${lines.join("\n")}\n`;
}

/** A stage with everything that may be told configured, and files for two campaigns. */
async function openPlace(redisUrl: string, apiUrl: string) {
  const stage = createStage();
  onTestFinished(() => stage.close());
  const spans = join(stage.dir, "spans.ndjson");
  const crash = join(stage.dir, "crash.now");
  const tracing = stage.write("tracing.mjs", tracingModule(spans, pathOf(".")));
  const crashing = stage.write("crashing.mjs", crashModule(crash));
  const imports = [tracing, crashing].map((path) => `--import=${pathToFileURL(path).href}`);
  stage.setEnv({
    DROPCAST_REDIS_URL: redisUrl,
    DROPCAST_API_URL: apiUrl,
    DROPCAST_NUMBER_ID: "number-id",
    DROPCAST_RATE_PER_SECOND: "100",
    DROPCAST_API_TOKEN: PLANTED.token,
    DROPCAST_WEBHOOK_SECRET: PLANTED.webhookSecret,
    DROPCAST_DASHBOARD_PASSWORD: PLANTED.dashboardPassword,
    DROPCAST_DROPS_DIR: join(stage.dir, "drops"),
    DROPCAST_DATA_DIR: join(stage.dir, "data"),
    DROPCAST_WEBHOOK_PORT: "0",
    DROPCAST_DASHBOARD_PORT: "0",
    DROPCAST_LOG_LEVEL: "trace",
    DROPCAST_CONFIG: "numbers.yaml",
    NODE_OPTIONS: imports.join(" "),
  });
  stage.write(
    "numbers.yaml",
    JSON.stringify({
      webhooksOut: {
        url: `http://127.0.0.1:1/${PLANTED.webhookOutPath}`,
        secret: PLANTED.webhookOutSecret,
      },
    }),
  );
  const campaign = (name: string) =>
    JSON.stringify({
      ...{ name, number: "main", category: "marketing" },
      template: {
        ...{ name: "hello", language: { code: "en_US" } },
        components: [{ type: "body", parameters: [{ type: "text", text: "{{first_name}}" }] }],
      },
    });
  stage.write("sale.yaml", campaign("Sale"));
  stage.write("broken.yaml", `${campaign("Broken").slice(0, -1)}, "${PLANTED.asked}": 1}`);
  stage.write("list.csv", list(Array.from({ length: ROWS }, (_, at) => at + 1)));
  return { stage, spans, crash };
}

async function shown(stage: Stage, id: string) {
  const { stdout } = await runHere(stage, ["show", id, "--json"]);
  return JSON.parse(stdout) as { status: string; counts: Record<string, number> };
}

test("nothing that is planted in lists, answers, webhooks, requests and secrets is told by a log, metric, job, error or span", async () => {
  const redis = await startOwnRedis();
  const api = await openIndiscreetApi();
  onTestFinished(api.close);
  const { stage, spans, crash } = await openPlace(redis.url, api.url);
  const errors: string[] = [];
  const metrics: string[] = [];
  const start = async (role: string) => {
    const port = await freePort("role");
    stage.setEnv({ DROPCAST_METRICS_PORT: String(port) });
    const running = await stage.start<{ place: string | null }>(role, [role]);
    const url = `http://127.0.0.1:${port}/metrics`;
    return { ...running, scrape: async () => metrics.push(await (await fetch(url)).text()) };
  };
  const webhooks = await start("webhooks");
  const dashboard = await start("dashboard");
  const producer = await start("producer");
  const worker = await start("worker");

  // Lists: dropped, broken, with people who cannot be reached, and sent by the command.
  const inbox = join(stage.dir, "drops/inbox");
  mkdirSync(inbox, { recursive: true });
  writeFileSync(
    join(inbox, "bad.csv"),
    `phone,first_name\n+48 731 977 12,${PLANTED.cell(9)}\n"${PLANTED.stranger},${PLANTED.cell(9)}`,
  );
  writeFileSync(join(inbox, "bad.yaml"), readFileSync(join(stage.dir, "sale.yaml")));
  for (const file of ["broken.yaml", "sale.yaml"]) {
    const bad = await runHere(stage, ["send", file, "drops/inbox/bad.csv", "--live", "--yes"]);
    errors.push(bad.stderr);
  }
  const sent = await runHere(stage, ["send", "sale.yaml", "list.csv", "--live", "--yes", "--json"]);
  expect(sent).toMatchObject({ code: 0, stdout: expect.stringContaining(`"id"`) });
  const { id: campaign } = JSON.parse(sent.stdout) as { id: string };
  await vi.waitFor(
    async () => expect((await shown(stage, campaign)).counts).toMatchObject(OUTCOMES),
    SOON,
  );

  // Webhooks: good, unmatched, forged, broken, and to a wrong address.
  const hook = webhooks.ready.place ?? "";
  const post = async (url: string, init: RequestInit) => {
    const answer = await fetch(url, { method: "POST", ...init });
    errors.push(await answer.text());
    return answer.status;
  };
  expect(await post(hook, plantedEvent(1, "delivered"))).toBe(204);
  expect(await post(hook, plantedEvent(7, "failed"))).toBe(204);
  expect(await post(hook, plantedEvent(700, "delivered", PLANTED.stranger))).toBe(204);
  const { body } = plantedEvent(1, "read");
  expect(await post(hook, { body, headers: signWebhook(body) })).toBe(401);
  const text = `{"type": "message.status", "data": "${PLANTED.text} ${PLANTED.stranger}"}`;
  const secret = { secret: PLANTED.webhookSecret };
  expect(await post(hook, { body: text, headers: signWebhook(text, secret) })).toBe(204);
  const cut = `${PLANTED.text} ${PLANTED.stranger}`;
  expect(await post(hook, { body: cut, headers: signWebhook(cut, secret) })).toBe(400);
  await post(`${hook}/${PLANTED.stranger}`, { body });
  await post(new URL(`/${PLANTED.stranger}`, hook).href, { body });

  // The dashboard and its API: wrong passwords, people in bodies, queries and paths.
  const home = dashboard.ready.place ?? "";
  const basic = (password: string) => ({
    authorization: `Basic ${Buffer.from(`anna:${password}`).toString("base64")}`,
  });
  const right = { ...basic(PLANTED.dashboardPassword), "content-type": "application/json" };
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(new URL(path, home), {
      headers: right,
      redirect: "manual",
      ...init,
    });
    const told = await answer.text();
    // What was asked for may be answered; an error repeats nothing of the store.
    if (answer.status >= 400) errors.push(told);
  };
  await ask("/", { headers: basic(PLANTED.wrongPassword) });
  await ask("/api/campaigns", { headers: { authorization: `Bearer ${PLANTED.wrongBearer}` } });
  const json = (value: object) => ({ method: "POST", body: JSON.stringify(value) });
  await ask("/api/messages/find", json({ phone: PLANTED.phone(1) }));
  await ask("/api/messages/find", json({ phone: PLANTED.asked, [PLANTED.asked]: 1 }));
  await ask("/api/opt-outs", json({ phones: [PLANTED.stranger] }));
  await ask(`/api/opt-outs/${PLANTED.stranger}`, { method: "DELETE" });
  await ask(`/api/campaigns/${PLANTED.stranger}?q=${PLANTED.stranger}`);
  await ask(`/campaigns/${campaign}?q=${PLANTED.stranger}`);
  await ask(`/api/campaigns/${campaign}/retry`, json({ code: 131026, [PLANTED.asked]: 1 }));
  await ask(`/api/campaigns/${campaign}/retry`, { method: "POST", body: `{"${PLANTED.asked}` });
  await ask(`/api/campaigns/${campaign}/retry`, json({}));
  await ask(`/api/campaigns/${campaign}/messages/2`);
  await ask("/api/lists?name=a.csv", { method: "PUT", body: list([1]) });
  await ask("/queues/api/queues");

  // People by command; then a template and an account that the API refuses.
  for (const args of [
    ["retry", campaign, "--error", "131026", "--yes", "--live"],
    ["suppress", "add", PLANTED.stranger, "--live"],
    ["erase", PLANTED.phone(8), "--yes"],
    ["show", PLANTED.stranger],
    ["frobnicate", PLANTED.phone(1)],
  ]) {
    // The person who typed it reads it: only the processes' logs count.
    await runHere(stage, args);
  }
  for (const row of [60, 50]) {
    stage.write(`list${row}.csv`, list([row]));
    const args = ["send", "sale.yaml", `list${row}.csv`, "--live", "--yes", "--json"];
    const { stdout } = await runHere(stage, args);
    const { id } = JSON.parse(stdout) as { id: string };
    await vi.waitFor(async () => expect((await shown(stage, id)).status).toBe("paused"), SOON);
  }
  await vi.waitFor(
    () => expect(readFileSync(worker.logPath, "utf8")).toContain("number suspended"),
    SOON,
  );
  for (const role of [webhooks, dashboard, producer, worker]) await role.scrape();
  const jobs = await jobsIn(redis.connect());

  // Redis dies and comes back; then a bug throws people and secrets in every process.
  await redis.kill();
  await post(hook, plantedEvent(1, "read"));
  await ask(`/api/messages/find`, json({ phone: PLANTED.phone(1) }));
  await redis.restart();
  await vi.waitFor(async () => expect(await post(hook, plantedEvent(1, "read"))).toBe(204), SOON);
  writeFileSync(crash, "");
  await Promise.all([webhooks, dashboard, producer, worker].map((role) => role.ended()));

  const logs = logsIn(stage.logsDir);
  const told = [
    ...logs.map(({ name, text: log }) => [`the log ${name}`, log]),
    ["the errors", errors.join("\n")],
    ["the metrics", metrics.join("\n")],
    ["the jobs", jobs],
    ["the spans", existsSync(spans) ? readFileSync(spans, "utf8") : ""],
  ] as const;
  const finds = told.flatMap(([where, words]) =>
    plantedIn(words)
      .filter((kind) => where !== "the errors" || !ASKED.includes(kind))
      .map((kind) => `${where}: ${kind}`),
  );
  expect(finds).toEqual([]);

  // It was looked for in what there is: each part has said something about these messages.
  const log = logs.map((one) => one.text).join("\n");
  // The number of the attempt depends on how busy the machine is.
  expect(log).toMatch(new RegExp(`"campaign":"${campaign}","row":2,"attempt":\\d`));
  expect(log).toContain("unexpected error: stopping");
  expect(metrics.join("\n")).toContain(`dropcast_messages{number="main",campaign="${campaign}"`);
  expect(jobs).toContain(`f-${campaign}-7-`);
  expect(readFileSync(spans, "utf8")).toContain(`"messaging.message.id":"${campaign}:2:`);
});
