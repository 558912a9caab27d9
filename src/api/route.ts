/**
 * How an address of the API is declared: one value says what it takes, who may use it and what it
 * answers. From it come the checks of each request and the OpenAPI document, so the two cannot
 * disagree. A handler returns a Result; it is rendered here, in one place.
 */
import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context, Handler, MiddlewareHandler } from "hono";
import { etag } from "hono/etag";
import type { Actor } from "../core/act.ts";
import { accept, type Refused, type Result } from "../core/refusal.ts";
import { describeRefusal, type RefusalCode } from "../core/refusals.ts";
import { PROBLEM_TYPE, toProblem } from "../http/problem.ts";
import {
  type Access,
  type ApiContext,
  type ApiEnv,
  actorOf,
  type Right,
  refuseRight,
} from "./access.ts";
import { type Answer, wantsPage } from "./answer.ts";
import { digestOf, type Idempotency } from "./idempotency.ts";
import { bodyInvalid, queryInvalid } from "./invalid.ts";

interface Described extends Right {
  readonly method: "get" | "post" | "put" | "delete";
  /** With `{name}` for each part that varies. */
  readonly path: string;
  /** Unique, for generated clients. */
  readonly name: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /**
   * The body or the answer has a secret: an Idempotency-Key is ignored, since nothing of either may
   * be kept. Repeated, it must change nothing more.
   */
  readonly secret?: true;
  /** The refusals that are this address's own; those of access and of Redis are added. */
  readonly problems: readonly RefusalCode[];
}

/** An address that takes and answers JSON. */
interface JsonRoute<Query extends z.ZodType, Body extends z.ZodType, Out extends z.ZodType>
  extends Described {
  readonly query?: Query;
  /** Left out: it takes none, and refuses one. */
  readonly body?: Body;
  /** A body that is a form, in the shape of `body`; undefined: as if there were none. */
  readonly form?: (fields: URLSearchParams) => unknown;
  readonly answer: Out;
  /** Default: 200. */
  readonly status?: 200 | 201 | 202;
  /** Where a browser goes that sent a form of our pages. */
  readonly page?: (value: z.input<Out>) => string;
}

/** An address that reads or writes a stream itself. */
export interface RawRoute extends Described {
  readonly query?: z.ZodObject;
  readonly request?: object;
  /** By status. */
  readonly answers: Readonly<Record<number, { description: string; content?: object }>>;
}

/** A request whose parts have been checked. */
interface Asked<Query, Body> {
  readonly context: ApiContext;
  /** Who asks, and what they may see. */
  readonly access: Access;
  /** The same, for the audit. */
  readonly by: Actor;
  /** A part of the path. */
  readonly part: (name: string) => string;
  readonly query: Query;
  readonly body: Body;
}

interface RouterDeps {
  readonly answer: Answer;
  readonly idempotency: Idempotency;
}

/** Every address may give these. */
const COMMON: readonly RefusalCode[] = [
  ...(["dashboard_login_needed", "api_token_invalid", "api_role_too_low"] as const),
  ...(["dashboard_throttled", "dashboard_store_unavailable"] as const),
];

