/**
 * The dashboard's port. Every request passes, in this order: security headers, host and origin
 * (no other site's page), password or token, body size, route. Only the probes are open; /metrics,
 * which shows campaigns, needs the login here and is open on DROPCAST_METRICS_PORT.
 */
import type { IncomingMessage, Server } from "node:http";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { GUESS_LIMITS, type GuessLimits } from "../access/guesses.ts";
import { createOidc } from "../access/oidc.ts";
import type { PasswordCost } from "../access/passwords.ts";
import { createSignIn } from "../access/sign-in.ts";
import { type ApiContext, type ApiEnv, refuseLimited, refuseRole } from "../api/access.ts";
import { type Api, type ApiDeps, createApi, takesFile } from "../api/api.ts";
import type { Stores } from "../campaigns/find.ts";
import { createStops } from "../campaigns/stops.ts";
import type { AskBy, OidcConfig } from "../config/access.ts";
import type { ClientAddress } from "../config/client-address.ts";
import type { Result } from "../core/refusal.ts";
import type { Scrape } from "../core/scrape.ts";
import { closeServer, type Listening, listen } from "../http/listen.ts";
import { type ProbeAnswer, type Probed, probe } from "../http/probes.ts";
import { plainProblem, toProblem } from "../http/problem.ts";
import type { Sessions, Tokens, Users } from "../store/index.ts";
import { answerProblem } from "./answer.ts";
import { createAssets } from "./assets.ts";
import { createLogin } from "./auth.ts";
import { createBoard } from "./board.ts";
import { createLive, type Live } from "./live.ts";
import { createOriginCheck } from "./origin.ts";
import { addAccessPages } from "./pages/access.ts";
import { OPT_OUT_UPLOADS } from "./pages/opt-outs.ts";
import { createPages } from "./pages/routes.ts";
import { createSignInPages } from "./pages/sign-in.ts";
import { securityHeaders } from "./security-headers.ts";

/** Forms and small JSON. An address that takes a file bounds it by itself. */
const BODY_BYTES_MAX = 64 * 1024;

/** For a list of a gigabyte over a slow line. */
const REQUEST_MS_MAX = 30 * 60_000;

/** For everything else; and for who is not signed in, also there. */
const READ_MS_MAX = 20_000;

/** How long `stop` waits for running requests before it cuts them. */
const STOP_MS = 5_000;

export interface DashboardOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** From {@link dashboardPassword}: there is no dashboard without one. */
  readonly password: string;
  /** Who else may come in, and what about it can be changed here. */
  readonly access: AccessDeps;
  /** What the HTTP API needs beside the stores. */
  readonly api: Omit<ApiDeps, "stores" | "answer" | "logger" | "access">;
  /** By number name; each number's queues are shown. */
  readonly stores: Stores;
  /** BullMQ's client, by key space. */
  readonly queueClient: (space: string) => Redis;
  /** Tells of a key space whose client is another one from now on. Default: that never happens. */
  readonly onSpaceMoved?: (listener: (space: string) => void) => () => void;
  /** Whether Redis answers. */
  readonly ready: () => Promise<boolean>;
  /** Why Redis is unsafe, in a sentence; undefined while it is safe. */
  readonly unsafe: () => string | undefined;
  readonly logger: Logger;
  /** Served at /metrics; without it there is no /metrics. */
  readonly metrics?: Scrape;
  /** From a request's connection and its `X-Forwarded-For`. */
  readonly clientAddress: ClientAddress;
  /** For tests. */
  readonly loginLimits?: GuessLimits;
  /** For tests: how long a request may take to arrive, unless it uploads a file. */
  readonly readMsMax?: number;
}

export interface AccessDeps {
  /** The tokens of the HTTP API, which open the rest of the port, too. */
  readonly tokens: Tokens;
  readonly users: Users;
  readonly sessions: Sessions;
  /** The provider to sign in at; null: none. */
  readonly oidc: OidcConfig | null;
  /** A campaign of more messages waits for a second person; null: none does. */
  readonly secondPersonAbove: number | null;
  /** How a browser without a session is asked. */
  readonly askBy: AskBy;
  /** For tests. */
  readonly cost?: PasswordCost;
}

