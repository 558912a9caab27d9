/**
 * The port of every role for probes and scrapers, `DROPCAST_METRICS_PORT`. It need not be reachable
 * from outside, so it serves `/metrics` without a password. Webhooks and dashboard also answer the
 * probes on their own ports.
 */
import { createServer } from "node:http";
import type { Result } from "../core/refusal.ts";
import type { Scrape } from "../core/scrape.ts";
import { closeServer, type Listening, listen } from "./listen.ts";
import { answerProbe, type PortProblems, type Probed } from "./probes.ts";
import { plainProblem } from "./problem.ts";

export interface HealthServerOptions extends Probed {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly metrics: Scrape;
}

interface HealthServer {
  /** Resolves when the port is open; refused (`metrics_cannot_listen`) if it cannot be opened. */
  start(): Promise<Result<Listening>>;
  /**
   * Closes the port and every connection. Call it last: until then `/healthz` reports a live
   * process, also while it finishes its work.
   */
  stop(): Promise<void>;
  /** From now on `/readyz` answers 503. Call it when a stop begins. */
  drain(): void;
}

const HEADER_BYTES_MAX = 8 * 1024;
const REQUEST_TIMEOUT_MS = 5_000;

const PROBLEMS: PortProblems = {
  notFound: plainProblem("metrics_path_unknown"),
  methodNotAllowed: plainProblem("metrics_method_not_allowed"),
};

/** Serves `/healthz`, `/readyz` and `/metrics`. */
export function createHealthServer(options: HealthServerOptions): HealthServer {
  const { host, port } = options;
  let draining = false;
  const probed: Probed = { ...options, ready: () => !draining && options.ready() };
  const server = createServer(
    { maxHeaderSize: HEADER_BYTES_MAX, requestTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      const path = (request.url ?? "").split("?", 1)[0] ?? "";
      answerProbe({ path, request, response }, probed, PROBLEMS).catch(() =>
        // A bug in a check costs only its own connection.
        request.socket.destroy(),
      );
    },
  );

  return {
    start: () =>
      listen(server, {
        ...{ host, port, refusal: "metrics_cannot_listen" },
        portVariable: "DROPCAST_METRICS_PORT",
      }),
    drain: () => {
      draining = true;
    },
    async stop() {
      draining = true;
      await closeServer(server, 0);
    },
  };
}
