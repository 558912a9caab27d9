import { connect, type Socket } from "node:net";
import { Writable } from "node:stream";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { ApplyResult, StatusEvent, Unmatched } from "../../src/store/ledger/status-events.ts";
import type { FailedOfNumber } from "../../src/webhooks/apply.ts";
import { createWebhookServer, type WebhookServerOptions } from "../../src/webhooks/server.ts";
import { signWebhook, WEBHOOK_SECRET } from "../support/webhook-samples.ts";

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** A webhooks server on a free port, with what it handed on and what it logged. */
export async function runServer(options: Partial<WebhookServerOptions> = {}) {
  const applied: { number: string; event: StatusEvent; unmatched: Unmatched }[] = [];
  const jobs: FailedOfNumber[] = [];
  const log: string[] = [];
  const results: Record<string, number> = {};
  const rejected: Record<string, number> = {};
  const server = createWebhookServer({
    host: "127.0.0.1",
    port: 0,
    numbers: [{ name: "main", webhookSecrets: [WEBHOOK_SECRET] }],
    apply: async (number, event, unmatched): Promise<ApplyResult> => {
      applied.push({ number, event, unmatched });
      return { kind: "unmatched", waits: "none" };
    },
    onFailed: async (message) => {
      jobs.push(message);
    },
    logger: pino(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          log.push(chunk.toString());
          done();
        },
      }),
    ),
    totals: {
      results: { inc: ({ result }) => count(results, result) },
      rejected: { inc: ({ reason }) => count(rejected, reason) },
    },
    ready: () => true,
    ...options,
  });
  const started = await server.start();
  if (!started.ok) throw new Error(started.refusal.message);
  onTestFinished(() => server.stop());
  const { port } = started.value;
  const url = `http://127.0.0.1:${port}`;
  return {
    server,
    port,
    url,
    applied,
    jobs,
    log: () => log.join(""),
    results: async () => results,
    rejected: () => rejected,
    /** Posts `body`, signed rightly unless `headers` say otherwise. */
    post: (
      body: string | Buffer,
      given: { path?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
    ) =>
      fetch(`${url}${given.path ?? "/webhooks/livechat"}`, {
        method: "POST",
        body: new Uint8Array(Buffer.from(body)),
        headers: { ...signWebhook(body), ...given.headers },
        ...(given.signal === undefined ? {} : { signal: given.signal }),
      }),
  };
}

/** The stable code of a problem, after checking that it is one. */
export async function codeOf(response: Response): Promise<string> {
  const problem = (await response.json()) as { code: string; status: number; title: string };
  if (response.headers.get("content-type") !== "application/problem+json") return "no problem+json";
  if (problem.status !== response.status || problem.title === "") return "inconsistent";
  return problem.code;
}

/** A raw connection: what was received, and when the other side ended it. */
export async function rawConnection(port: number) {
  const socket: Socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  onTestFinished(() => {
    socket.destroy();
  });
  let received = "";
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    received += chunk;
    changed();
  });
  let ended = false;
  const end = () => {
    ended = true;
    changed();
  };
  socket.on("error", end).on("end", end).on("close", end);
  await new Promise((resolve) => socket.once("connect", resolve));
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        watchers.delete(check);
        resolve();
      };
      watchers.add(check);
      check();
    });
  return {
    socket,
    received: () => received,
    /** The status of the only or first answer; 0 if the connection ended without. */
    status: async () => {
      await until(() => /^HTTP\/1\.1 \d{3} /.test(received) || ended);
      return Number(/^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1] ?? 0);
    },
    until,
    ended: () => until(() => ended),
  };
}

/** The bytes of a signed request, for raw connections. */
export function requestHead(headers: Readonly<Record<string, string>>, path?: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path ?? "/webhooks/livechat"} HTTP/1.1\r\nhost: x\r\n${lines.join("")}\r\n`;
}

/** A promise and its switch. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
