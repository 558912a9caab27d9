import { z } from "@hono/zod-openapi";
import type { Stores } from "../campaigns/find.ts";
import { messagesTo } from "../campaigns/person-messages.ts";
import { findById, findMessage } from "../campaigns/search.ts";
import { accept, refuse } from "../core/refusal.ts";
import { foundMessageJson, messageDetailJson } from "../export/message-json.ts";
import { createPhoneReader } from "../producer/phones/phone-reader.ts";
import { visibleStores } from "./access.ts";
import { readPhones } from "./opt-outs.ts";
import type { Router } from "./route.ts";
import { campaignId, cursor, message, nextCursor, time } from "./schemas.ts";

const TAG = "Messages";

const findBody = z.union([
  z.strictObject({
    phone: z.string().max(64),
    country: z.string().length(2).optional(),
    cursor: cursor.optional(),
  }),
  z.strictObject({
    wamid: z.string().min(1).max(255).openapi({
      description: "The id of any attempt, from the API or from a webhook; known for 40 days.",
    }),
  }),
]);

const foundJson = z.object({
  messages: z.array(message.extend({ campaign: campaignId })),
  next: nextCursor,
  unindexed: z.int().openapi({
    description: "Campaigns older than the index of people, whose rows were read one by one.",
  }),
});

const messageEvent = z.object({
  what: z.string(),
  at: time,
  attempt: z.int().nullable(),
  code: z.int().nullable(),
  reason: z.string().nullable(),
  http: z.int().nullable().openapi({
    description: "The status of the API's answer; null: there was none, or it was not kept.",
  }),
  words: z.string(),
});

const timelineJson = message
  .extend({
    campaign: campaignId,
    answer: z.string().openapi({ description: "What happened to it, in a sentence or two." }),
    reason: z.string().nullable().openapi({ description: "Why it is unknown, or failed." }),
    tries: z.int().openapi({ description: "Tries in a row that did not leave." }),
    marks: z.array(z.string()).openapi({
      description: "As `maybeDuplicate`, `decided` (by a person), `retried`, `doubleWamid`.",
    }),
    unknownSince: time.nullable(),
    timeline: z.array(z.object({ what: z.string(), at: time })).openapi({
      description: "The times of its last attempt.",
    }),
    events: z.array(messageEvent).openapi({
      description: "All that is known of it: attempts, status events, and what people decided.",
    }),
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
      ...{ summary: "Messages to one person, or the message with an id", role: "viewer" },
      description:
        "It changes nothing; it is a POST because an address, which proxies log, must not hold a phone number. Messages of the newest campaign come first.",
      ...{ body: findBody, answer: foundJson },
      problems: [
        ...(["dashboard_body_invalid", "phone_unreadable", "no_such_campaign"] as const),
        ...(["campaign_other_mode", "rows_deleted", "no_such_row"] as const),
        ...(["search_nothing_found"] as const),
      ],
    },
    async ({ access, body }) => {
      const visible = visibleStores(stores, access);
      if ("wamid" in body) {
        const found = (await findById(visible, body.wamid)) ?? refuseId();
        if (!found.ok) return found;
        return accept({ messages: [foundMessageJson(found.value)], next: null, unindexed: 0 });
      }
      const read = readPhones([body.phone], body.country ?? deps.country);
      if (!read.ok) return read;
      const [store] = Object.values(visible);
      if (store === undefined) return accept({ messages: [], next: null, unindexed: 0 });
      const person = store.people.person(read.value[0] ?? "");
      const found = await messagesTo(visible, person, body.cursor);
      if (!found.ok) return found;
      const { messages, next, unindexed } = found.value;
      return accept({ messages: messages.map(foundMessageJson), next, unindexed });
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
      const row = /^[1-9]\d{0,9}$/.test(part("row")) ? Number(part("row")) : 0;
      const found = await findMessage(visibleStores(stores, access), part("id"), row);
      if (!found.ok) return found;
      const { campaign, store } = found.value;
      const history = await store.rowHistory(campaign.id, row);
      return accept(messageDetailJson({ ...found.value, history }));
    },
  );
}

/** `country`: of phones without a country code; null: there is none. */
export function phoneReader(country: string | null): (text: string) => string | null {
  const read = createPhoneReader(country);
  return (text) => {
    const phone = read(text);
    return phone.ok ? phone.digits : null;
  };
}

function refuseId() {
  return refuse(
    "search_nothing_found",
    "No message with this id is known.",
    "Ids are known for 40 days after WhatsApp last reported one. Find it by the phone number.",
  );
}
