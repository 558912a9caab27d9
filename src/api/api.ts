/**
 * The HTTP API below `/api` of the dashboard's port. Each file of this folder adds the addresses of
 * one subject to the router (route.ts); what they do is done by `campaigns/` and the store, as for
 * the command line.
 */
import type { Hono } from "hono";
import type { Stores } from "../campaigns/find.ts";
import type { Requests } from "../store/index.ts";
import { VERSION } from "../version.ts";
import type { ApiEnv } from "./access.ts";
import type { Answer } from "./answer.ts";
import { addCampaigns } from "./campaigns.ts";
import { addDecisions } from "./decisions.ts";
import { addExport } from "./export.ts";
import { createIdempotency } from "./idempotency.ts";
import { addMessages } from "./messages.ts";
import { type OpenApiDocument, openApiMain } from "./openapi-page.ts";
import { createRouter } from "./route.ts";

export interface ApiDeps {
  readonly stores: Stores;
  readonly answer: Answer;
  /** Those with an Idempotency-Key. */
  readonly requests: Requests;
}

export interface Api {
  readonly app: Hono<ApiEnv>;
  /** The description of every address, for people: the contents of a page. */
  readonly page: () => ReturnType<typeof openApiMain>;
}

export function createApi(deps: ApiDeps): Api {
  const { answer, requests } = deps;
  const router = createRouter({ answer, idempotency: createIdempotency(requests, answer) });
  addCampaigns(router, deps);
  addMessages(router, deps);
  addDecisions(router, deps);
  addExport(router, deps);
  router.raw(
    {
      ...{ method: "get", path: "/api/openapi.json", name: "openApi", tag: "About" },
      ...{ summary: "This description (OpenAPI 3.1)", role: "viewer", problems: [] },
      answers: { 200: { description: "The document.", content: { "application/json": {} } } },
    },
    (context) => context.json(document),
  );
  const document = describe(router);
  return { app: router.app, page: () => openApiMain(document) };
}

function describe({ app }: ReturnType<typeof createRouter>): OpenApiDocument {
  for (const [name, scheme, description] of SECURITY) {
    app.openAPIRegistry.registerComponent("securitySchemes", name, {
      ...{ type: "http", scheme, description },
    });
  }
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Dropcast", version: VERSION, description: ABOUT },
    servers: [{ url: "/" }],
    security: SECURITY.map(([name]) => ({ [name]: [] })),
  });
}

const SECURITY = [
  ["token", "bearer", "A token of `dropcast token add`; its role says what it may do."],
  ["password", "basic", "The dashboard's password, with any user name: the role admin."],
] as const;

const ABOUT = [
  "Roles: `viewer` reads, `operator` also acts, `admin` does all.",
  "Errors are RFC 9457 problems (`application/problem+json`) with a stable `code`.",
  "Answers to GET have an `ETag`; with `If-None-Match` an unchanged one is a 304 without a body.",
].join(" ");
