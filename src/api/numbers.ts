import { z } from "@hono/zod-openapi";
import { budgetJson } from "../campaigns/budget.ts";
import type { Stores } from "../campaigns/find.ts";
import { setNumberRate } from "../campaigns/rate.ts";
import { isoTime } from "../core/format.ts";
import { accept } from "../core/refusal.ts";
import { refuseUnknownNumber } from "../core/unknown-number.ts";
import { rollbackJson, suspensionJson } from "../export/campaign-json.ts";
import { backoffJson } from "../export/number-words.ts";
import { readNumberFacts } from "../health/facts.ts";
import { allowedNow } from "../health/number-facts-words.ts";
import { type NumberStore, numberRate, type Presence } from "../store/index.ts";
import { type Access, visibleStores } from "./access.ts";
import type { Router } from "./route.ts";
import { budget, orNull, rateBody, ratePerSecond, rollback, suspension, time } from "./schemas.ts";

const TAG = "Numbers";

const presence = z.object({
  running: z.boolean(),
  lastSeenSeconds: z.int().nullable().openapi({ description: "Null: not in the last hour." }),
});

const ageMs = z.int().nullable();

const numberJson = z
  .object({
    number: z.string(),
    ratePerSecond: z.number().nullable().openapi({ description: "In force; null: not known." }),
    allowedPerSecond: z.number().nullable().openapi({
      description:
        "What it may send now: less after an answer of too fast, 0 while it stands still.",
    }),
    usedPerSecond: z.number().openapi({ description: "In the last minute or two." }),
    setRatePerSecond: z.number().nullable().openapi({ description: "Set by a person." }),
    backoff: z.object({ until: time, reason: z.string().nullable() }).nullable(),
    halt: orNull(suspension),
    rollback: orNull(rollback),
    isSettling: z.boolean().openapi({ description: "Redis was restarted a moment ago." }),
    campaigns: z.object({ live: z.int(), total: z.int() }),
    pending: z.int().openapi({ description: "Messages of live campaigns that wait." }),
    oldest: z
      .object({ dueMs: ageMs, sendingMs: ageMs, unknownMs: ageMs })
      .openapi({ description: "How long the oldest message of each kind has been so." }),
    budget: orNull(budget),
    claims: z.int().openapi({ description: "The claim counter: it never decreases." }),
    workers: presence,
    webhooks: presence,
    lastWebhookAt: time.nullable(),
    unmatchedStatusEvents: z.int(),
  })
  .openapi("Number");

/** The sending numbers: what they may do now, and how fast. */
export function addNumbers({ route }: Router, { stores }: { readonly stores: Stores }): void {
  const storeOf = (access: Access, name: string): NumberStore | undefined => {
    const visible = visibleStores(stores, access);
    return Object.hasOwn(visible, name) ? visible[name] : undefined;
  };

  route(
    {
      ...{ method: "get", path: "/api/numbers", name: "listNumbers", tag: TAG },
      ...{ summary: "Every number of this deployment", role: "viewer", problems: [] },
      answer: z.object({ numbers: z.array(numberJson) }),
    },
    async ({ access }) => {
      const visible = Object.values(visibleStores(stores, access));
      return accept({ numbers: await Promise.all(visible.map(readNumber)) });
    },
  );

  route(
    {
      ...{ method: "get", path: "/api/numbers/{number}", name: "showNumber", tag: TAG },
      ...{ summary: "One number", role: "viewer", answer: numberJson },
      problems: ["number_unknown"],
    },
    async ({ access, part }) => {
      const name = part("number");
      const store = storeOf(access, name);
      return store === undefined
        ? refuseUnknownNumber(name, Object.keys(visibleStores(stores, access)))
        : accept(await readNumber(store));
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/numbers/{number}/rate", name: "setNumberRate", tag: TAG },
      ...{ summary: "Changes how fast all its campaigns together are sent", role: "operator" },
      description:
        "`ratePerSecond`: messages a second over all workers. Null, or `reset`: the configured rate.",
      ...{ body: rateBody, answer: z.object({ number: z.string(), ratePerSecond }) },
      problems: ["dashboard_body_invalid", "number_unknown"],
    },
    async ({ access, by, part, body }) => {
      const name = part("number");
      const store = storeOf(access, name);
      return store === undefined
        ? refuseUnknownNumber(name, Object.keys(visibleStores(stores, access)))
        : setNumberRate(store, body.ratePerSecond ?? null, by);
    },
  );
}

async function readNumber(store: NumberStore) {
  const facts = await readNumberFacts(store);
  const {
    pace,
    suspension: its,
    rollback: back,
    budget: people,
    ages,
    oldest,
    vitals,
    stats,
    live,
  } = facts;
  return {
    number: store.number,
    ratePerSecond: numberRate(pace, null),
    allowedPerSecond: allowedNow(facts),
    usedPerSecond: vitals.usedPerSecond,
    setRatePerSecond: pace.ratePerSecond,
    backoff: backoffJson(pace),
    halt: suspensionJson(its),
    rollback: rollbackJson(back),
    isSettling: facts.isSettling,
    campaigns: { live: live.length, total: facts.campaigns },
    pending: live.reduce((sum, { counts }) => sum + counts.pending, 0),
    oldest: { dueMs: oldest.pending, sendingMs: oldest.sending, unknownMs: ages.unknown },
    budget: budgetJson({ now: people, waitsUntilMs: null }).budget,
    claims: vitals.claims,
    workers: presenceJson(facts.workers),
    webhooks: presenceJson(facts.receivers),
    lastWebhookAt: isoTime(stats.lastWebhookAt),
    unmatchedStatusEvents: stats.orphans,
  };
}

function presenceJson({ isLive, lastSeenMs }: Presence) {
  const lastSeenSeconds = lastSeenMs === null ? null : Math.round(lastSeenMs / 1_000);
  return { running: isLive, lastSeenSeconds };
}
