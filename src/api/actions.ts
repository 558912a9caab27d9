import { randomUUID } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { actionJson } from "../campaigns/action-json.ts";
import {
  ACTION_CURSOR,
  type ActionRequest,
  actionCursor,
  findAction,
  listActions,
  readActionCursor,
  refuseEmptyFilter,
  stopAction,
} from "../campaigns/actions.ts";
import { beginAction, previewAction } from "../campaigns/begin-action.ts";
import { findCampaign, type Stores } from "../campaigns/find.ts";
import { ACTION_ENDS, ACTION_STATES, type ActionWhat, DECISIONS, SKIPPED } from "../core/action.ts";
import { type Reason, UNKNOWN_REASONS } from "../core/reasons.ts";
import { accept, type Result } from "../core/refusal.ts";
import { type ApiContext, visibleStores } from "./access.ts";
import { KEY_HEADER } from "./idempotency.ts";
import type { Router } from "./route.ts";
import { campaignId, cursor, nextCursor, time } from "./schemas.ts";

const TAG = "Bulk actions";

const rowRanges = z
  .array(z.union([z.int().min(1), z.tuple([z.int().min(1), z.int().min(1)])]))
  .min(1)
  .max(1_000);

const all = z.boolean().optional().openapi({
  description: "Says that every message is meant for which it may help.",
});

const retryWhat = {
  kind: z.literal("retry"),
  codes: z.array(z.int().nonnegative()).optional().openapi({
    description: "Error codes; 0: failures without one.",
  }),
  reasons: z.array(z.string()).optional(),
  all,
};

const resolveWhat = {
  kind: z.literal("resolve"),
  decision: z.enum(DECISIONS),
  reasons: z.array(z.enum(UNKNOWN_REASONS as [Reason, ...Reason[]])).optional(),
  olderThanMinutes: z.number().positive().max(1_000_000).optional(),
  rows: rowRanges.optional(),
  all,
};

const previewBody = z.discriminatedUnion("kind", [
  z.strictObject(retryWhat),
  z.strictObject(resolveWhat),
]);

const begun = {
  name: z.string().max(120).optional(),
  expected: z.int().nonnegative().optional().openapi({
    description: "How many messages the preview showed; the answer says the `difference`.",
  }),
  /** Of our own forms: names the page on which the button was pressed. */
  key: z.string().max(100).optional(),
};

const beginBody = z.discriminatedUnion("kind", [
  z.strictObject({ ...retryWhat, ...begun }),
  z.strictObject({
    ...{ ...resolveWhat, ...begun },
    confirm: z.int().optional().openapi({
      description: "For `resend`: how many people may get the message twice.",
    }),
  }),
]);

const counted = z.object({ why: z.string(), count: z.int() });

const actionFields = {
  id: z.string().openapi({ example: "main-17.k3f9x2ab" }),
  name: z.string(),
  kind: z.enum(["retry", "resolve"]),
  campaign: campaignId,
  campaignName: z.string(),
  filter: z.looseObject({ all: z.boolean() }),
  filterWords: z.string(),
  who: z.string(),
  via: z.string(),
  state: z.enum(ACTION_STATES),
  end: z
    .object({ code: z.enum(ACTION_ENDS), words: z.string() })
    .nullable()
    .openapi({ description: "Why it ended before it had reached all its messages." }),
  createdAt: time,
  endedAt: time.nullable(),
  movedAt: time.nullable().openapi({ description: "Its last step." }),
  waitsForWorker: z.boolean(),
  total: z.int().openapi({ description: "done + skipped + failed + left." }),
  expected: z.int().nullable(),
  difference: z.int().nullable().openapi({
    description: "How many more messages than the preview showed.",
  }),
  done: z.int(),
  skipped: z.int(),
  skippedBy: z.array(z.object({ why: z.enum(SKIPPED), words: z.string(), count: z.int() })),
  failed: z.int().openapi({ description: "Not reached: its campaign was closed meanwhile." }),
  left: z.int().openapi({ description: "Still to do; of a stopped one, not reached." }),
  leftOut: z.array(counted).openapi({ description: "Left out when it began." }),
};

