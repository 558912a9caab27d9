/**
 * The HTTP API below `/api` of the dashboard's port. Each file of this folder adds the addresses of
 * one subject to the router (route.ts); what they do is done by `campaigns/` and the store, as for
 * the command line.
 */
import { join } from "node:path";
import type { Hono } from "hono";
import type { SessionDeps } from "../access/sessions.ts";
import type { TokenDeps } from "../access/tokens.ts";
import type { UserDeps } from "../access/users.ts";
import type { Actor } from "../core/act.ts";
import type { Result } from "../core/refusal.ts";

import type { Requests } from "../store/index.ts";
import { VERSION } from "../version.ts";
import type { ApiEnv } from "./access.ts";
import { addActions } from "./actions.ts";
import type { Answer } from "./answer.ts";
import { addAudit } from "./audit.ts";
import { addCampaigns } from "./campaigns.ts";
import { addCreate, type CreateDeps } from "./create.ts";
import { addDecisions } from "./decisions.ts";
import { createDownload, type SendDownload } from "./download.ts";
import { createDrafting, type Drafting } from "./drafting.ts";
import { addDrops } from "./drops.ts";
import { addEvents } from "./events.ts";
import { addExport } from "./export.ts";
import { createFeed } from "./feed.ts";
import { addHealth, type HealthDeps } from "./health.ts";
import { createIdempotency } from "./idempotency.ts";
import { createImports, type ImportsDeps } from "./imports.ts";
import { addLooks } from "./list-looks.ts";
import { addLists } from "./lists.ts";
import { addMessages } from "./messages.ts";
import { addMoves } from "./moves.ts";
import { addNumbers } from "./numbers.ts";
import { type OpenApiDocument, openApiMain } from "./openapi-page.ts";
import { addOptOuts, type OptOutDeps } from "./opt-outs.ts";
import { addOptOutImport, createImportForm } from "./opt-outs-import.ts";
import { addPeople, phoneReader } from "./people.ts";
import { createRouter } from "./route.ts";
import { createRunning, type RunningDeps } from "./running.ts";
import { addSessions } from "./sessions.ts";
import type { TestSendDeps } from "./test-send.ts";
import { addTimeline } from "./timeline.ts";
import { addTokens } from "./tokens.ts";
import { createUploads, UPLOAD_LIMITS, type UploadLimits } from "./uploads.ts";
import { addUsers } from "./users.ts";

/** Erases a person everywhere and notes the act; `words` say what was done and is left. */
export type ErasePerson = (
  by: Actor,
  digits: string,
) => Promise<Result<{ readonly complete: boolean; readonly words: readonly string[] }>>;

export interface ApiDeps
  extends Pick<ImportsDeps, "stores" | "importFile" | "checkFile" | "maySend" | "acts">,
    Pick<RunningDeps, "logger">,
    Pick<CreateDeps, "mode" | "unsafe">,
    Pick<HealthDeps, "health">,
    Pick<OptOutDeps, "suppressions" | "country">,
    Pick<TestSendDeps, "numberCountries" | "openTestSender"> {
  readonly answer: Answer;
  /** Who may come in. */
  readonly access: Pick<UserDeps, "users" | "numbers" | "cost"> &
    Pick<TokenDeps, "tokens"> &
    Pick<SessionDeps, "sessions">;
  /** Those with an Idempotency-Key. */
  readonly requests: Requests;
  /** Where lists that are uploaded wait. */
  readonly uploadsDir: string;
  readonly erase: ErasePerson;
  /** For tests. */
  readonly uploadLimits?: UploadLimits;
  /** For tests: how often a stream looks whether its reader still has the right to it. */
  readonly rightsEveryMs?: number;
}