export function createRouter({ answer, idempotency }: RouterDeps) {
  const app = new OpenAPIHono<ApiEnv>();
  const no = (context: Context, refused: Refused) => answer(context, toProblem(refused));

  function register(spec: Described, request: object, responses: object): void {
    const { method, path, name, tag, summary, description, role } = spec;
    const isKeyed = method === "post" && spec.secret === undefined;
    const own = [
      ...(isKeyed ? KEY_PROBLEMS : []),
      ...(spec.everyNumber ? (["api_numbers_limited"] as const) : []),
      ...spec.problems,
    ];
    app.openAPIRegistry.registerPath({
      ...{ method, path, summary, operationId: name, tags: [tag] },
      description: `${description === undefined ? "" : `${description} `}Role: ${role}.`,
      request: { ...pathParameters(path), ...(isKeyed ? KEYED : {}), ...request },
      responses: { ...responses, ...problemResponses([...COMMON, ...own]) },
    });
  }

  function mount(
    { method, path, ...right }: Described,
    handle: (context: ApiContext) => Response | Promise<Response>,
    around: readonly MiddlewareHandler[] = [],
  ): void {
    const guarded: Handler<ApiEnv> = (context) => {
      const access = context.get("access");
      const refused = refuseRight(access, right);
      return refused === null ? handle(context) : no(context, refused);
    };
    app.on([method.toUpperCase()], [path.replace(/\{(\w+)\}/g, ":$1")], ...around, guarded);
  }

  return {
    app,

    route<Out extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
      spec: JsonRoute<Query, Body, Out>,
      handle: (asked: Asked<z.output<Query>, z.output<Body>>) => Promise<Result<z.input<Out>>>,
    ): void {
      const { query, body, status = 200, page } = spec;
      const content = { "application/json": { schema: body } };
      register(
        spec,
        {
          ...(query === undefined ? {} : { query }),
          ...(body === undefined
            ? {}
            : { body: { content, required: !body.safeParse(undefined).success } }),
        },
        {
          [status]: {
            description: "Done.",
            content: { "application/json": { schema: spec.answer } },
          },
        },
      );
      const run = async (context: ApiContext): Promise<Response> => {
        const asked = await readRequest(context, spec);
        if (!asked.ok) return no(context, asked);
        const act = () => carryOut(context, asked.value);
        if (spec.method !== "post" || spec.secret) return act();
        return idempotency.run(context, digestOf(await context.req.text()), act);
      };
      const carryOut = async (
        context: ApiContext,
        asked: Asked<z.output<Query>, z.output<Body>>,
      ): Promise<Response> => {
        const result = await handle(asked);
        if (!result.ok) return no(context, result);
        if (page !== undefined && wantsPage(context)) {
          return context.redirect(ownPath(context.req.query("back")) ?? page(result.value), 303);
        }
        return context.json(result.value as object, status);
      };
      mount(spec, run, spec.method === "get" ? [etag()] : []);
    },

    /** It reads the body itself, and takes care of the Idempotency-Key. */
    raw(spec: RawRoute, handle: (context: ApiContext) => Response | Promise<Response>): void {
      const { query, request = {} } = spec;
      register(spec, { ...(query === undefined ? {} : { query }), ...request }, spec.answers);
      mount(spec, handle);
    },
  };
}

export type Router = ReturnType<typeof createRouter>;

/** A page of ours, to which a form asks to return; null for anything else. */
function ownPath(path: string | undefined): string | null {
  return path !== undefined && /^\/(?![/\\])[\w/?=&.-]*$/.test(path) ? path : null;
}

/** What would be ignored is refused: who sent it expects something of it. */
const NO_BODY = z.strictObject({}).optional();

async function readRequest<Query extends z.ZodType, Body extends z.ZodType>(
  context: ApiContext,
  { query, body, form }: Pick<JsonRoute<Query, Body, z.ZodType>, "query" | "body" | "form">,
): Promise<Result<Asked<z.output<Query>, z.output<Body>>>> {
  const asked = query === undefined ? undefined : query.safeParse(context.req.query());
  if (asked?.success === false) return queryInvalid(asked.error);
  const given = (body ?? NO_BODY).safeParse(bodyOf(context, await context.req.text(), form));
  if (!given.success) return bodyInvalid(given.error);
  const part = (name: string) => context.req.param(name) ?? "";
  return accept({
    ...{ context, part, access: context.get("access"), by: actorOf(context.get("access")) },
    query: asked?.data as z.output<Query>,
    body: given.data as z.output<Body>,
  });
}

/** What the body says: undefined for none, and null for one that is not JSON. */
function bodyOf(
  context: Context,
  text: string,
  form: ((fields: URLSearchParams) => unknown) | undefined,
): unknown {
  if (text === "") return undefined;
  const type = context.req.header("content-type") ?? "";
  if (form !== undefined && type.startsWith("application/x-www-form-urlencoded")) {
    return form(new URLSearchParams(text));
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // No schema takes null.
    return null;
  }
}

function pathParameters(path: string) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
  if (names.length === 0) return {};
  return { params: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) };
}

const KEYED = {
  headers: z.object({
    "Idempotency-Key": z.string().max(255).optional().openapi({
      description: "The same key and request get the same answer for 24 hours, and act once.",
    }),
  }),
};

const KEY_PROBLEMS = [
  ...(["idempotency_in_flight", "idempotency_key_invalid", "idempotency_key_reused"] as const),
];

const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().openapi({ description: "Stable; docs/errors.md has them all." }),
    detail: z.string().openapi({ description: "What happened, as a sentence." }),
    fix: z.string().openapi({ description: "What to do." }),
  })
  .openapi("Problem");

function problemResponses(codes: readonly RefusalCode[]) {
  const byStatus = new Map<number, RefusalCode[]>();
  for (const code of [...new Set(codes)].sort()) {
    const { http } = describeRefusal(code);
    byStatus.set(http, [...(byStatus.get(http) ?? []), code]);
  }
  const content = { [PROBLEM_TYPE]: { schema: problemSchema } };
  return Object.fromEntries(
    [...byStatus].map(([status, its]) => [
      status,
      { description: its.map((code) => `\`${code}\``).join(", "), content },
    ]),
  );
}
