/**
 * Live pages over server-sent events. All readers of the same address, role and numbers share one
 * renderer, which asks for the page as one of them would (what a page shows depends on nothing else
 * of its reader); it runs only while there are readers, and
 * sends only what has changed. A reader whose session, token or role has ended is cut off.
 */
import { createHash } from "node:crypto";
import { Hono, type MiddlewareHandler } from "hono";
import { streamSSE } from "hono/streaming";
import { type ApiContext, type ApiEnv, RIGHTS_EVERY_MS, rightsOf } from "../api/access.ts";
import type { Answer } from "../api/answer.ts";
import { createSeats } from "../api/seats.ts";
import { refuse } from "../core/refusal.ts";
import { refusePlainly } from "../core/refusals.ts";
import { toProblem } from "../http/problem.ts";
import { isLivePath, LIVE_PARTS } from "./pages/layout.ts";

/** A page is rendered no more often than this, so that it shows the ledger within a second. */
const RENDER_EVERY_MS = 900;
const RECONNECT_MS = 2_000;

export interface Live {
  readonly app: Hono<ApiEnv>;
  /** How many pages are rendered, because they are being looked at. */
  watched(): number;
  /** Ends every stream. */
  stop(): void;
}

/** `before`: what every request for a page passes, the login first. */
export function createLive(input: {
  readonly before: readonly MiddlewareHandler<ApiEnv>[];
  readonly pages: Hono<ApiEnv>;
  readonly answer: Answer;
  /** For tests. */
  readonly rightsEveryMs?: number;
  readonly streamsMax?: number;
  readonly isLive?: (path: string) => boolean;
}): Live {
  const { answer, rightsEveryMs = RIGHTS_EVERY_MS, streamsMax, isLive = isLivePath } = input;
  const seats = createSeats(streamsMax === undefined ? {} : { all: streamsMax });
  const ask = createAsk(input);
  const groups = new Map<string, Group>();
  const renderInTurn = createTurns();
  const app = new Hono<ApiEnv>();
  let isStopped = false;

  app.get("/live", async (context) => {
    const path = pathOf(context.req.query("page") ?? "");
    if (path === null || !isLive(path)) return answer(context, toProblem(refuseAddress()));
    const seat = isStopped ? STOPPED : seats.take(context.get("access"));
    if (!seat.ok) return answer(context, toProblem(seat, { "retry-after": "60" }));
    const rights = rightsOf(context.get("access"));
    const group = enter(path, rights);
    return streamSSE(context, async (stream) => {
      const reader = group.join(context);
      stream.onAbort(reader.leave);
      let sent = context.req.header("last-event-id");
      let checkAt = performance.now() + rightsEveryMs;
      try {
        await stream.write(`retry: ${RECONNECT_MS}\n\n`);
        for (;;) {
          const shown = await reader.next(sent, rightsEveryMs);
          if (shown === null) return;
          if (performance.now() >= checkAt) {
            if (!(await context.get("stillHas")())) return;
            checkAt = performance.now() + rightsEveryMs;
            // Proxies close a connection that is silent.
            if (shown === undefined) await stream.write(": still here\n\n");
          }
          if (shown === undefined) continue;
          const { event, data, id } = shown;
          // Trouble has no id: who comes back with one is told again.
          await stream.writeSSE(event === "page" ? { event, data, id } : { event, data });
          if (event === "trouble" && data === GONE) return;
          sent = id;
        }
      } finally {
        reader.leave();
        seat.value();
      }
    });
  });

  function enter(path: string, rights: string): Group {
    const key = `${path}\n${rights}`;
    const known = groups.get(key);
    if (known !== undefined) return known;
    const group = createGroup({
      render: (reader) => renderInTurn(() => render(reader, rights, path)),
      onEmpty: () => void groups.delete(key),
    });
    groups.set(key, group);
    return group;
  }

  /** Null: this reader may no longer see it. */
  async function render(reader: ApiContext, rights: string, path: string): Promise<Shown | null> {
    const response = await ask(reader, rights, path);
    const { status } = response;
    if (status === 200 && isParts(response)) return shownAs("page", await response.text());
    await response.body?.cancel();
    return isOver(response) ? null : shownAs("trouble", String(status));
  }

  return {
    app,
    watched: () => groups.size,
    stop() {
      isStopped = true;
      for (const group of groups.values()) group.stop();
    },
  };
}