export interface Api {
  readonly app: Hono<ApiEnv>;
  /** The description of every address, for people: the contents of a page. */
  readonly page: () => ReturnType<typeof openApiMain>;
  /** What the pages for a new campaign do: the same as the addresses of the API. */
  readonly drafting: Drafting;
  /** Reads a phone that a person typed: digits with country code; null if it is none. */
  readonly readPhone: (text: string) => string | null;
  /** For the page of opt-outs, which has a form with a file. */
  readonly takeOptOutFile: ReturnType<typeof createImportForm>;
  /** For pages with a file. */
  readonly download: SendDownload;
  /** Continues imports that an earlier process left behind. */
  start(): void;
  /** Resolves when no import runs: those that take longer than `withinMs` are interrupted. */
  stop(withinMs: number): Promise<void>;
}

/** What the pages for a new campaign show. */
export type { InspectedList as Inspected } from "../producer/check/inspect-list.ts";
export type { Sample as MessagePreview } from "../producer/preflight/preflight.ts";
export type { ImportReport as Report } from "../producer/report.ts";
export type { Check } from "./checks.ts";
export type { SendDownload } from "./download.ts";
export type { Draft, Drafting } from "./drafting.ts";
export type { TestSent } from "./test-send.ts";

/** Whether a request may have a body of any size, which its address reads as a stream. */
export function takesFile(method: string, path: string): boolean {
  return TAKE_FILES.includes(`${method} ${path}`);
}

const TAKE_FILES = [
  "PUT /api/lists",
  "POST /api/campaigns",
  "POST /api/campaigns/preflight",
  "POST /api/opt-outs/import",
  "POST /new",
];

export function createApi(deps: ApiDeps): Api {
  const { answer, requests, mode, uploadLimits = UPLOAD_LIMITS } = deps;
  const idempotency = createIdempotency(requests, answer);
  const uploads = createUploads({ folder: join(deps.uploadsDir, mode), limits: uploadLimits });
  const running = createRunning({ ...deps, uploads });
  const imports = createImports({ ...deps, uploads, running });
  const router = createRouter({ answer, idempotency });
  addCampaigns(router, deps);
  addMoves(router, deps);
  addCreate(router, { ...deps, uploads, imports, idempotency });
  addLists(router, { uploads, running });
  const keptMs = uploadLimits.keptMs;
  const drafting = createDrafting({ ...deps, uploads, running, imports, requests, keptMs });
  addLooks(router, { uploads, ...drafting });
  const feed = createFeed(deps.stores, (error) =>
    deps.logger.warn({ err: error }, "campaigns cannot be read for event streams"),
  );
  addMessages(router, deps);
  addPeople(router, deps);
  addNumbers(router, deps);
  addHealth(router, deps);
  addAudit(router, deps);
  addDrops(router, deps);
  addOptOuts(router, deps);
  addOptOutImport(router, { ...deps, uploads, idempotency });
  addEvents(router, { ...deps, feed });
  addDecisions(router, deps);
  addActions(router, deps);
  const download = createDownload(deps.logger);
  addExport(router, { ...deps, download });
  addTimeline(router, deps);
  const access = { ...deps.access, acts: deps.acts };
  addUsers(router, access);
  addTokens(router, access);
  addSessions(router, access);
  router.raw(
    {
      ...{ method: "get", path: "/api/openapi.json", name: "openApi", tag: "About" },
      ...{ summary: "This description (OpenAPI 3.1)", role: "viewer", problems: [] },
      answers: { 200: { description: "The document.", content: { "application/json": {} } } },
    },
    (context) => context.json(document),
  );
  const document = describe(router);
  return {
    app: router.app,
    page: () => openApiMain(document),
    drafting,
    readPhone: phoneReader(deps.country),
    takeOptOutFile: createImportForm({ ...deps, uploads, idempotency }),
    download,
    start: running.start,
    stop: async (withinMs) => {
      feed.close();
      await running.stop(withinMs);
    },
  };
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
  ["password", "basic", "A user's name and password; or the dashboard's password: role admin."],
] as const;

const ABOUT = [
  "Roles: `viewer` reads, `operator` also acts, `admin` does all.",
  "Errors are RFC 9457 problems (`application/problem+json`) with a stable `code`.",
  "Answers to GET have an `ETag`; with `If-None-Match` an unchanged one is a 304 without a body.",
].join(" ");
