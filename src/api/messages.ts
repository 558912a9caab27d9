import { z } from "@hono/zod-openapi";
import { type FoundCampaign, findRows, type Stores } from "../campaigns/find.ts";
import { accept } from "../core/refusal.ts";
import { messageJson } from "../export/message-json.ts";
import {
  BATCH_ROWS,
  batchesOf,
  batchOfRow,
  type CampaignRow,
  rowInBatch,
  withListRows,
} from "../store/index.ts";
import { visibleStores } from "./access.ts";
import type { Router } from "./route.ts";
import { message, state } from "./schemas.ts";

const TAG = "Messages";

/** The most batches one request for messages reads, so that a rare state cannot delay it. */
const BATCHES_READ_MAX = 100;

const messagesQuery = z.strictObject({
  state: state.optional(),
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

const messagesJson = z.object({
  messages: z.array(message),
  next: z.int().nullable().openapi({ description: "The `after` of the next page; null: the end." }),
});

/** The messages of a campaign, without personal data. */
export function addMessages({ route }: Router, { stores }: { readonly stores: Stores }): void {
  route(
    {
      ...{ method: "get", path: "/api/campaigns/{id}/messages", name: "listMessages", tag: TAG },
      ...{ summary: "Messages in list order, of one state or all", role: "viewer" },
      description: "A page may have fewer than `limit`, or none, and still have a next one.",
      ...{ query: messagesQuery, answer: messagesJson },
      problems: [
        ...(["dashboard_query_invalid", "no_such_campaign"] as const),
        ...(["campaign_other_mode", "rows_deleted"] as const),
      ],
    },
    async ({ access, part, query }) => {
      const found = await findRows(visibleStores(stores, access), part("id"));
      return found.ok ? accept(await readMessages(found.value, query)) : found;
    },
  );
}

/** Messages after row `after`, in list order. */
async function readMessages(found: FoundCampaign, query: z.output<typeof messagesQuery>) {
  const { campaign, store } = found;
  const { state: wanted, after, limit } = query;
  if (wanted === "unknown" && campaign.counts.unknown <= UNKNOWN_KNOWN_MAX) {
    return readUnknown(found, query);
  }
  const rows: CampaignRow[] = [];
  const toJson = async () => (await withListRows(store.pools, campaign, rows)).map(messageJson);
  const first = batchOfRow(after + 1);
  // Its rows are those of the list, also if a campaign with some of them is gone.
  const length = found.pool === undefined ? campaign.rows : await store.pools.length(campaign.id);
  const end = Math.min(batchesOf(length), first + BATCHES_READ_MAX);
  let seen = after;
  for (let batch = first; batch < end; batch++) {
    for (const row of await store.rows.batch(campaign.id, batch)) {
      if (row.row <= after) continue;
      if (rows.length === limit) return { messages: await toJson(), next: seen };
      seen = row.row;
      if (wanted === undefined || row.state === wanted) rows.push(row);
    }
  }
  const passed = rowInBatch(end - 1, BATCH_ROWS - 1);
  return { messages: await toJson(), next: passed < length ? passed : null };
}

/** Fewer are found by their own set; of more, every page of the list has some. */
const UNKNOWN_KNOWN_MAX = 10_000;

async function readUnknown(
  { campaign, store }: FoundCampaign,
  { after, limit }: z.output<typeof messagesQuery>,
) {
  const { id } = campaign;
  const all = (await store.campaigns.unknownRows(id)).filter((row) => row > after);
  const wanted = new Set(all.slice(0, limit));
  const batches = [...new Set([...wanted].map(batchOfRow))];
  const rows = await Promise.all(batches.map((batch) => store.rows.batch(id, batch)));
  const found = rows.flat().filter(({ row, state: its }) => wanted.has(row) && its === "unknown");
  const messages = (await withListRows(store.pools, campaign, found)).map(messageJson);
  return { messages, next: all.length > limit ? (all[limit - 1] ?? null) : null };
}
