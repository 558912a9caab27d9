import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { onTestFinished } from "vitest";
import type { Access, ApiEnv } from "../../src/api/access.ts";
import { problemResponse } from "../../src/api/answer.ts";
import { type ApiDeps, createApi } from "../../src/api/api.ts";
import { accept } from "../../src/core/refusal.ts";
import { refusePlainly } from "../../src/core/refusals.ts";
import { timings } from "../../src/core/timings.ts";
import { readRedisFacts } from "../../src/health/redis.ts";
import { createLogger } from "../../src/logger.ts";
import { createFileImporter, type ImportFile } from "../../src/producer/import-file.ts";
import { keepNothing, type ListSink, storeIn } from "../../src/producer/sink/sink.ts";
import { createRequests } from "../../src/store/access/requests.ts";
import { createSessions } from "../../src/store/access/sessions.ts";
import { createTokens } from "../../src/store/access/tokens.ts";
import { createUsers } from "../../src/store/access/users.ts";
import { createSuppressions } from "../../src/store/people/suppressions.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

export const OPERATOR: Access = {
  who: "token:test",
  role: "operator",
  numbers: null,
  from: "127.0.0.1",
};

/** A comparison of passwords that costs nothing. */
export const CHEAP = { N: 2, r: 1, p: 1 };

export function accessStores(redis: TestStore["redis"]) {
  return {
    tokens: createTokens(redis, "sandbox"),
    users: createUsers(redis, "sandbox"),
    sessions: createSessions(redis, "sandbox"),
  };
}

/** What the API needs beside stores: real imports, and a folder that goes when the test ends. */
export function apiDepsOf({ number, store, redis }: TestStore) {
  const uploadsDir = mkdtempSync(join(tmpdir(), "dropcast-uploads-"));
  onTestFinished(() => rmSync(uploadsDir, { recursive: true, force: true }));
  const importer = (sink: ListSink): ImportFile =>
    createFileImporter({
      numbers: { [number]: {} },
      openNumber: async () => {
        await store.join();
        const { people, optOuts } = store;
        const preflight = { people, optOuts, ratePerSecond: 500, prices: null, nowMs: Date.now() };
        return { sink, store, country: "PL", preflight };
      },
      mode: "sandbox",
    });
  return {
    ...{ mode: "sandbox" as const, uploadsDir, requests: createRequests(redis, "sandbox") },
    importFile: async () => importer(storeIn(store.imports)),
    checkFile: async () => importer(keepNothing(store.campaigns)),
    acts: store.acts,
    health: {
      ...{ timings: timings({ answerTimeoutMs: 60_000, timeScale: 1 }), retentionMs: null },
      ...{ endpoints: [], readRedis: () => readRedisFacts(redis) },
    },
    access: { ...accessStores(redis), numbers: [number], cost: CHEAP },
    country: "PL",
    numberCountries: { [number]: "PL" },
    openTestSender: async () => refusePlainly("number_incomplete"),
    suppressions: () => createSuppressions({ redis, startFenceMs: 0, mode: "sandbox" }),
    maySend: () => accept(null),
    unsafe: () => undefined,
    erase: async () => accept({ complete: true, words: ["Erased: 1 row."] }),
  };
}

/** The API in this process, behind a login that has found `access`. */
export async function openApi(changes: Partial<ApiDeps> & { test?: TestStore } = {}) {
  const { test = await openTestStore(), ...deps } = changes;
  const lines: string[] = [];
  const own = apiDepsOf(test);
  const api = createApi({
    ...own,
    stores: { [test.number]: test.store },
    answer: (_, problem) => problemResponse(problem),
    logger: createLogger({ level: "info", stream: { write: (line) => lines.push(line) } }),
    ...deps,
  });
  onTestFinished(() => api.stop(10_000));

  async function ask(
    path: string,
    init: RequestInit & { access?: Access; key?: string; json?: unknown } = {},
  ) {
    const { access = OPERATOR, key, json, ...rest } = init;
    const app = new Hono<ApiEnv>();
    app.use(async (context, next) => {
      context.set("access", access);
      context.set("stillHas", async () => true);
      await next();
    });
    app.route("/", api.app);
    const headers = new Headers(rest.headers);
    if (key !== undefined) headers.set("idempotency-key", key);
    if (json !== undefined) headers.set("content-type", "application/json");
    return app.request(path, {
      ...rest,
      headers,
      ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
    });
  }

  const folder = join(deps.uploadsDir ?? own.uploadsDir, "sandbox");
  /** Names of what lies on the disk. */
  const onDisk = () => (existsSync(folder) ? readdirSync(folder) : []);

  return { test, ask, api, lines, folder, onDisk, uploadsDir: own.uploadsDir };
}

export type TestApi = Awaited<ReturnType<typeof openApi>>;

/** A key that no other test uses. */
export function freshKey(): string {
  return crypto.randomUUID();
}