/**
 * Asks for a page as a reader would, with their credentials: 401 or 403 once they no longer have
 * the rights with which they joined the others.
 */
function createAsk({ before, pages }: Pick<Parameters<typeof createLive>[0], "before" | "pages">) {
  const inside = new Hono<ApiEnv & { Bindings: { rights: string } }>();
  for (const each of before) inside.use(each);
  inside.use(async (context, next) => {
    const isSame = rightsOf(context.get("access")) === context.env.rights;
    return isSame ? next() : context.body(null, 403);
  });
  inside.route("/", pages);
  inside.onError((_, context) => context.body(null, 500));
  return async (reader: ApiContext, rights: string, path: string): Promise<Response> => {
    const request = new Request(new URL(path, BASE), { headers: reader.req.raw.headers });
    return inside.fetch(request, { ...(reader.env as object), ...LIVE_PARTS, rights });
  };
}

/** The rights have ended; Redis that is away for a moment ends nothing. */
function isOver({ status }: Response): boolean {
  return status === 401 || status === 403;
}

const STOPPED = refusePlainly("streams_too_many");
const BASE = "http://dashboard";
/** The status of a page that is not there, for this reader: nothing is left to follow. */
const GONE = "404";

/** What the readers of a group see. */
interface Shown {
  /** `trouble`: the page cannot be read now; `data` is the status. */
  readonly event: "page" | "trouble";
  readonly data: string;
  /** Of the data. */
  readonly id: string;
}

interface Reader {
  /** What differs from `sent`: at once, or within `waitMs`, or undefined; null at the end. */
  next(sent: string | undefined, waitMs: number): Promise<Shown | undefined | null>;
  leave(): void;
}

interface Group {
  join(context: ApiContext): Reader;
  stop(): void;
}

/** One page and its readers. */
function createGroup(input: {
  readonly render: (reader: ApiContext) => Promise<Shown | null>;
  readonly onEmpty: () => void;
}): Group {
  const readers = new Map<ApiContext, Nap>();
  const rest = createNap();
  let shown: Shown | undefined;
  let isStopped = false;
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    for (let turn = 0; readers.size > 0 && !isStopped; turn++) {
      const started = performance.now();
      // In turn, so that the page goes on when one of them is cut off.
      const asked = [...readers.keys()][turn % readers.size] as ApiContext;
      // A page that fails is asked for again: a rejection of this loop would end the process.
      const now = await input.render(asked).catch(() => null);
      if (now !== null && now.id !== shown?.id) {
        shown = now;
        wakeAll();
      }
      await rest.sleep(RENDER_EVERY_MS - (performance.now() - started));
    }
    isRunning = false;
    input.onEmpty();
  }

  function wakeAll(): void {
    for (const nap of readers.values()) nap.end();
  }

  return {
    join(context) {
      const nap = createNap();
      readers.set(context, nap);
      if (!isRunning) void run();
      return {
        async next(sent, waitMs) {
          const news = () => (shown === undefined || shown.id === sent ? undefined : shown);
          const isOver = () => isStopped || !readers.has(context);
          if (news() === undefined && !isOver()) await nap.sleep(waitMs);
          return isOver() ? null : news();
        },
        leave() {
          readers.delete(context);
          nap.end();
          if (readers.size === 0) rest.end();
        },
      };
    },
    stop() {
      isStopped = true;
      wakeAll();
      rest.end();
    },
  };
}

/** A sleep that can be ended. */
function createNap() {
  let end = (): void => {};
  return {
    sleep: (ms: number) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, ms));
        end = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    end: () => end(),
  };
}

type Nap = ReturnType<typeof createNap>;

/** One after another: many open pages must not hold up what else the process does. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = last.then(act, act);
    last = turn;
    return turn;
  };
}

function shownAs(event: Shown["event"], data: string): Shown {
  return { event, data, id: createHash("sha256").update(data).digest("hex").slice(0, 16) };
}

function isParts(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("application/json") === true;
}

/** The address of a page of ours, without its host; null for anything else. */
function pathOf(text: string): string | null {
  if (!text.startsWith("/") || !URL.canParse(text, BASE)) return null;
  const { origin, pathname, search } = new URL(text, BASE);
  return origin === BASE ? `${pathname}${search}` : null;
}

function refuseAddress() {
  return refuse(
    "dashboard_query_invalid",
    "The address in `page` is not a page of this dashboard that is renewed live.",
    "Open the page itself; its script follows it.",
  );
}
