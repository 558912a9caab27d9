import { randomBytes } from "node:crypto";
import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { type ApiRequest, type AskApi, asResult, errorResult, textResult } from "./api-client.ts";

/**
 * Acts in two steps: `preview_…` says what would happen and gives a confirmation; `confirm` does
 * exactly that, once. So nothing is done that was not shown before, also when a model makes up
 * arguments or repeats itself.
 *
 *     preview_control { act: "resume", campaign: "main-17" }
 *       -> "Resumes main-17 (live), which is paused: 3212 messages are waiting.",
 *          and confirmation "k3F…"
 *     confirm { confirmation: "k3F…" }     the campaign runs
 *     confirm { confirmation: "k3F…" }     refused: it was used
 *
 * A confirmation lives in this process for ten minutes. `confirm` looks again before it acts, and
 * refuses when the campaign, or what a bulk action is about, is no longer as shown.
 */

const MINUTES = 10;
const CONFIRMATION_MS = MINUTES * 60_000;
const CONFIRMATIONS_MAX = 100;

interface Prepared {
  readonly request: ApiRequest;
  readonly campaign: string;
  /** Must still be true of the campaign. */
  readonly shown: { readonly status: string; readonly waiting: number };
  /** Of a bulk action: the preview must still find as many. */
  readonly bulk?: { readonly action: object; readonly matching: number };
  readonly endsAt: number;
}

interface CampaignJson {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly mode: string;
  readonly counts: Readonly<Record<string, number>>;
  /** What it does now, why, and what waits. */
  readonly now: { readonly words: string; readonly advice: string | null };
  /** Nothing is sent from its number. */
  readonly halt: object | null;
}

interface ActionPreview {
  readonly name: string;
  readonly filterWords: string;
  readonly matching: number;
}

const campaign = z
  .string()
  .regex(/^[\w-][\w.-]{0,79}$/)
  .describe("A campaign's id, as in main-17.");

const CONTROL_WORDS = {
  pause: "Pauses",
  resume: "Resumes",
  cancel: "Cancels for good",
} as const;

const bulk = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("retry").describe("Sends failed messages again."),
    codes: z.array(z.int().nonnegative()).optional(),
    reasons: z.array(z.string().max(60)).optional(),
    all: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal("resolve").describe("Decides messages whose outcome is unknown."),
    decision: z
      .enum(["sent", "failed", "resend"])
      .describe("`resend`: these people may get the message twice."),
    reasons: z.array(z.string().max(60)).optional(),
    olderThanMinutes: z.number().positive().optional(),
    all: z.boolean().optional(),
  }),
]);

