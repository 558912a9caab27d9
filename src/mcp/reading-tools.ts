import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { type AskApi, asResult } from "./api-client.ts";

const campaign = z
  .string()
  .regex(/^[\w-][\w.-]{0,79}$/)
  .describe("A campaign's id, as in main-17.");
const cursor = z
  .string()
  .max(300)
  .optional()
  .describe("`nextCursor` or `next` of the page before.");

/** Tools that change nothing. The API masks phone numbers and gives no wamid. */
export function addReadingTools(server: McpServer, ask: AskApi): void {
  const read = <Shape extends z.ZodRawShape>(
    name: string,
    description: string,
    inputSchema: z.ZodObject<Shape>,
    pathOf: (input: z.output<z.ZodObject<Shape>>) => string,
  ) =>
    server.registerTool(
      name,
      { description, inputSchema, annotations: { readOnlyHint: true, openWorldHint: false } },
      async (input) => asResult(await ask({ path: pathOf(input as z.output<z.ZodObject<Shape>>) })),
    );

  read(
    "list_campaigns",
    "Campaigns, newest first: state, reason, counts by state of their messages.",
    z.strictObject({ limit: z.int().min(1).max(100).default(20), cursor }),
    (query) => withQuery("/api/campaigns", query),
  );
  read(
    "show_campaign",
    "One campaign: what it does, why, counts, failures by code with advice, pace, what it waits for.",
    z.strictObject({ campaign }),
    (input) => `/api/campaigns/${input.campaign}`,
  );
  read(
    "list_messages",
    "Messages of a campaign in list order, of one state or all. Phone numbers are masked.",
    z.strictObject({
      campaign,
      state: z
        .string()
        .regex(/^[a-z]{1,20}$/)
        .optional()
        .describe("As failed, unknown, delivered."),
      after: z.int().nonnegative().default(0).describe("`next` of the page before."),
      limit: z.int().min(1).max(200).default(50),
    }),
    ({ campaign: id, ...query }) => withQuery(`/api/campaigns/${id}/messages`, query),
  );
  read(
    "show_message",
    "What happened to the message of one row: attempts, status events, decisions of people.",
    z.strictObject({ campaign, row: z.int().min(1) }),
    ({ campaign: id, row }) => `/api/campaigns/${id}/messages/${row}`,
  );
  read(
    "list_numbers",
    "Sending numbers: rate allowed and used, whether one is suspended or slowed down, and why.",
    z.strictObject({}),
    () => "/api/numbers",
  );
  read(
    "health",
    "Every check of the system, with what to do about each that is not well.",
    z.strictObject({}),
    () => "/api/health",
  );
  read(
    "list_actions",
    "Bulk actions (retry, resolve) and how far each is, newest first.",
    z.strictObject({ limit: z.int().min(1).max(100).default(20), cursor }),
    (query) => withQuery("/api/actions", query),
  );
  server.registerTool(
    "find_messages",
    {
      description: "The messages to one phone number, over all campaigns.",
      inputSchema: z.strictObject({ phone: z.string().max(64), cursor }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    // A POST, because proxies log addresses; it changes nothing.
    async (body) => asResult(await ask({ path: "/api/messages/find", body })),
  );
}

function withQuery(path: string, query: Readonly<Record<string, unknown>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) given.set(name, `${value as string | number}`);
  }
  return `${path}?${given.toString()}`;
}
