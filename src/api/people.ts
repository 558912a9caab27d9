import { z } from "@hono/zod-openapi";
import { type FoundCampaign, findCampaign, findRows, type Stores } from "../campaigns/find.ts";
import { isoTime } from "../core/format.ts";
import { reasonName } from "../core/reasons.ts";
import { foldPhone } from "../core/recipient.ts";
import { accept, refuse } from "../core/refusal.ts";
import type { CampaignRow } from "../store/index.ts";
import { visibleStores } from "./access.ts";
import { messageJson } from "./message-json.ts";
import { readPhones } from "./opt-outs.ts";
import type { Router } from "./route.ts";
import { campaignId, cursor, message, nextCursor, time } from "./schemas.ts";

const TAG = "Messages";

/** The newest campaigns of each number that are looked through. */
const CAMPAIGNS_MAX = 200;
/** About half a second of reading; a larger campaign is read to its end all the same. */
const ROWS_A_REQUEST = 300_000;

const findBody = z.strictObject({
  phone: z.string().max(64),
  country: z.string().length(2).optional(),
  cursor: cursor.optional(),
});

const foundJson = z.object({
  messages: z.array(message.extend({ campaign: campaignId })),
  next: nextCursor,
});

const timelineJson = message
  .extend({
    campaign: campaignId,
    reason: z.string().nullable().openapi({ description: "Why it is unknown, or failed." }),
    tries: z.int().openapi({ description: "Tries in a row that did not leave." }),
    marks: z.array(z.string()).openapi({
      description: "As `maybeDuplicate`, `decided` (by a person), `retried`, `doubleWamid`.",
    }),
    unknownSince: time.nullable(),
    timeline: z.array(z.object({ what: z.string(), at: time })),
  })
  .openapi("MessageTimeline");

/** The messages of one person, and what happened to one message. */
export function addPeople(
  { route }: Router,
  deps: { readonly stores: Stores; readonly country: string | null },
): void {
  const { stores } = deps;

  route(
    {
      ...{ method: "post", path: "/api/messages/find", name: "findMessages", tag: TAG },
      ...{ summary: "Messages to one person, of the newest campaigns", role: "viewer" },
      description: `It changes nothing; it is a POST because an address, which proxies log, must not hold a phone number. It looks through the newest ${CAMPAIGNS_MAX} campaigns of each number, some a request.`,
      ...{ body: findBody, answer: foundJson },
      problems: ["dashboard_body_invalid", "phone_unreadable", "no_such_campaign"],
    },
    async ({ access, body }) => {
      const visible = visibleStores(stores, access);
      const read = readPhones([body.phone], body.country ?? deps.country);
      if (!read.ok) return read;
      const [phone = ""] = read.value;
      const campaigns = await newestCampaigns(visible);
      const from =
        body.cursor === undefined
          ? 0
          : campaigns.findIndex(({ campaign }) => campaign.id === body.cursor);
      if (from < 0) {
        const found = await findCampaign(visible, body.cursor ?? "");
        return found.ok ? accept({ messages: [], next: null }) : found;
      }
      return accept(await findMessages(campaigns.slice(from), phone));
    },
  );

  route(
    {
      ...{ method: "get", path: "/api/campaigns/{id}/messages/{row}", name: "showMessage" },
      ...{ tag: TAG, summary: "What happened to one message", role: "viewer" },
      answer: timelineJson,
      problems: ["no_such_campaign", "campaign_other_mode", "rows_deleted", "no_such_row"],
    },
    async ({ access, part }) => {
      const found = await findRows(visibleStores(stores, access), part("id"));
      if (!found.ok) return found;
      const { campaign, store } = found.value;
      const row = /^[1-9]\d{0,9}$/.test(part("row")) ? Number(part("row")) : 0;
      const one = row === 0 ? undefined : await store.rows.one(campaign.id, row);
      if (one === undefined) {
        return refuse(
          "no_such_row",
          `${campaign.id} has no such row.`,
          `Rows are counted from 1 to ${campaign.rows}, without the header.`,
        );
      }
      return accept({ campaign: campaign.id, ...messageJson(one), ...historyOf(one) });
    },
  );
}

/** Newest first, over all numbers. */
async function newestCampaigns(stores: Stores): Promise<FoundCampaign[]> {
  const each = await Promise.all(
    Object.values(stores).map(async (store) =>
      (await store.campaigns.list({ max: CAMPAIGNS_MAX })).map((campaign) => ({ campaign, store })),
    ),
  );
  return each.flat().sort((a, b) => b.campaign.createdAt - a.campaign.createdAt);
}

async function findMessages(campaigns: readonly FoundCampaign[], phone: string) {
  const wanted = foldPhone(phone);
  const messages: (ReturnType<typeof messageJson> & { campaign: string })[] = [];
  let rows = 0;
  for (const { campaign, store } of campaigns) {
    if (rows >= ROWS_A_REQUEST) return { messages, next: campaign.id };
    const { id } = campaign;
    if (campaign.rowsDeletedAt !== null) continue;
    rows += campaign.rows;
    for await (const people of store.people.ofCampaign(id, campaign.rows)) {
      for (const person of people) {
        if (foldPhone(person.phone) !== wanted) continue;
        const one = await store.rows.one(id, person.row);
        if (one !== undefined) messages.push({ campaign: id, ...messageJson(one) });
      }
    }
  }
  return { messages, next: null };
}

/** The times of a message in their order; `due` is when it may be tried next. */
function historyOf({ value, state, unknownSince }: CampaignRow) {
  const { reason, tries, flags, times } = value;
  const timeline = Object.entries(times)
    .map(([what, at]) => ({ what, at }))
    .sort((a, b) => a.at - b.at)
    .map(({ what, at }) => ({ what, at: isoTime(at) }));
  const isExplained = state === "unknown" || state === "failed" || state === "suppressed";
  return {
    reason: isExplained && reason !== 0 ? (reasonName(reason) ?? null) : null,
    ...{ tries, marks: [...flags], unknownSince: isoTime(unknownSince), timeline },
  };
}
