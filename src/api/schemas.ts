/** The shapes that several addresses share. Fields may be added to them; none is removed. */
import { z } from "@hono/zod-openapi";
import { CAMPAIGN_STATUSES, RATE_MAX, RATE_MIN } from "../core/campaign.ts";
import { STATE_NAMES, type State } from "../core/message.ts";
import { MODES } from "../core/mode.ts";

export const time = z
  .string()
  .openapi({ format: "date-time", example: "2026-12-01T09:00:00.000Z" });

export const campaignId = z.string().openapi({ example: "main-17" });

export const mode = z.enum(MODES).openapi({
  description: "`live`: real people get the messages. `sandbox`: no one does.",
});

export const state = z.enum(STATE_NAMES as [State, ...State[]]).openapi("State");

export const status = z.enum(CAMPAIGN_STATUSES).openapi("CampaignStatus");

/** One count for each state. */
const counts = z
  .object(
    Object.fromEntries(STATE_NAMES.map((name) => [name, z.int().nonnegative()])) as {
      [Name in State]: z.ZodInt;
    },
  )
  .openapi("Counts");

export const failure = z
  .object({
    code: z.int().openapi({ description: "WhatsApp's error code; 0 if there is none." }),
    reason: z.string().nullable(),
    title: z.string(),
    count: z.int(),
  })
  .openapi("FailureCount");

/** Of a shape with a name: `nullable` would leave out that it may be null in the document. */
export function orNull<T extends z.ZodType>(schema: T) {
  return z.union([schema, z.null()]);
}

export const suspension = z
  .object({
    code: z.int(),
    title: z.string(),
    advice: z.string(),
    at: time,
    campaign: z.string(),
  })
  .openapi("Suspension");

export const budget = z
  .object({ portfolio: z.string(), used: z.int(), limit: z.int(), nextAt: time.nullable() })
  .openapi("Budget", { description: "Different people that a portfolio wrote to in 24 hours." });

/** Messages a second. */
const pace = z
  .object({
    nowPerSecond: z.number().nullable(),
    fullPerSecond: z.number().nullable(),
    slowed: z.object({ share: z.number(), fullAt: z.string() }).nullable(),
    ramp: z
      .object({
        ...{ from: z.number(), to: z.number().nullable(), overSeconds: z.number() },
        ...{ startedAt: time.nullable(), fullAt: time.nullable() },
      })
      .nullable(),
    workersDiffer: z.object({ lowest: z.number(), highest: z.number() }).nullable(),
  })
  .openapi("Pace", { description: "How fast it may send now, and why not faster." });

/** Why outcomes may be missing. */
const webhookTroubles = {
  webhookSilence: z
    .object({ kind: z.enum(["none", "others"]), accepted: z.int(), since: time, last: time })
    .nullable(),
  wrongSignatures: z.array(
    z.object({ address: z.enum(["number", "shared"]), count: z.int(), lastAt: time }),
  ),
};

export const rollback = z
  .object({ noticedAt: time, wentBackTo: time, claimsLost: z.int().nullable() })
  .openapi("Rollback");

const trial = z
  .object({
    kind: z.enum(["canary", "probe", "first"]),
    size: z.int(),
    sent: z.int(),
    delivered: z.int(),
    failed: z.int(),
    needed: z.int().nullable().openapi({ description: "Null: they are not judged." }),
    until: time.nullable().openapi({ description: "Null: not all of them have left." }),
  })
  .openapi("Trial", { description: "Messages that go before the rest of the campaign." });

/** Null: off. */
const stopOn = z
  .object({
    failureShare: z.number().nullable(),
    sample: z.int(),
    sameCode: z.int().nullable(),
    category: z.int().nullable(),
  })
  .openapi("StopOn", { description: "At which outcomes it pauses by itself." });

const campaignFields = {
  id: campaignId,
  name: z.string(),
  number: z.string(),
  mode,
  category: z.string(),
  charged: z
    .record(z.string(), z.int())
    .openapi({ description: "Messages by the category that WhatsApp charged them in." }),
  stopOn,
  pool: z.string().nullable().openapi({ description: "The pool that it is a part of." }),
  file: z.string(),
  status,
  reason: z.string().nullable().openapi({ description: "Why it is paused or was refused." }),
  reasonCode: z.string().nullable(),
  rows: z.int(),
  counts,
  trial: trial.nullable(),
  errors: z.array(failure),
  ratePerSecond: z.number().nullable().openapi({ description: "Null: the rate of its number." }),
  capped: z
    .object({ putOff: z.int(), skipped: z.int(), until: time.nullable() })
    .openapi({ description: "Messages that a frequency cap put off or left out." }),
  createdAt: time,
  startAt: time.nullable(),
  delegatedTo: time.nullable(),
  endBy: time.nullable(),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  rowsDeletedAt: time.nullable(),
  stalled: z.string().nullable().openapi({ description: "Why none of it is being sent." }),
};

const children = z
  .array(
    z.object({
      ...{ id: campaignId, number: z.string(), status, reason: z.string() },
      ...{ rows: z.int(), counts },
    }),
  )
  .optional()
  .openapi({ description: "Of a pool: its campaigns, one for each number." });

export const listedCampaign = z.object({ ...campaignFields, children }).openapi("ListedCampaign");

export const campaign = z
  .object({
    ...campaignFields,
    children,
    now: z
      .object({
        kind: z.string(),
        words: z.string(),
        advice: z.string().nullable(),
        doneAt: time.nullable(),
      })
      .openapi({ description: "What it does now, why, and what waits, in a sentence." }),
    failures: z.array(
      failure.extend({ advice: z.string(), firstAt: time.nullable(), lastAt: time.nullable() }),
    ),
    halt: orNull(suspension),
    rollback: orNull(rollback),
    pace,
    budget: budget.nullable(),
    waitsForBudget: time.nullable(),
    ...webhookTroubles,
  })
  .openapi("Campaign");

export const message = z
  .object({
    row: z.int().openapi({ description: "From 1, without the header." }),
    listRow: z.int().nullable().openapi({
      description: "Its row in the imported list: another one only in a campaign of a pool.",
    }),
    state,
    to: z.string().nullable().openapi({ description: "Masked: the beginning and the end." }),
    attempt: z.int(),
    code: z.int().nullable(),
    title: z.string().nullable(),
    times: z.record(z.string(), time),
  })
  .openapi("Message");

export const rampUp = z
  .object({ from: z.number(), to: z.number().nullable(), overMs: z.int() })
  .nullable()
  .openapi({ description: "Null: there is none, or it ended when a rate was set." });

/** Messages a second; null: the rate that applies without this one. */
export const ratePerSecond = z.number().min(RATE_MIN).max(RATE_MAX).nullable();

/** Exactly one of the two. */
export const rateBody = z
  .strictObject({
    ratePerSecond: ratePerSecond.optional(),
    reset: z.literal(true).optional().openapi({
      description: "Back to what the campaign file or the configuration says.",
    }),
  })
  .refine((body) => (body.ratePerSecond === undefined) === (body.reset === true));

/** Where to go on reading. */
export const cursor = z.string().max(200).openapi({
  description: "`next` of the page before; left out: the first page.",
});

export const nextCursor = z.string().nullable().openapi({
  description: "Give it as `cursor` to get the next page; null: this is the last.",
});
