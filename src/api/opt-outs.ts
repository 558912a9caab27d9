import { z } from "@hono/zod-openapi";
import { addToList, removeFromList } from "../campaigns/opt-outs.ts";
import { REMOVAL_NAMES } from "../core/act.ts";
import { SCOPES } from "../core/category.ts";
import { isoTime } from "../core/format.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { createPhoneReader } from "../producer/phones/phone-reader.ts";
import {
  type ActLog,
  type KnownOptOut,
  OPT_OUT_CURSOR,
  OPT_OUT_ORIGINS,
  type Suppressions,
} from "../store/index.ts";
import { RIGHTS } from "./access.ts";
import type { Router } from "./route.ts";
import { cursor, nextCursor, orNull, time } from "./schemas.ts";

const TAG = "Opt-outs";

export interface OptOutDeps {
  /** The deployment's list; opened when first needed. */
  readonly suppressions: () => Promise<Suppressions>;
  /** Of phones without a country code; null: they are refused. */
  readonly country: string | null;
  readonly acts: Pick<ActLog, "begin" | "end">;
}

const scope = z.enum(SCOPES).openapi({ description: "`all`, or `marketing` messages only." });
const phones = z
  .array(z.string().max(64))
  .min(1)
  .max(1_000)
  .openapi({
    example: ["+48 600 700 800"],
  });
const country = z.string().length(2).optional();

const listQuery = z.strictObject({
  cursor: cursor.regex(OPT_OUT_CURSOR).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

const optOutJson = z
  .object({
    phone: z.string().nullable().openapi({ description: "Null: the person was erased." }),
    scope: z
      .enum(SCOPES)
      .nullable()
      .openapi({ description: "`all`, or `marketing` messages only; null: it was removed." }),
    origin: z
      .enum(OPT_OUT_ORIGINS)
      .nullable()
      .openapi({ description: "`whatsapp` (131050), by `hand`, or by `import`; null: not noted." }),
    who: z.string().openapi({ description: "Who added it; may be empty." }),
    source: z.string().openapi({ description: "May be a campaign and what it was told." }),
    at: time,
  })
  .openapi("OptOut");

const listJson = z.object({ optOuts: z.array(optOutJson), next: nextCursor });

const findBody = z.strictObject({ phone: z.string().min(1).max(64), country });

const countsJson = z.object({
  ...{ whatsapp: z.int(), hand: z.int(), import: z.int() },
  earlier: z.int().openapi({ description: "At most so many from before origins were noted." }),
});

const addBody = z.strictObject({
  ...{ phones, scope: scope.default("all"), source: z.string().max(100).default("HTTP API") },
  country,
});

const removeBody = z.strictObject({
  ...{ phones, country },
  reason: z.enum(REMOVAL_NAMES).optional().openapi({ description: "Why, for the audit." }),
});

/** Who must not be messaged. Phones are in the body of a request, never in its address. */
export function addOptOuts({ route }: Router, deps: OptOutDeps): void {
  const { acts } = deps;

  route(
    {
      ...{ method: "get", path: "/api/opt-outs", name: "listOptOuts", tag: TAG },
      ...{ summary: "People who must not be messaged", ...RIGHTS.listOptOuts },
      ...{ query: listQuery, answer: listJson, problems: ["dashboard_query_invalid"] },
    },
    async ({ query }) => {
      const page = await (await deps.suppressions()).page(Number(query.cursor ?? 0), query.limit);
      return accept({
        optOuts: page.entries.map(toJson),
        next: page.next === null ? null : String(page.next),
      });
    },
  );

  route(
    {
      ...{ method: "get", path: "/api/opt-outs/counts", name: "countOptOuts", tag: TAG },
      ...{ summary: "How many people are on the list, by origin", ...RIGHTS.listOptOuts },
      ...{ answer: countsJson, problems: [] },
    },
    async () => accept(await (await deps.suppressions()).counts()),
  );

  route(
    {
      ...{ method: "post", path: "/api/opt-outs/find", name: "findOptOut", tag: TAG },
      ...{ summary: "What is known of one person", ...RIGHTS.findOptOut, body: findBody },
      description: "Limited to some numbers you get no `origin`, `who` and `source`.",
      answer: z.object({ optOut: orNull(optOutJson) }),
      problems: ["dashboard_body_invalid", "phone_unreadable"],
    },
    async ({ access, body }) => {
      const read = readPhones([body.phone], body.country ?? deps.country);
      if (!read.ok) return read;
      const found = await (await deps.suppressions()).find(read.value[0] ?? "");
      if (found === undefined) return accept({ optOut: null });
      return accept({ optOut: toJson(access.numbers === null ? found : withoutSource(found)) });
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/opt-outs", name: "addOptOuts", tag: TAG },
      ...{
        summary: "Adds people; from the answer on no number messages them",
        ...RIGHTS.addOptOuts,
      },
      body: addBody,
      problems: ["dashboard_body_invalid", "phone_unreadable", "redis_replicas_behind"],
      answer: z.object({ added: z.int(), unchanged: z.int(), scope }),
    },
    async ({ by, body }) => {
      const read = readPhones(body.phones, body.country ?? deps.country);
      if (!read.ok) return read;
      const suppressions = await deps.suppressions();
      const given = { phones: read.value, scope: body.scope, source: body.source };
      const done = await addToList({ suppressions, acts, by }, given);
      return done.ok ? accept({ ...done.value, scope: body.scope }) : done;
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/opt-outs/remove", name: "removeOptOuts", tag: TAG },
      ...{ summary: "Removes people: they may be messaged again", ...RIGHTS.removeOptOuts },
      body: removeBody,
      problems: ["dashboard_body_invalid", "phone_unreadable"],
      answer: z.object({ removed: z.int(), absent: z.int() }),
    },
    async ({ by, body }) => {
      const read = readPhones(body.phones, body.country ?? deps.country);
      if (!read.ok) return read;
      const suppressions = await deps.suppressions();
      const given = { phones: read.value, reason: body.reason ?? null };
      return removeFromList({ suppressions, acts, by }, given);
    },
  );
}

/** The source may name a campaign of a number that the reader does not see. */
function withoutSource(found: KnownOptOut): KnownOptOut {
  return { ...found, origin: null, who: "", source: "" };
}

function toJson({ phone, scope: of, origin, who, source, at }: KnownOptOut) {
  const shown = phone === null ? null : `+${phone}`;
  return { phone: shown, scope: of, origin, who, source, at: isoTime(at) };
}

/** The phones as digits; refuses an unreadable one by its place, never by what it says. */
export function readPhones(given: readonly string[], of: string | null): Result<readonly string[]> {
  const readPhone = createPhoneReader(of);
  const digits: string[] = [];
  for (const [index, text] of given.entries()) {
    const phone = readPhone(text);
    if (!phone.ok) {
      return refuse(
        "phone_unreadable",
        `Phone number ${index + 1} of the request cannot be read. Nothing was changed.`,
        'Write it with its country code, as in "+48 600 700 800", or give `country`.',
      );
    }
    digits.push(phone.digits);
  }
  return accept(digits);
}