export function addActingTools(
  server: McpServer,
  ask: AskApi,
  now = () => performance.now(),
): void {
  const prepared = new Map<string, Prepared>();

  /** Keeps it under a new confirmation; the oldest gives way. */
  function prepare(one: Omit<Prepared, "endsAt">): string {
    const [oldest] = prepared.keys();
    if (prepared.size >= CONFIRMATIONS_MAX && oldest !== undefined) prepared.delete(oldest);
    const confirmation = randomBytes(12).toString("base64url");
    prepared.set(confirmation, { ...one, endsAt: now() + CONFIRMATION_MS });
    return confirmation;
  }

  /** Why it is no longer what was shown; null: it is. Fewer waiting messages are no surprise. */
  async function changeSince({ campaign: id, shown, bulk: about }: Prepared) {
    const found = await find(id);
    if (!found.ok) return found;
    const { status, waiting } = shownOf(found.value);
    if (status !== shown.status) return hasChanged(`${id} was ${shown.status}, and is ${status}`);
    if (about === undefined) {
      return waiting > shown.waiting
        ? hasChanged(`${shown.waiting} messages of ${id} were waiting, and ${waiting} are`)
        : null;
    }
    const path = `/api/campaigns/${id}/actions/preview`;
    const answer = await ask({ path, body: about.action });
    if (!answer.ok) return answer;
    const { matching } = answer.value as ActionPreview;
    return matching === about.matching
      ? null
      : hasChanged(`${about.matching} messages matched, and ${matching} do`);
  }

  async function find(id: string) {
    const answer = await ask({ path: `/api/campaigns/${id}` });
    return answer.ok ? { ...answer, value: answer.value as CampaignJson } : answer;
  }

  server.registerTool(
    "preview_control",
    {
      description:
        "Says what pausing, resuming or cancelling a campaign would do. Changes nothing; `confirm` does it. Show the words to the person and ask first.",
      inputSchema: z.strictObject({ act: z.enum(["pause", "resume", "cancel"]), campaign }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ act, campaign: id }) => {
      const found = await find(id);
      if (!found.ok) return errorResult(found);
      const { name, status, mode, counts, now: doesNow, halt } = found.value;
      const shown = shownOf(found.value);
      const request = { path: `/api/campaigns/${id}/${act}`, method: "POST" } as const;
      const lifts = act === "resume" && halt !== null;
      return textResult({
        would: `${CONTROL_WORDS[act]} ${id} (${mode}), which is ${status}: ${shown.waiting} messages are waiting.`,
        ...(lifts ? { also: "Lifts the suspension of its number, for all of its campaigns." } : {}),
        // A stranger may have chosen it, so it stays out of our own sentence.
        campaignName: name,
        ...{ campaign: id, doesNow, counts },
        ...{ confirmation: prepare({ request, campaign: id, shown }), minutes: MINUTES },
      });
    },
  );

  server.registerTool(
    "preview_bulk_action",
    {
      description:
        "Says which messages a bulk retry or resolve would be about, and whom it leaves out. Changes nothing; `confirm` begins it. Show the counts to the person and ask first.",
      inputSchema: z.strictObject({ campaign, action: bulk }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async ({ campaign: id, action }) => {
      const found = await find(id);
      if (!found.ok) return errorResult(found);
      const answer = await ask({ path: `/api/campaigns/${id}/actions/preview`, body: action });
      if (!answer.ok) return errorResult(answer);
      const { name, matching } = answer.value as ActionPreview;
      const shown = shownOf(found.value);
      const isTwice = action.kind === "resolve" && action.decision === "resend";
      const request = {
        path: `/api/campaigns/${id}/actions`,
        body: { ...action, name, expected: matching, ...(isTwice ? { confirm: matching } : {}) },
      };
      const prepared = { request, campaign: id, shown, bulk: { action, matching } };
      return textResult({
        ...(isTwice ? { warning: `${matching} people may get the message twice.` } : {}),
        ...{ preview: answer.value, mode: found.value.mode },
        ...{ confirmation: prepare(prepared), minutes: MINUTES },
      });
    },
  );

  server.registerTool(
    "confirm",
    {
      description: "Does what a preview showed, once. Only after the person agreed.",
      inputSchema: z.strictObject({ confirmation: z.string().max(60) }),
      annotations: { destructiveHint: true, idempotentHint: false, openWorldHint: true },
    },
    async ({ confirmation }) => {
      const one = prepared.get(confirmation);
      prepared.delete(confirmation);
      if (one === undefined || one.endsAt < now()) {
        return errorResult({
          code: "confirmation_unknown",
          words:
            "This confirmation was used, is older than ten minutes, or never was. Preview again.",
        });
      }
      const changed = await changeSince(one);
      if (changed !== null) return errorResult(changed);
      return asResult(await ask({ ...one.request, key: `mcp-${confirmation}` }));
    },
  );
}

function shownOf({ status, counts }: CampaignJson): Prepared["shown"] {
  return { status, waiting: counts["pending"] ?? 0 };
}

function hasChanged(what: string) {
  return { code: "campaign_changed", words: `At the preview ${what} now. Preview again.` };
}