const action = z.object(actionFields).openapi("Action");

const preview = z
  .object({
    campaign: campaignId,
    kind: z.enum(["retry", "resolve"]),
    name: z.string(),
    filterWords: z.string(),
    matching: z.int(),
    byCause: z
      .array(
        z.object({
          code: z.int(),
          reason: z.string().nullable(),
          title: z.string(),
          count: z.int(),
        }),
      )
      .readonly(),
    leftOut: z.array(counted.extend({ words: z.string() })).readonly(),
    oldestAt: time.nullable(),
    waiting: z.object({ count: z.int(), firstAt: time }).nullable(),
  })
  .openapi("ActionPreview");

const listQuery = z.strictObject({
  cursor: cursor.regex(ACTION_CURSOR).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const BEGIN_PROBLEMS = [
  ...(["dashboard_body_invalid", "no_such_campaign", "campaign_other_mode"] as const),
  ...(["campaign_closed", "rows_deleted", "retry_opted_out"] as const),
  ...(["retry_unknown_reason", "action_filter_empty"] as const),
];

/** Bulk actions: one decision about many messages, that anyone can follow and stop. */
export function addActions({ route }: Router, { stores }: { readonly stores: Stores }): void {
  route(
    {
      ...{ method: "post", path: "/api/campaigns/{id}/actions/preview", name: "previewAction" },
      ...{ tag: TAG, summary: "Says what a bulk action would be about", role: "viewer" },
      ...{ body: previewBody, answer: preview, problems: BEGIN_PROBLEMS },
    },
    async ({ access, part, body }) => {
      const what = readWhat(body);
      if (!what.ok) return what;
      const found = await findCampaign(visibleStores(stores, access), part("id"));
      return found.ok ? previewAction(found.value, what.value) : found;
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/campaigns/{id}/actions", name: "beginAction", tag: TAG },
      ...{ summary: "Begins a bulk action", role: "operator" },
      description:
        "`retry`: sends failed messages again, by `codes` and `reasons`. `resolve`: decides unknown ones, by `reasons`, `olderThanMinutes` and `rows`. Neither may be empty: `all` says that all are meant. The messages are chosen now; a worker takes the steps, and goes on after a crash.",
      ...{ body: beginBody, form: actionForm, answer: action, status: 202 },
      page: ({ id }) => `/actions/${id}`,
      problems: [
        ...BEGIN_PROBLEMS,
        ...(["action_nothing_matches", "action_not_confirmed"] as const),
        ...(["actions_too_many", "redis_unconfirmed"] as const),
      ],
    },
    async ({ context, access, by, part, body }) => {
      const what = readWhat(body);
      if (!what.ok) return what;
      const found = await findCampaign(visibleStores(stores, access), part("id"));
      if (!found.ok) return found;
      const { name, expected } = body;
      const confirm = body.kind === "resolve" ? body.confirm : null;
      const request = requestOf(context, { key: body.key, what: what.value });
      const asked = { what: what.value, name, expected, confirm, ...request };
      const begun = await beginAction(found.value, asked, by);
      return begun.ok ? accept(actionJson(begun.value, Date.now())) : begun;
    },
  );

  route(
    {
      ...{ method: "get", path: "/api/actions", name: "listActions", tag: TAG },
      ...{ summary: "Bulk actions of every number, newest first", role: "viewer" },
      query: listQuery,
      answer: z.object({ actions: z.array(action), nextCursor }),
      problems: ["dashboard_query_invalid"],
    },
    async ({ access, query: { cursor: after, limit: size } }) => {
      const from = after === undefined ? {} : { after: readActionCursor(after) };
      const { actions, isCut } = await listActions(visibleStores(stores, access), {
        size,
        ...from,
      });
      const last = actions.at(-1);
      return accept({
        actions: actions.map((one) => actionJson(one, Date.now())),
        nextCursor: isCut && last !== undefined ? actionCursor(last) : null,
      });
    },
  );

  route(
    {
      ...{ method: "get", path: "/api/actions/{id}", name: "showAction", tag: TAG },
      ...{ summary: "One bulk action and how far it is", role: "viewer", answer: action },
      problems: ["no_such_action"],
    },
    async ({ access, part }) => {
      const found = await findAction(visibleStores(stores, access), part("id"));
      return found.ok ? accept(actionJson(found.value.action, Date.now())) : found;
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/actions/{id}/stop", name: "stopAction", tag: TAG },
      ...{ summary: "Stops a bulk action at once", role: "operator" },
      description: "What it has done stays done. One that has ended stays so: `changed` is false.",
      answer: z.object({ ...actionFields, changed: z.boolean() }).openapi("StoppedAction"),
      page: ({ id }) => `/actions/${id}`,
      problems: ["no_such_action"],
    },
    async ({ access, by, part }) => {
      const found = await findAction(visibleStores(stores, access), part("id"));
      return found.ok ? stopAction(found.value, by) : found;
    },
  );
}

/**
 * The same request names the same action: by its Idempotency-Key; or by the page with the button,
 * the decision and the person, until that action was stopped.
 */
function requestOf(
  context: ApiContext,
  { key, what }: { readonly key: string | undefined; readonly what: ActionWhat },
): Pick<ActionRequest, "token" | "mayFollowStop"> {
  const header = context.req.header(KEY_HEADER);
  const { who } = context.get("access");
  if (header !== undefined) return { token: `${who}\n${header}` };
  if (key === undefined || key === "") return { token: randomUUID() };
  return { token: JSON.stringify(["page", key, who, what]), mayFollowStop: true };
}

function readWhat(body: z.output<typeof previewBody>): Result<ActionWhat> {
  const { reasons = [] } = body;
  if (body.kind === "retry") {
    const { codes = [] } = body;
    if (codes.length + reasons.length === 0 && body.all !== true) return refuseEmptyFilter();
    return accept({ kind: "retry", codes, reasons });
  }
  const { decision, olderThanMinutes, rows } = body;
  const isEmpty = reasons.length === 0 && olderThanMinutes === undefined && rows === undefined;
  if (isEmpty && body.all !== true) return refuseEmptyFilter();
  return accept({
    ...{ kind: "resolve", decision, reasons },
    olderThanMs: olderThanMinutes === undefined ? null : olderThanMinutes * 60_000,
    rows: rows?.map((one) => (typeof one === "number" ? [one, one] : one)) ?? null,
  });
}

/** A form of our pages; empty fields count as left out. */
function actionForm(fields: URLSearchParams): unknown {
  const given = (name: string) => fields.get(name)?.trim() || undefined;
  const number = (name: string) => {
    const text = given(name)?.replace(/[,\s]/g, "");
    return text === undefined || !/^\d{1,9}$/.test(text) ? text : Number(text);
  };
  const list = (name: string) => fields.getAll(name).filter((text) => text !== "");
  const optional: Readonly<Record<string, unknown>> = {
    name: given("name"),
    key: given("key"),
    expected: number("expected"),
    confirm: number("confirm"),
    decision: given("decision"),
    olderThanMinutes: number("olderThanMinutes"),
    all: fields.get("all") === "1" ? true : undefined,
    codes: list("code").map((text) => (/^\d{1,8}$/.test(text) ? Number(text) : text)),
    reasons: list("reason"),
  };
  const isGiven = (value: unknown) =>
    value !== undefined && (!Array.isArray(value) || value.length > 0);
  return {
    kind: given("kind"),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => isGiven(value))),
  };
}
