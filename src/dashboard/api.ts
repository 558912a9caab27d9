import { type Context, Hono } from "hono";
import { z } from "zod";
import { controlCampaign } from "../campaigns/control.ts";
import { type FoundCampaign, findCampaign, findRows, type Stores } from "../campaigns/find.ts";
import { readObstacles, readOverview, stallIn } from "../campaigns/overview.ts";
import { retryCampaign } from "../campaigns/retry.ts";
import { STATE_NAMES, type State } from "../core/message.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { campaignJson, haltJson, rollbackJson } from "../export/campaign-json.ts";
import { toProblem } from "../http/problem.ts";
import { batchesOf, batchOfRow } from "../store/index.ts";
import { type Answer, wantsPage } from "./answer.ts";
import { messageJson } from "./message-json.ts";

/** The most batches one request for messages reads, so that a rare state cannot delay it. */
const BATCHES_READ_MAX = 100;

/**
 * The API of the dashboard. A write from a form of our pages is answered with the campaign's page
 * (303), so that everything works without a script.
 */
export function createApi(input: { stores: Stores; answer: Answer }): Hono {
  const { stores, answer } = input;
  const no = (context: Context, refused: Refused) => answer(context, toProblem(refused));
  const done = (context: Context, result: Result<{ readonly id: string }>) => {
    if (!result.ok) return no(context, result);
    if (wantsPage(context)) return context.redirect(`/campaigns/${result.value.id}`, 303);
    return context.json(result.value);
  };
  const api = new Hono();

  api.get("/api/campaigns", async (context) => {
    const query = pageQuery.safeParse(context.req.query());
    if (!query.success) return no(context, queryInvalid(query.error));
    const { page, limit: size } = query.data;
    const overview = await readOverview(stores, { page, size });
    return context.json({
      campaigns: overview.campaigns.map((campaign) => ({
        ...campaignJson(campaign),
        stalled: stallIn(overview, campaign),
      })),
      total: overview.total,
      next: page * size < overview.total ? page + 1 : null,
      rollbacks: overview.rollbacks.map(({ number, rollback }) => ({
        number,
        ...rollbackJson(rollback),
      })),
      halts: overview.halts.map(({ number, halt }) => ({ number, ...haltJson(halt) })),
    });
  });

  api.get("/api/campaigns/:id", async (context) => {
    const found = await findCampaign(stores, context.req.param("id"));
    if (!found.ok) return no(context, found);
    const { campaign } = found.value;
    const { halt, rollback, stall } = await readObstacles(found.value);
    return context.json({
      ...campaignJson(campaign),
      stalled: stall ?? null,
      halt: haltJson(halt),
      rollback: rollbackJson(rollback),
    });
  });

  for (const verb of ["pause", "resume", "cancel"] as const) {
    api.post(`/api/campaigns/:id/${verb}`, async (context) => {
      const found = await findCampaign(stores, context.req.param("id"));
      return done(context, found.ok ? await controlCampaign(found.value, verb) : found);
    });
  }

  api.post("/api/campaigns/:id/retry", async (context) => {
    const codes = await retryCodes(context);
    if (!codes.ok) return no(context, codes);
    const found = await findCampaign(stores, context.req.param("id"));
    if (!found.ok) return no(context, found);
    return done(context, await retryCampaign(found.value, { codes: codes.value, mode: "send" }));
  });

  api.get("/api/campaigns/:id/messages", async (context) => {
    const query = messagesQuery.safeParse(context.req.query());
    if (!query.success) return no(context, queryInvalid(query.error));
    const found = await findRows(stores, context.req.param("id"));
    if (!found.ok) return no(context, found);
    return context.json(await readMessages(found.value, query.data));
  });

  return api;
}

const pageQuery = z.strictObject({
  page: z.coerce.number().int().min(1).max(9_999).default(1),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

const messagesQuery = z.strictObject({
  state: z.enum(STATE_NAMES as [State, ...State[]]).optional(),
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/**
 * Messages after row `after`, in list order. `next` is the `after` of the next page, null at the
 * end; a page may have fewer than `limit`, or none, and still have a next one.
 */
async function readMessages(
  { campaign, store }: FoundCampaign,
  { state, after, limit }: z.output<typeof messagesQuery>,
) {
  const messages: ReturnType<typeof messageJson>[] = [];
  const first = batchOfRow(after + 1);
  const end = Math.min(batchesOf(campaign.rows), first + BATCHES_READ_MAX);
  let seen = after;
  for (let batch = first; batch < end; batch++) {
    for (const row of await store.rows.batch(campaign.id, batch)) {
      if (row.row <= after) continue;
      if (messages.length === limit) return { messages, next: seen };
      seen = row.row;
      if (state === undefined || row.state === state) messages.push(messageJson(row));
    }
  }
  return { messages, next: seen < campaign.rows ? seen : null };
}

const retryBody = z.strictObject({ codes: z.array(z.number().int().nonnegative()).min(1) });

/** The codes to retry: JSON `{codes: [..]}`, or `code` fields of a form; without a body, all. */
async function retryCodes(context: Context): Promise<Result<ReadonlySet<number>>> {
  const type = context.req.header("content-type") ?? "";
  if (type.startsWith("application/x-www-form-urlencoded")) {
    const texts = new URLSearchParams(await context.req.text()).getAll("code");
    return texts.every((text) => /^\d{1,8}$/.test(text))
      ? accept(new Set(texts.map(Number)))
      : bodyInvalid();
  }
  const text = await context.req.text();
  if (text === "") return accept(new Set());
  const body = retryBody.safeParse(jsonOf(text));
  return body.success ? accept(new Set(body.data.codes)) : bodyInvalid();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: no schema accepts it.
    return undefined;
  }
}

function bodyInvalid(): Refused {
  return refuse(
    "dashboard_body_invalid",
    "The body does not specify which failed messages to send again.",
    'Send {"codes": [131026]} as JSON, or no body for all of them.',
  );
}

function queryInvalid(error: z.ZodError): Refused {
  const names = error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys : issue.path,
  );
  return refuse(
    "dashboard_query_invalid",
    `The query is not valid: ${names.map((name) => String(name).slice(0, 40)).join(", ")}.`,
    `Messages take state (one of ${STATE_NAMES.join(", ")}), after (a row) and limit (up to 1000); campaigns page (from 1) and limit.`,
  );
}
