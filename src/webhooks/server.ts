/**
 * The webhooks port: plain node:http, because the one hot route needs nothing else.
 *
 * Races settled here:
 * - Stopping while requests run. New connections are refused; connections without a running
 *   request are cut (their sender repeats); each running request is answered with
 *   `connection: close`. What does not finish within the request timeout is cut too, so that `stop`
 *   always ends.
 * - A sender that is slower than the timeouts. node checks all connections every second and
 *   reports the late ones as client errors; they get a 408 and are cut.
 */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { accept, type Result } from "../core/refusal.ts";
import type { Scrape } from "../core/scrape.ts";
import { closeWith } from "../http/answer-problem.ts";
import { closeServer, type Listening, listen } from "../http/listen.ts";
import type { Problem } from "../http/problem.ts";
import { createThrottle } from "../http/throttle.ts";
import type { DeliveryPorts } from "./apply.ts";
import { declaredTooLarge } from "./body.ts";
import { createBodyBudget } from "./body-budget.ts";
import { boundConnections } from "./connections.ts";
import { createWebhookCounters, type WebhookCounters, type WebhookTotals } from "./counters.ts";
import { PROBLEMS } from "./problems.ts";
import { createReceiver } from "./receive.ts";
import { createRoutes } from "./routes.ts";
import { createSignatureCount, type SignatureCount } from "./signature-count.ts";
import { createVerifier, NO_NUMBERS, type Verifier, type WebhookNumber } from "./verify.ts";

export interface WebhookLimits {
  readonly bodyBytesMax: number;
  /** All bodies together whose senders are not verified yet. */
  readonly bodiesBytesMax: number;
  readonly headerBytesMax: number;
  readonly connectionsMax: number;
  /** From the first byte (or the connection) to the end of the headers. */
  readonly headersTimeoutMs: number;
  /** To the end of the body. */
  readonly requestTimeoutMs: number;
  /** Longer than the idle timeout of common load balancers, so that they close first. */
  readonly keepAliveTimeoutMs: number;
  readonly checkEveryMs: number;
  /** Failed verifications per address: this many a second, after a burst. */
  readonly failuresPerSecond: number;
  readonly failuresBurst: number;
}

export const WEBHOOK_LIMITS: WebhookLimits = {
  bodyBytesMax: 64 * 1024,
  bodiesBytesMax: 16 * 1024 * 1024,
  headerBytesMax: 16 * 1024,
  connectionsMax: 512,
  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  checkEveryMs: 1000,
  failuresPerSecond: 20,
  failuresBurst: 50,
};

export interface WebhookServerOptions extends DeliveryPorts {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly numbers: readonly WebhookNumber[];
  readonly logger: Logger;
  /** What counts requests by result. */
  readonly totals?: WebhookTotals;
  /** Served at /metrics. Leave it out if the port is public. */
  readonly scrape?: Scrape;
  /** Webhooks whose signature was wrong, at most once a second (signature-count.ts). */
  readonly onWrongSignatures?: (counts: ReadonlyMap<string | null, number>) => Promise<void>;
  /** Whether Redis answers: the result of /readyz. */
  readonly ready: () => boolean | Promise<boolean>;
  /** A problem to fix, shown by /readyz; events are taken all the same. */
  readonly problem?: () => string | undefined;
  /** For tests. */
  readonly limits?: Partial<WebhookLimits>;
}

export interface WebhookServer {
  /** Resolves when the port is open. Refused if it cannot be opened, or if a secret is unusable. */
  start(): Promise<Result<Listening>>;
  /** Takes other numbers and secrets, or none; refused, and unchanged, if one is unusable. */
  setNumbers(numbers: readonly WebhookNumber[]): Result<null>;
  /** Resolves when the last running request is answered and every connection is closed. */
  stop(): Promise<void>;
}

