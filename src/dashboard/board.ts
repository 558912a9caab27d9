/**
 * Bull Board at /queues, read-only. Its own write handlers are never reached: board-retry.ts
 * answers the two kinds of Retry, asking the ledger first, and every other write is refused before
 * Bull Board gets it. So new writes in a new version stay closed.
 */
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { HonoAdapter } from "@bull-board/hono";
import { serveStatic } from "@hono/node-server/serve-static";
import { Queue } from "bullmq";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { timeout } from "hono/timeout";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { type ApiEnv, actorOf } from "../api/access.ts";
import { problemResponse } from "../api/answer.ts";
import type { Stores } from "../campaigns/find.ts";
import type { Actor } from "../core/act.ts";
import { describeFailure } from "../core/failure.ts";
import { plainProblem, toProblem } from "../http/problem.ts";
import { endInTime, QUEUE_ANSWER_MS } from "../queue/in-time.ts";
import {
  type BatchJob,
  batchQueueName,
  type FailedJob,
  failedJobSchema,
  failedQueueName,
  queuePlace,
} from "../queue/queues.ts";
import type { NumberStore } from "../store/index.ts";
import { assetUrl } from "./assets.ts";
import { type FailedBoard, retryAll, retryOne } from "./board-retry.ts";
import { maskData, maskText, maskTexts } from "./mask.ts";

const BASE = "/queues";

/** BullMQ waits for a lost Redis without limit; a page must not. */
const READ_TIMEOUT_MS = 10_000;

interface BoardDeps {
  readonly stores: Stores;
  /** BullMQ's client, by key space. */
  readonly queueClient: (space: string) => Redis;
  /** Tells of a key space whose client is another one from now on. Default: that never happens. */
  readonly onSpaceMoved?: (listener: (space: string) => void) => () => void;
  /** Whether Redis answers; never rejects. */
  readonly ready: () => Promise<boolean>;
  readonly logger: Logger;
}

export function createBoard(deps: BoardDeps) {
  const { stores, onSpaceMoved = () => () => {} } = deps;
  const numbers = new Map(
    Object.values(stores).map((store) => [store.space, openQueues(deps, store)]),
  );
  const plugin = createPlugin([...numbers.values()]);
  const unwatch = onSpaceMoved((space) => {
    const before = numbers.get(space);
    if (before === undefined) return;
    numbers.set(space, openQueues(deps, before.store));
    plugin.show([...numbers.values()]);
    void endInTime(QUEUE_ANSWER_MS, [before.batches.close(), before.failed.close()]);
  });
  function boardOf(queue: string): FailedBoard | undefined {
    const found = [...numbers.values()].find(({ failed }) => failed.name === queue);
    return found === undefined ? undefined : { queue: found.failed, store: found.store };
  }

  const app = new Hono<ApiEnv>();
  app.get("/queues/", (context) => context.redirect(BASE, 308));
  app.use("/queues/api/*", async (_, next) => {
    if (await deps.ready()) return next();
    throw new Error("Redis does not answer.");
  });
  app.put("/queues/api/queues/:queue/:job/retry", async (context) => {
    const board = boardOf(context.req.param("queue"));
    if (board === undefined) return problemResponse(WRITE_REFUSED);
    const result = await retryOne(board, context.req.param("job"), pressedBy(context));
    if (result.ok) return context.body(null, 204);
    return problemResponse(toProblem(result));
  });
  app.put("/queues/api/queues/:queue/retry/failed", async (context) => {
    const board = boardOf(context.req.param("queue"));
    if (board === undefined) return problemResponse(WRITE_REFUSED);
    const result = await retryAll(board, pressedBy(context));
    // Bull Board's wording for "skipped" would be wrong here, so answer with a problem.
    if (!result.ok) return problemResponse(toProblem(result));
    return context.json({ retried: result.value.retried, skipped: 0 });
  });
  app.use("/queues/*", readOnly, ownHostOnly, masked, timeout(READ_TIMEOUT_MS));
  app.use("/queues/static/*", async (context, next) => {
    await next();
    context.res.headers.set("cache-control", "private, max-age=3600");
  });
  app.route(BASE, plugin.app);

  return {
    app,

    async close(): Promise<void> {
      unwatch();
      const queues = [...numbers.values()].flatMap(({ batches, failed }) => [batches, failed]);
      await endInTime(
        QUEUE_ANSWER_MS,
        queues.map((queue) => queue.close()),
      );
    },
  };
}

