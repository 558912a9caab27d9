/**
 * How a role says that it lives, on `DROPCAST_METRICS_PORT`: a port for probes and scrapers that need
 * not be reachable from outside. Webhooks and dashboard answer the probes on their own ports as well.
 *
 * `/healthz` speaks for the process alone. A Redis that is away is no reason to restart a pod, for
 * the new one would find it away as well; so Redis counts for `/readyz` only.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { accept, type Result, refuse } from "./core/refusal.ts";
import type { Scrape } from "./core/scrape.ts";

export interface HealthServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What `/metrics` shows. */
  readonly metrics: Scrape;
  /** Whether the role can do its work now, above all: whether Redis answers. */
  readonly ready: () => boolean | Promise<boolean>;
  /** What a person must put right, for the answer of `/readyz`; undefined: nothing that is known. */
  readonly problem?: () => string | undefined;
}

export interface HealthServer {
  /** Resolves when the port is open; refused (`metrics_cannot_listen`) if it cannot be. */
  start(): Promise<Result<{ readonly host: string; readonly port: number }>>;
  /**
   * Closes the port and every connection. Call it last: until then `/healthz` says that the process
   * lives, also while it finishes what it has begun.
   */
  stop(): Promise<void>;
  /** From now on `/readyz` says no. For the beginning of a stop. */
  drain(): void;
}

const HEADER_BYTES_MAX = 8 * 1024;
const REQUEST_TIMEOUT_MS = 5_000;
/** An answer that takes longer than any probe waits is a no. */
const READY_TIMEOUT_MS = 2_000;

/** Serves `/healthz`, `/readyz` and `/metrics`. */
export function createHealthServer(options: HealthServerOptions): HealthServer {
  let draining = false;
  const isReady = async (): Promise<boolean> => !draining && (await askReady(options.ready));
  const server = createServer(
    { maxHeaderSize: HEADER_BYTES_MAX, requestTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      answer(request, response, { ...options, isReady }).catch(() =>
        // A bug in a check costs its own connection, and nobody else's.
        request.socket.destroy(),
      );
    },
  );

  return {
    start: () => listen(server, options),
    drain: () => {
      draining = true;
    },
    async stop() {
      draining = true;
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Answering extends Pick<HealthServerOptions, "metrics" | "problem"> {
  readonly isReady: () => Promise<boolean>;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, problem, isReady }: Answering,
): Promise<void> {
  const path = (request.url ?? "").split("?", 1)[0];
  if (path !== "/healthz" && path !== "/readyz" && path !== "/metrics") {
    return send(response, 404, { body: '{"status":"not found"}' });
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return send(response, 405, { body: '{"status":"method not allowed"}' });
  }
  if (path === "/healthz") return send(response, 200, { body: '{"status":"ok"}' });
  if (path === "/metrics") {
    const body = await metrics.text();
    return send(response, 200, { body, contentType: metrics.contentType });
  }
  const ready = await isReady();
  const body = JSON.stringify({ status: ready ? "ready" : "not ready", problem: problem?.() });
  send(response, ready ? 200 : 503, { body });
}

function send(
  response: ServerResponse,
  status: number,
  { body, contentType = "application/json" }: { body: string; contentType?: string },
): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}

/** A check that fails, or that hangs as a Redis connection may, is a no. */
async function askReady(ready: HealthServerOptions["ready"]): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), READY_TIMEOUT_MS);
  });
  try {
    return await Promise.race([ready(), tooLong]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function listen(
  server: Server,
  { host, port }: HealthServerOptions,
): Promise<Result<{ readonly host: string; readonly port: number }>> {
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      resolve(
        refuse(
          "metrics_cannot_listen",
          `Port ${port} of ${host} cannot be opened (${error.code ?? error.name}).`,
          "Set DROPCAST_METRICS_PORT to a free port and DROPCAST_HTTP_HOST to an address of this host.",
        ),
      );
    });
    server.listen({ host, port }, () => {
      resolve(accept({ host, port: (server.address() as AddressInfo).port }));
    });
  });
}