/** Receives signed status webhooks (Standard Webhooks 1.0) and hands each to `apply`. */
export function createWebhookServer(options: WebhookServerOptions): WebhookServer {
  const limits = { ...WEBHOOK_LIMITS, ...options.limits };
  const verifier = createVerifier(options.numbers);
  const wrongSignatures = createSignatureCount(options.onWrongSignatures ?? (async () => {}));
  /** That of the latest numbers; undefined: those of the options. */
  let latest: Verifier | undefined;
  let server: Server | undefined;
  let running: ReturnType<typeof trackRunning> | undefined;
  let starting: ReturnType<WebhookServer["start"]> | undefined;
  let stopping: Promise<void> | undefined;

  function start(): ReturnType<WebhookServer["start"]> {
    if (!verifier.ok) return Promise.resolve(verifier);
    const first = verifier.value;
    if (starting === undefined) {
      const isStopping = () => stopping !== undefined;
      const opened = build(options, limits, {
        verifier: {
          has: (number) => (latest ?? first).has(number),
          verify: (...request) => (latest ?? first).verify(...request),
        },
        wrongSignatures,
        isStopping,
      });
      server = opened;
      running = trackRunning(opened);
      const { host, port } = options;
      starting = listen(opened, {
        ...{ host, port, refusal: "webhooks_cannot_listen" },
        portVariable: "DROPCAST_WEBHOOK_PORT",
      });
    }
    return starting;
  }

  async function close(): Promise<void> {
    await starting;
    if (server === undefined) return;
    const closed = closeServer(server, limits.requestTimeoutMs);
    running?.finish();
    await closed;
    await wrongSignatures.stop();
  }

  function stop(): Promise<void> {
    stopping ??= close();
    return stopping;
  }

  function setNumbers(numbers: readonly WebhookNumber[]): Result<null> {
    const next = numbers.length === 0 ? accept(NO_NUMBERS) : createVerifier(numbers);
    if (!next.ok) return next;
    latest = next.value;
    return accept(null);
  }

  return { start, setNumbers, stop };
}

function build(
  options: WebhookServerOptions,
  limits: WebhookLimits,
  made: { verifier: Verifier; wrongSignatures: SignatureCount; isStopping: () => boolean },
): Server {
  const { verifier, wrongSignatures, isStopping } = made;
  const { apply, onFailed, logger, totals } = options;
  const now = () => performance.now();
  const counters = createWebhookCounters({ logger, totals, now });
  const throttle = createThrottle({
    ratePerSecond: limits.failuresPerSecond,
    burst: limits.failuresBurst,
    addressesMax: 10_000,
    now,
  });
  const server = createServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.checkEveryMs,
  });
  const receive = createReceiver({
    apply,
    onFailed,
    verifier,
    throttle,
    counters,
    wrongSignatures,
    bodyBytesMax: limits.bodyBytesMax,
    budget: createBodyBudget(limits.bodiesBytesMax),
    connections: boundConnections(server, limits.connectionsMax, () => {
      counters.warn(PROBLEMS.crowded.refusal.code, "too many connections: the oldest was closed");
    }),
  });
  const routes = createRoutes({
    receive,
    hasNumber: (number) => verifier.has(number),
    probed: {
      ready: () => !isStopping() && options.ready(),
      problem: options.problem,
      notReady: PROBLEMS.notReady,
      metrics: options.scrape,
    },
    counters,
  });
  server.on("request", (request, response) => {
    routes(request, response);
  });
  server.on("checkContinue", (request, response) => {
    // Do not ask for a body that will be refused for its length.
    if (!declaredTooLarge(request, limits.bodyBytesMax)) response.writeContinue();
    server.emit("request", request, response);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    refuseBroken(error, socket, counters);
  });
  return server;
}

/** Answers requests that node's parser or timeouts gave up on. */
function refuseBroken(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  counters: WebhookCounters,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem: Problem =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? PROBLEMS.requestTimeout
      : error.code === "HPE_HEADER_OVERFLOW"
        ? PROBLEMS.headersTooLarge
        : PROBLEMS.requestMalformed;
  counters.warn(problem.refusal.code, "a webhook request was refused");
  closeWith(socket, problem);
}

/** Tracks which connections have a request in progress. Nothing is made for each request. */
function trackRunning(server: Server): { finish(): void } {
  /** The latest answer of each open connection; one that is closed is complete. */
  const latest = new Map<Duplex, ServerResponse | undefined>();
  let finishing = false;
  server.on("connection", (socket) => {
    latest.set(socket, undefined);
    socket.once("close", () => latest.delete(socket));
  });
  server.prependListener("request", (request, response) => {
    latest.set(request.socket, response);
    if (finishing) response.shouldKeepAlive = false;
  });
  return {
    finish() {
      finishing = true;
      for (const [socket, response] of latest) {
        const isRunning = response !== undefined && !response.closed;
        // A refused sender's connection only lingers: its answer is written.
        if (!isRunning || socket.writableFinished) socket.destroy();
        if (isRunning) response.shouldKeepAlive = false;
      }
    },
  };
}
