/**
 * The dashboard's port. Every request passes, in this order: security headers, host and origin
 * (no other site's page), password, body size, route. Only /healthz is open.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { Stores } from "../campaigns/find.ts";
import type { ClientAddress } from "../config/client-address.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { Scrape } from "../core/scrape.ts";
import { plainProblem } from "../http/problem.ts";
import { answerProblem } from "./answer.ts";
import { createApi } from "./api.ts";
import { createAssets } from "./assets.ts";
import { createLogin, LOGIN_LIMITS, type LoginLimits } from "./auth.ts";
import { createBoard } from "./board.ts";
import { createExport } from "./export.ts";
import { createOriginCheck } from "./origin.ts";
import { createPages } from "./pages/routes.ts";
import { securityHeaders } from "./security-headers.ts";

/** Forms and small JSON: nothing here takes a file. */
const BODY_BYTES_MAX = 64 * 1024;

/** How long `stop` waits for answers under way before it cuts them. */
const STOP_MS = 5_000;

export interface DashboardOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Of {@link dashboardPassword}: there is no dashboard without one. */
  readonly password: string;
  /** By number name; each number's queues are shown. */
  readonly stores: Stores;
  /** Opens a connection as BullMQ wants it; closed again by `stop`. */
  readonly openQueueConnection: () => Redis;
  /** Whether Redis answers. */
  readonly ready: () => Promise<boolean>;
  /** What is unsafe about Redis, in a sentence; undefined while it is safe. */
  readonly unsafe: () => string | undefined;
  readonly logger: Logger;
  /** Served at /metrics; without it there is no /metrics. */
  readonly metrics?: Scrape;
  /** Of a request's connection and its `X-Forwarded-For`. */
  readonly clientAddress: ClientAddress;
  /** For tests. */
  readonly loginLimits?: LoginLimits;
}

export interface Dashboard {
  /** Resolves when the port is open; refused if it cannot be. Called once. */
  start(): Promise<Result<{ readonly host: string; readonly port: number }>>;
  /** Resolves when the answers under way are given (5 s at most) and all connections are closed. */
  stop(): Promise<void>;
}

/** Campaign pages, their API, and Bull Board, behind a password. */
export function createDashboard(options: DashboardOptions): Dashboard {
  const { host, port } = options;
  let close = async (): Promise<void> => {};

  return {
    async start() {
      const connection = options.openQueueConnection();
      const ready = () => options.ready().catch(() => false);
      const { stores, logger } = options;
      const board = createBoard({ stores, connection, ready, logger });
      const { fetch } = createRoutes(options, board.app, ready);
      const server = createAdaptorServer({ fetch }) as Server;
      close = async () => {
        await closeServer(server);
        await board.close();
        connection.disconnect();
      };
      const listening = await listen(server, host, port);
      if (!listening.ok) await close();
      return listening;
    },

    stop: () => close(),
  };
}

function createRoutes(
  options: DashboardOptions,
  board: Hono,
  ready: () => Promise<boolean>,
): { fetch: Hono["fetch"] } {
  const { host, password, logger, metrics, clientAddress, stores, unsafe } = options;
  const answer = answerProblem;
  const limits = options.loginLimits ?? LOGIN_LIMITS;
  const app = new Hono();
  app.use(securityHeaders);
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.use(createOriginCheck({ host, answer }));
  app.use(createLogin({ password, limits, clientAddress, answer, now: () => performance.now() }));
  app.use(
    bodyLimit({ maxSize: BODY_BYTES_MAX, onError: (context) => answer(context, BODY_TOO_LARGE) }),
  );
  if (metrics !== undefined) {
    app.get("/metrics", async (context) =>
      context.body(await metrics.text(), 200, { "content-type": metrics.contentType }),
    );
  }
  app.route("/", createAssets());
  app.route("/", createPages({ stores, answer, unsafe }));
  app.route("/", createApi({ stores, answer }));
  app.route("/", createExport({ stores, answer }));
  app.route("/", board);
  app.notFound((context) => answer(context, NOT_FOUND));
  app.onError(async (error, context) => {
    logger.error({ err: error, path: context.req.routePath }, "dashboard request failed");
    return answer(context, (await ready()) ? FAILED : STORE_UNAVAILABLE);
  });
  return app;
}

const BODY_TOO_LARGE = plainProblem("dashboard_body_too_large");

const NOT_FOUND = plainProblem("dashboard_not_found");

const STORE_UNAVAILABLE = plainProblem("dashboard_store_unavailable", { "retry-after": "5" });

const FAILED = plainProblem("dashboard_failed");

function listen(server: Server, host: string, port: number): ReturnType<Dashboard["start"]> {
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      resolve(
        refuse(
          "dashboard_cannot_listen",
          `Port ${port} of ${host} cannot be opened (${error.code ?? error.name}).`,
          "Set DROPCAST_DASHBOARD_PORT to a free port and DROPCAST_HTTP_HOST to an address of this host.",
        ),
      );
    });
    server.listen({ host, port }, () => {
      resolve(accept({ host, port: (server.address() as AddressInfo).port }));
    });
  });
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), STOP_MS);
  await closed;
  clearTimeout(cut);
}
