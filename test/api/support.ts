import { Hono } from "hono";
import type { Access, ApiEnv } from "../../src/api/access.ts";
import { problemResponse } from "../../src/api/answer.ts";
import { type ApiDeps, createApi } from "../../src/api/api.ts";
import { createRequests } from "../../src/store/access/requests.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

export const OPERATOR: Access = { who: "token:test", role: "operator", from: "127.0.0.1" };

/** The API in this process, behind a login that has found `access`. */
export async function openApi(changes: Partial<ApiDeps> & { test?: TestStore } = {}) {
  const { test = await openTestStore(), ...deps } = changes;
  const api = createApi({
    stores: { [test.number]: test.store },
    answer: (_, problem) => problemResponse(problem),
    requests: createRequests(test.redis, "sandbox"),
    ...deps,
  });

  async function ask(
    path: string,
    init: RequestInit & { access?: Access; key?: string; json?: unknown } = {},
  ) {
    const { access = OPERATOR, key, json, ...rest } = init;
    const app = new Hono<ApiEnv>();
    app.use(async (context, next) => {
      context.set("access", access);
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

  return { test, ask };
}

export type TestApi = Awaited<ReturnType<typeof openApi>>;

/** A key that no other test uses. */
export function freshKey(): string {
  return crypto.randomUUID();
}