/** A number, and its queues on the client that it has now. */
interface ShownNumber {
  readonly store: NumberStore;
  readonly batches: Queue<BatchJob>;
  readonly failed: Queue<FailedJob>;
}

function openQueues({ queueClient, logger }: BoardDeps, store: NumberStore): ShownNumber {
  const { space } = store;
  const options = { ...queuePlace(space, queueClient(space)), skipMetasUpdate: true };
  const batches = new Queue<BatchJob>(batchQueueName(space), options);
  const failed = new Queue<FailedJob>(failedQueueName(space), options);
  for (const queue of [batches, failed]) {
    queue.on("error", (error) => logger.warn({ error: error.message }, "queue error"));
  }
  return { store, batches, failed };
}

function pressedBy(context: Context<ApiEnv>): Actor {
  return actorOf(context.get("access"), "Bull Board");
}

function adaptersOf(numbers: readonly ShownNumber[]) {
  return numbers.flatMap(({ batches, failed }) => [
    shown(batches, {
      readOnlyMode: true,
      description: "Up to 100 messages a job; the ledger has their outcomes.",
    }),
    shown(failed, {
      description: "One job for each failed message. Retry sends it again, once.",
    }),
  ]);
}

/** Bull Board itself; `show` replaces the queues that it shows. */
function createPlugin(numbers: readonly ShownNumber[]): {
  readonly app: Hono;
  show(numbers: readonly ShownNumber[]): void;
} {
  const serverAdapter = new HonoAdapter(serveStatic);
  serverAdapter.setBasePath(BASE);
  const board = createBullBoard({
    queues: adaptersOf(numbers),
    serverAdapter,
    options: {
      // A second safeguard behind `readOnly`.
      handlerHooks: { before: ({ method }) => ({ allow: method === "get" }) },
      uiConfig: {
        boardTitle: "Dropcast",
        boardLogo: { path: assetUrl("icon.svg"), width: 28, height: 28 },
        favIcon: { default: assetUrl("icon.svg"), alternative: "static/favicon-32x32.png" },
        miscLinks: [{ text: "Campaigns", url: "/" }],
        hideDocsLink: true,
        hideRedisDetails: true,
        // It would list every client of Redis on each poll.
        showWorkers: false,
      },
    },
  });
  return {
    app: serverAdapter.registerPlugin(),
    show: (now) => board.replaceQueues(adaptersOf(now)),
  };
}

function shown(queue: Queue, options: ConstructorParameters<typeof BullMQAdapter>[1]) {
  const adapter = new BullMQAdapter(queue, {
    ...options,
    externalJobUrl: (job) => {
      const data = failedJobSchema.pick({ campaign: true }).safeParse(job.data);
      const campaign = data.success ? data.data.campaign : "";
      return { href: `/campaigns/${encodeURIComponent(campaign)}`, displayText: campaign };
    },
  });
  for (const field of ["returnValue", "progress"] as const) adapter.setFormatter(field, maskData);
  adapter.setFormatter("data", (data) => maskData(withMeaning(data)));
  adapter.setFormatter("name", (job) => maskText(String(job["name"] ?? "")));
  return adapter;
}

/** A job has only the code; its meaning and advice are added when it is shown. */
function withMeaning(data: unknown): unknown {
  const job = failedJobSchema.safeParse(data);
  if (!job.success || job.data.code === 0) return data;
  const { title, advice } = describeFailure({ code: job.data.code, reason: 0 });
  return { ...job.data, title, advice };
}

const readOnly: MiddlewareHandler = async (context, next) => {
  const { method } = context.req;
  if (method === "GET" || method === "HEAD") return next();
  return problemResponse(WRITE_REFUSED);
};

/** The page loads fonts from Google; without the link it uses the system's fonts. */
const ownHostOnly: MiddlewareHandler = async (context, next) => {
  await next();
  if (!context.res.headers.get("content-type")?.startsWith("text/html")) return;
  const page = await context.res.text();
  context.res = context.html(page.replace(/<link\b[^>]*\bhref="(https?:)?\/\/[^>]*>/gi, ""));
};

/** Formatters get only a job's data; this also covers errors, stack traces, options and logs. */
const masked: MiddlewareHandler = async (context, next) => {
  await next();
  if (!context.res.headers.get("content-type")?.startsWith("application/json")) return;
  // Translations are files, not data.
  if (context.req.path.startsWith("/queues/static/")) return;
  const { status } = context.res;
  context.res = Response.json(maskTexts(await context.res.json()), { status });
};

const WRITE_REFUSED = plainProblem("board_write_refused");
