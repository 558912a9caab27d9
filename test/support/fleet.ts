import { join } from "node:path";
import type { CampaignStatus } from "../../src/core/campaign.ts";
import type { Category } from "../../src/core/category.ts";
import type { Counts } from "../../src/core/message.ts";
import type { RequestEntry, WebhookEntry } from "../../src/sandbox/json-log.ts";
import { SANDBOX_DEFAULTS } from "../../src/sandbox/options.ts";
import type { SandboxStats } from "../../src/sandbox/sandbox.ts";
import { runHere } from "../cli/in-process.ts";
import type { ExportedRow } from "./compare-request-log.ts";
import { pause } from "./ledger-watch.ts";
import { createStage, type Running, type Stage } from "./processes.ts";
import { watchProgress } from "./progress.ts";
import { readRequestLog, readWebhookLog } from "./request-log.ts";

const LOOK_EVERY_MS = 100;

/** What `show --json` has that tests look at. */
export interface ShownCampaign {
  readonly id: string;
  readonly status: CampaignStatus;
  readonly reason: string | null;
  readonly reasonCode: string | null;
  readonly rows: number;
  readonly counts: Counts;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly halt: { readonly code: number } | null;
}

/** A sandbox, a webhook consumer and workers: each a process, all of one number. */
export interface Fleet {
  readonly stage: Stage;
  readonly workers: readonly Running[];
  /** The webhook consumer that the sandbox sends to. */
  readonly webhookServer: Running;
  startWorker(): Promise<Running>;
  /** Starts a webhook consumer, and has the sandbox send to it from now on. */
  startWebhookServer(): Promise<Running>;
  /** Turns knobs of the running sandbox; values as they are typed. */
  turn(knobs: Readonly<Record<string, string>>): Promise<void>;
  /** Everything the API was asked so far, in order. */
  posts(): RequestEntry[];
  webhooks(): WebhookEntry[];
  /**
   * Runs a command with `--json` in this process, in milliseconds also on a busy machine; throws
   * when it refuses. `stage.json` starts a process, for tests that are about the process.
   */
  json<T>(args: readonly string[]): Promise<T>;
  show(id: string): Promise<ShownCampaign>;
  list(): Promise<ShownCampaign[]>;
  exported(id: string): Promise<ExportedRow[]>;
  /** Resolves when the API has been asked so often; throws when it is asked no more. */
  posted(atLeast: number): Promise<void>;
  /**
   * Looks by `show --json` until it holds; each look goes to `onLook` first. Throws when nothing
   * moves any more.
   */
  until(
    id: string,
    holds: (campaign: ShownCampaign) => boolean,
    o?: { onLook?: (campaign: ShownCampaign) => void | Promise<void> },
  ): Promise<ShownCampaign>;
  /** Resolves when every webhook was delivered; throws when one was given up, or none goes. */
  webhooksDelivered(): Promise<void>;
}

/** Starts them, and closes the stage when one cannot start. */
export async function startFleet(o: {
  redisUrl: string;
  number: string;
  /** Further numbers of the same workers; the sandbox knows each by its name. */
  moreNumbers?: readonly string[];
  ratePerSecond: number;
  /** As in the configuration file. */
  portfolios?: object;
  workers: number;
  knobs?: Readonly<Record<string, string>>;
  env?: Readonly<Record<string, string>>;
  /** Another build of the program (patched-build.ts). */
  bin?: string | undefined;
}): Promise<Fleet> {
  const own = {
    DROPCAST_REDIS_URL: o.redisUrl,
    DROPCAST_CONFIG: "numbers.yaml",
    DROPCAST_WEBHOOK_PORT: "0",
  };
  const stage = createStage({ ...own, ...o.env }, o.bin);
  try {
    return await startOn(stage, o);
  } catch (error) {
    await stage.close().catch((problem) => process.stderr.write(`${problem}\n`));
    throw error;
  }
}

