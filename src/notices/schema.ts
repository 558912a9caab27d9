import { z } from "zod";
import { STATE_NAMES } from "../core/message.ts";
import { MODES } from "../core/mode.ts";
import { EVENT_TYPES, TEST_EVENT } from "../core/notice.ts";

/**
 * What endpoints are told. docs/webhook-events.schema.json is made from it, and receivers rely on
 * it: fields are added, none is renamed or removed.
 */

const time = z.iso.datetime();

const failedRow = z.object({
  row: z.int().min(1).describe("As in `dropcast export`, from 1."),
  code: z.int().describe("WhatsApp's error code; 0: it gave none."),
  cause: z.string().describe("The same in words."),
  at: time,
});

const data = z.object({
  number: z.string().describe("The sending number, as it is named in the configuration."),
  mode: z.enum(MODES),
  campaign: z
    .string()
    .optional()
    .describe("Its id. Of number.…: the campaign by which it was noticed or released."),
  name: z.string().nullable().optional().describe("null: it was deleted meanwhile."),
  status: z.string().optional().describe("After the event."),
  reasonCode: z.string().nullable().optional().describe("Why, as a stable code."),
  reason: z.string().nullable().optional().describe("Why, in words."),
  advice: z.string().nullable().optional().describe("What to do about it."),
  rows: z.int().nullable().optional().describe("Rows of the list."),
  counts: z
    .object(Object.fromEntries(STATE_NAMES.map((state) => [state, z.int()])))
    .nullable()
    .optional()
    .describe("Rows by state, when the event was prepared."),
  failed: z.array(failedRow).min(1).max(100).optional().describe("Of message.failed. No phones."),
});

export const webhookEvent = z.object({
  type: z.enum([...EVENT_TYPES, TEST_EVENT]),
  timestamp: time.describe("When it happened."),
  data,
});

export type WebhookEvent = z.output<typeof webhookEvent>;