export interface Dashboard {
  /** Resolves when the port is open; refused if it cannot be opened. Call it once. */
  start(): Promise<Result<Listening>>;
  /** Resolves when running requests are answered (5 s at most) and all connections are closed. */
  stop(): Promise<void>;
}

/** Campaign pages, their API, and Bull Board, behind a password. */
export function createDashboard(options: DashboardOptions): Dashboard {
  const { host, port } = options;
  let close = async (): Promise<void> => {};
  let stopping = false;

  return {
    async start() {
      const ready = () => options.ready().catch(() => false);
      const { stores, logger } = options;
      const board = createBoard({ ...options, ready });
      const probed = { ready: async () => !stopping && (await ready()) };
      const access = { ...options.access, numbers: Object.keys(stores) };
      const api = createApi({ ...options.api, access, stores, logger, answer: answerProblem });
      const slow = createSlowCut(options.readMsMax ?? READ_MS_MAX);
      const parts = { api, board: board.app, ready, probed, mayTakeLong: slow.allow };
      const { fetch, live } = createRoutes(options, parts);
      const serverOptions = { requestTimeout: REQUEST_MS_MAX };
      const server = createAdaptorServer({ fetch, serverOptions }) as Server;
      server.prependListener("request", slow.watch);
      close = async () => {
        stopping = true;
        live.stop();
        await Promise.all([closeServer(server, STOP_MS), api.stop(STOP_MS)]);
        await board.close();
      };
      const listening = await listen(server, {
        ...{ host, port, refusal: "dashboard_cannot_listen" },
        portVariable: "DROPCAST_DASHBOARD_PORT",
      });
      if (listening.ok) api.start();
      else await close();
      return listening;
    },

    stop: () => close(),
  };
}

function createRoutes(
  options: DashboardOptions,
  {
    api,
    board,
    ready,
    probed,
    mayTakeLong,
  }: {
    readonly api: Omit<Api, "start" | "stop">;
    readonly board: Hono<ApiEnv>;
    readonly ready: () => Promise<boolean>;
    readonly probed: Probed;
    readonly mayTakeLong: (request: IncomingMessage) => void;
  },
): Pick<Hono<ApiEnv>, "fetch"> & { readonly live: Live } {
  const { host, password, logger, metrics, clientAddress, stores, unsafe } = options;
  const { tokens, users, sessions, cost, askBy } = options.access;
  const { acts } = options.api;
  const answer = answerProblem;
  const app = new Hono<ApiEnv>();
  app.use(securityHeaders, withoutBody);
  for (const path of ["/healthz", "/readyz"]) {
    app.get(path, async () => probeResponse(await probe(path, probed)));
  }
  app.use(createOriginCheck({ host, answer }));
  app.route("/", createAssets());
  const now = () => performance.now();
  const limits = options.loginLimits ?? GUESS_LIMITS;
  const signIn = createSignIn({ password, users, limits, now, ...(cost && { cost }) });
  const oidc = options.access.oidc === null ? null : createOidc(options.access.oidc);
  const url = options.access.oidc?.url ?? null;
  const entering = { signIn, sessions, clientAddress, answer };
  app.route("/", createSignInPages({ ...entering, oidc, url, acts }));
  const login = createLogin({ ...entering, tokens, ssoMark: oidc?.mark ?? "", askBy });
  app.use(login);
  const limited = bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: (context) => answer(context, BODY_TOO_LARGE),
  });
  app.use(async (context, next) => {
    if (!boundsItself(context.req.method, context.req.path)) return limited(context, next);
    mayTakeLong(incomingOf(context));
    return next();
  });
  if (metrics !== undefined) {
    app.get("/metrics", async (context) => {
      const limited = refuseLimited(context.get("access"));
      if (limited !== null) return answer(context, toProblem(limited));
      return probeResponse(await probe("/metrics", { ...probed, metrics }));
    });
  }
  const framed = createFramed(stores, unsafe, (path) => isPage(app, path));
  app.use(framed);
  const { page: apiPage, drafting, readPhone, takeOptOutFile, download } = api;
  const { secondPersonAbove } = options.access;
  const pages = createPages({
    ...{ stores, answer, unsafe, apiPage, drafting, readPhone, secondPersonAbove },
    api: { ...options.api, takeOptOutFile, download },
  });
  const numbers = Object.keys(stores);
  addAccessPages(pages, { ...options.access, numbers, acts, answer, secondPersonAbove });
  const { rightsEveryMs } = options.api;
  const live = createLive({
    ...{ before: [login, framed], pages, answer },
    ...(rightsEveryMs !== undefined && { rightsEveryMs }),
  });
  app.route("/", live.app);
  app.route("/", pages);
  app.route("/", api.app);
  // Each address of the API says which role it needs. Bull Board shows how the engine works, and
  // its Retry has no preview: an operator may look, and retries on the page of the campaign.
  app.use("/queues/*", async (context, next) => {
    const isRead = context.req.method === "GET" || context.req.method === "HEAD";
    const access = context.get("access");
    const refused = refuseRole(access, isRead ? "operator" : "admin") ?? refuseLimited(access);
    return refused === null ? next() : answer(context, toProblem(refused));
  });
  app.route("/", board);
  app.notFound((context) => answer(context, NOT_FOUND));
  app.onError(async (error, context) => {
    // Its sender has gone, or was too slow: not a fault of ours, and the answer goes nowhere.
    const { complete, destroyed } = incomingOf(context);
    if (destroyed && !complete) return answer(context, plainProblem("dashboard_body_invalid"));
    logger.error({ err: error, path: context.req.routePath }, "dashboard request failed");
    return answer(context, (await ready()) ? FAILED : STORE_UNAVAILABLE);
  });
  return { fetch: app.fetch, live };
}