async function startOn(stage: Stage, o: Parameters<typeof startFleet>[0]): Promise<Fleet> {
  const requestLogPath = join(stage.dir, "requests.ndjson");
  const webhookLogPath = join(stage.dir, "webhooks.ndjson");
  const more = o.moreNumbers ?? [];
  const file = JSON.parse(numbersFile(o.number, more, o.ratePerSecond)) as object;
  stage.write("numbers.yaml", JSON.stringify({ ...file, portfolios: o.portfolios ?? {} }));
  const numberIds = [SANDBOX_DEFAULTS.numberIds[0], ...more].join(",");
  const knobs = { logPath: requestLogPath, webhookLogPath, numberIds, ...o.knobs };
  const startWebhooks = () => stage.start<{ place: string }>("webhooks", ["webhooks"]);
  const sandbox = await stage.start<{ url: string }>("sandbox", ["sandbox", ...flagsOf(knobs)]);
  const apiUrl = sandbox.ready.url;
  // Before any role: it is the sandbox that says which mode they are in.
  stage.setEnv({ DROPCAST_API_URL: apiUrl });
  const webhookServer = await startWebhooks();
  const turn = async (values: Readonly<Record<string, string>>): Promise<void> => {
    const answer = await fetch(`${apiUrl}/sandbox/knobs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(values),
    });
    if (!answer.ok) throw new Error(await answer.text());
  };
  await turn({ webhookUrl: webhookServer.ready.place });
  const workers: Running[] = [];
  const startWorker = async (): Promise<Running> => {
    const worker = await stage.start("worker", ["worker"]);
    workers.push(worker);
    return worker;
  };
  await Promise.all(Array.from({ length: o.workers }, startWorker));

  const posts = (): RequestEntry[] => readRequestLog(requestLogPath);
  // In this process: a process for each look would take the processor from what is looked at.
  const run = async (args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runHere(stage, args);
    if (code !== 0) throw new Error(`dropcast ${args.join(" ")}: ${code} ${stdout} ${stderr}`);
    return stdout;
  };
  const json = async <T>(args: readonly string[]) =>
    JSON.parse(await run([...args, "--json"])) as T;
  const show = (id: string) => json<ShownCampaign>(["show", id]);
  return {
    stage,
    workers,
    webhookServer,
    startWorker,
    async startWebhookServer() {
      const server = await startWebhooks();
      await turn({ webhookUrl: server.ready.place });
      return server;
    },
    turn,
    posts,
    webhooks: () => readWebhookLog(webhookLogPath),
    json,
    show,
    list: () => json<ShownCampaign[]>(["list", "--limit", "1000"]),
    async exported(id) {
      const lines = (await run(["export", id, "--format", "ndjson"])).split("\n").slice(0, -1);
      return lines.map((line) => JSON.parse(line) as ExportedRow);
    },
    async posted(atLeast) {
      const progress = watchProgress();
      for (;;) {
        const count = posts().length;
        if (count >= atLeast) return;
        if (progress.isStuck(count)) throw new Error(`${count} POSTs of ${atLeast}`);
        await pause(LOOK_EVERY_MS / 5);
      }
    },
    async until(id, holds, { onLook } = {}) {
      const progress = watchProgress();
      for (;;) {
        const campaign = await show(id);
        await onLook?.(campaign);
        if (holds(campaign)) return campaign;
        const { status, counts } = campaign;
        if (progress.isStuck([status, counts])) throw new Error(JSON.stringify(campaign));
        await pause(LOOK_EVERY_MS);
      }
    },
    async webhooksDelivered() {
      const progress = watchProgress();
      for (;;) {
        const answer = await fetch(`${apiUrl}/sandbox/stats`);
        const { webhooks } = (await answer.json()) as SandboxStats;
        if (webhooks.givenUp > 0) throw new Error(JSON.stringify(webhooks));
        if (webhooks.open === 0) return;
        if (progress.isStuck(webhooks)) throw new Error(JSON.stringify(webhooks));
        await pause(LOOK_EVERY_MS);
      }
    },
  };
}

function numbersFile(number: string, more: readonly string[], ratePerSecond: number): string {
  const { numberIds, token, webhookSecret } = SANDBOX_DEFAULTS;
  const numbers = Object.fromEntries([
    [number, { id: numberIds[0], token, webhookSecret, ratePerSecond }],
    ...more.map((name) => [name, { id: name, token, webhookSecret, ratePerSecond }]),
  ]);
  return JSON.stringify({ numbers });
}

function flagsOf(knobs: Readonly<Record<string, string>>): string[] {
  return Object.entries(knobs).map(
    ([option, value]) =>
      `--${option.replace(/[A-Z]|\d+/g, (part) => `-${part.toLowerCase()}`)}=${value}`,
  );
}

/** A campaign file for a list with the columns `phone` and `first_name`. */
export function campaignFile(o: {
  number: string;
  name?: string;
  startAt?: Date;
  category?: Category;
}): string {
  return JSON.stringify({
    name: o.name ?? "Spring sale",
    number: o.number,
    category: o.category ?? "marketing",
    template: {
      name: "spring_sale",
      language: { code: "en_US" },
      components: [{ type: "body", parameters: [{ type: "text", text: "{{first_name}}" }] }],
    },
    ...(o.startAt === undefined ? {} : { schedule: { startAt: o.startAt.toISOString() } }),
  });
}

/** Polish mobile numbers, none of them with a magic ending, as people type them. */
export function phoneOf(index: number): string {
  const serial = String(index).padStart(6, "0");
  return `+48 601 ${serial.slice(0, 3)} ${serial.slice(3)}`;
}

export function csvOf(rows: readonly (readonly [phone: string, name: string])[]): string {
  return `phone,first_name\n${rows.map((row) => `${row.join(",")}\n`).join("")}`;
}

/** A list of `count` people, from the given one on. */
export function listOf(count: number, from = 0): string {
  return csvOf(Array.from({ length: count }, (_, at) => [phoneOf(from + at), `Name ${at + 1}`]));
}

/** How the API is given the phone of a row: its digits. */
export function digitsOf(row: ExportedRow): string {
  return (row.input["phone"] ?? "").replace(/\D/g, "");
}
