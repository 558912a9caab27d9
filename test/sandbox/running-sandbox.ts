import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { Agent } from "undici";
import { onTestFinished } from "vitest";
import type { RequestEntry } from "../../src/sandbox/json-log.ts";
import type { SandboxOptions } from "../../src/sandbox/options.ts";
import { SANDBOX_DEFAULTS } from "../../src/sandbox/options.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { readRequestLog } from "../support/request-log.ts";

/** What a POST met: a whole answer, or the way in which there was none. */
export interface Seen {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface ReceivedWebhook {
  id: string;
  timestamp: number;
  signature: string;
  body: string;
  data: Record<string, unknown>;
}

export interface RunningSandbox {
  url: string;
  sandbox: Sandbox;
  folder: string;
  received: ReceivedWebhook[];
  /** HTTP statuses that the receiver answers next; then 204. */
  answers: number[];
  post(to: string, change?: PostChange): Promise<Seen>;
  get(path: string, headers?: Record<string, string>): Promise<Seen>;
  requests(): RequestEntry[];
}

export interface PostChange {
  body?: unknown;
  schedule?: string;
  headers?: Record<string, string>;
  path?: string;
  method?: "POST" | "PUT" | "DELETE";
  timeoutMs?: number;
}

export const SEND_PATH = "/whatsapp-numbers/sandbox-number/template-messages";
export const AUTH = `Basic ${SANDBOX_DEFAULTS.token}`;

/** A template message as the documentation asks for it. */
export function message(to: string): Record<string, unknown> {
  return {
    to,
    template: {
      name: "spring_sale",
      language: { code: "en_US" },
      components: [{ type: "body", parameters: [{ type: "text", text: "Ala" }] }],
    },
  };
}

/** A sandbox without delays, a receiver that verifies, and both gone when the test is over. */
export async function runSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const folder = mkdtempSync(join(tmpdir(), "dropcast-sandbox-"));
  const received: ReceivedWebhook[] = [];
  const answers: number[] = [];
  const receiver = await startReceiver(received, answers);
  const sandbox = createSandbox({
    latencyMs: 0,
    webhookDelayMs: 0,
    readShare: 1,
    webhookUrl: `${receiver.url}/webhooks/livechat`,
    logPath: join(folder, "requests.jsonl"),
    webhookLogPath: join(folder, "webhooks.jsonl"),
    ...options,
  });
  const { url } = await sandbox.start();
  const agent = new Agent();
  onTestFinished(async () => {
    await agent.destroy();
    await sandbox.stop();
    await receiver.stop();
    rmSync(folder, { recursive: true });
  });

  const ask = async (path: string, request: PostChange & { method?: string }, body?: string) => {
    const answer = await agent.request({
      origin: url,
      path,
      method: (request.method ?? "POST") as "POST",
      headers: { authorization: AUTH, "content-type": "application/json", ...request.headers },
      body: body ?? null,
      headersTimeout: request.timeoutMs ?? 10_000,
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  };
  return {
    url,
    sandbox,
    folder,
    received,
    answers,
    requests: () => readRequestLog(join(folder, "requests.jsonl")),
    get: (path, headers = {}) => ask(path, { method: "GET" as "POST", headers }),
    post(to, change = {}) {
      const schedule = change.schedule === undefined ? {} : { schedule: change.schedule };
      const body = change.body ?? { ...message(to), ...schedule };
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return ask(change.path ?? SEND_PATH, change, text);
    },
  };
}

async function startReceiver(
  received: ReceivedWebhook[],
  answers: number[],
): Promise<{ url: string; stop(): Promise<void> }> {
  const verifier = new Webhook(SANDBOX_DEFAULTS.webhookSecret);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const headers = request.headers as Record<string, string>;
      try {
        verifier.verify(body, headers);
      } catch {
        response.writeHead(401).end();
        return;
      }
      received.push({
        id: headers["webhook-id"] ?? "",
        timestamp: Number(headers["webhook-timestamp"]),
        signature: headers["webhook-signature"] ?? "",
        body,
        data: (JSON.parse(body) as { data: Record<string, unknown> }).data,
      });
      response.writeHead(answers.shift() ?? 204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