/**
 * The answer to HEAD has the headers of GET and drops its body. A stream that is only dropped would
 * wait for a reader without end, and keep what it holds: a seat, a subscription, a file.
 */
const withoutBody: MiddlewareHandler = async (context, next) => {
  await next();
  if (context.req.method === "HEAD") await context.res.body?.cancel();
};

/** Bull Board is not one of our pages, and is always there. */
function isPage({ routes }: Pick<Hono<ApiEnv>, "routes">, path: string): boolean {
  return path === "/queues" || routes.some((route) => route.path === path);
}

/** Gives every page of a signed-in reader its frame. */
function createFramed(
  stores: Stores,
  unsafe: () => string | undefined,
  hasPage: (path: string) => boolean,
): MiddlewareHandler<ApiEnv> {
  const [store] = Object.values(stores);
  const frame = { mode: store?.mode ?? "live", stops: createStops(stores, unsafe), hasPage };
  return (context, next) => {
    context.set("frame", frame);
    return next();
  };
}

/** Cuts requests that have not arrived in time, so a slow sender holds no connection. */
function createSlowCut(readMsMax: number) {
  const allowed = new WeakSet<IncomingMessage>();
  return {
    watch(request: IncomingMessage): void {
      const cut = setTimeout(() => {
        if (!request.complete && !allowed.has(request)) request.destroy();
      }, readMsMax);
      request.once("close", () => clearTimeout(cut));
    },
    /** An upload of a signed-in person; the whole request is bounded by the server. */
    allow: (request: IncomingMessage): void => void allowed.add(request),
  };
}

function incomingOf({ env }: ApiContext): IncomingMessage {
  return (env as HttpBindings).incoming;
}

function probeResponse({ status, contentType, body }: ProbeAnswer): Response {
  return new Response(body, { status, headers: { "content-type": contentType } });
}

/** The address bounds what it reads by itself. */
function boundsItself(method: string, path: string): boolean {
  return takesFile(method, path) || OPT_OUT_UPLOADS.includes(`${method} ${path}`);
}

const BODY_TOO_LARGE = plainProblem("dashboard_body_too_large");

const NOT_FOUND = plainProblem("dashboard_not_found");

const STORE_UNAVAILABLE = plainProblem("dashboard_store_unavailable", { "retry-after": "5" });

const FAILED = plainProblem("dashboard_failed");
