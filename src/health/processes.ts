import { readWebhookTroubles } from "../campaigns/webhook-troubles.ts";
import { counted, printable } from "../core/format.ts";
import { describePause } from "../core/pause-reason.ts";
import { unseenWords } from "../export/stall-words.ts";
import type { Campaign, NumberStore, Presence } from "../store/index.ts";
import type { Check } from "./check.ts";

type NumberProcesses = Pick<
  NumberStore,
  "number" | "mode" | "campaigns" | "presence" | "webhookSilence" | "wrongSignatures"
>;

/** Whether the needed workers and webhooks processes run, and campaigns that paused themselves. */
export async function checkProcesses(store: NumberProcesses): Promise<Check[]> {
  const live = await store.campaigns.live();
  return [
    ...(await workers(store, live)),
    ...(await webhooks(store, live)),
    ...(await webhookTroubles(store)),
    ...live.flatMap(pausedByItself),
  ];
}

async function workers(
  { number, mode, presence }: NumberProcesses,
  live: readonly Campaign[],
): Promise<Check[]> {
  const name = "Workers";
  const seen = await presence("worker");
  if (seen.isLive) {
    return [
      { name, verdict: "ok", message: `number ${number}: a worker was seen ${agoWords(seen)}` },
    ];
  }
  const pendingIn = (wanted: Campaign["status"]): number =>
    live.reduce((sum, { status, counts }) => sum + (status === wanted ? counts.pending : 0), 0);
  const [pending, scheduled] = [pendingIn("running"), pendingIn("scheduled")];
  const missing = `number ${number}: no worker ${unseenWords(seen)}`;
  if (pending + scheduled === 0) {
    return [{ name, verdict: "ok", message: `${missing}; nothing waits` }];
  }
  const waits = pending === 1 ? "1 message waits" : `${counted(pending, "message")} wait`;
  const message =
    pending > 0
      ? `${missing}; ${waits}`
      : `${missing}; ${counted(scheduled, "message")} scheduled for later`;
  const verdict = pending > 0 ? "fail" : "warn";
  return [{ name, verdict, message, fix: startIt("worker", mode) }];
}

/** Outcomes arrive for days, but most soon: a campaign that ended long ago is not an alarm. */
const ENDED_LATELY_MS = 24 * 3_600_000;
const ENDED_MAX = 20;

async function webhooks(
  { number, mode, campaigns, presence }: NumberProcesses,
  live: readonly Campaign[],
): Promise<Check[]> {
  const seen = await presence("webhooks");
  const name = "Webhooks";
  if (seen.isLive)
    return [
      {
        name,
        verdict: "ok",
        message: `number ${number}: a webhooks process was seen ${agoWords(seen)}`,
      },
    ];
  const ended = await campaigns.endedSince(Date.now() - ENDED_LATELY_MS, ENDED_MAX);
  const open = [...live, ...ended].reduce(
    (sum, { counts }) => sum + counts.accepted + counts.sent + counts.unknown,
    0,
  );
  const missing = `number ${number}: no webhooks process ${unseenWords(seen)}`;
  if (open === 0) return [{ name, verdict: "ok", message: `${missing}; no outcome is pending` }];
  const message = `${missing}; the outcome of ${counted(open, "message")} is pending`;
  return [{ name, verdict: "warn", message, fix: startIt("webhooks", mode) }];
}

/** A webhooks process may run although no webhook for this number arrives, or none is valid. */
async function webhookTroubles(store: NumberProcesses): Promise<Check[]> {
  const { described } = await readWebhookTroubles(store);
  return described.map(({ words: message, advice: fix }) => {
    return { name: "Webhooks", verdict: "warn", message, fix };
  });
}

function pausedByItself({ id, status, reason }: Campaign): Check[] {
  if (status !== "paused" || reason === "operator") return [];
  const { words, advice } = describePause(reason);
  const name = "Campaign";
  const message = printable(`${id} paused itself: ${words}`);
  return [{ name, verdict: "warn", message, fix: printable(advice) }];
}

function agoWords({ lastSeenMs }: Presence): string {
  return `${Math.round((lastSeenMs ?? 0) / 1_000)} s ago`;
}

function startIt(role: "worker" | "webhooks", mode: NumberStore["mode"]): string {
  const up = mode === "sandbox" ? "dropcast up --sandbox" : "dropcast up";
  return `Start \`dropcast ${role}\` or \`${up}\`; if one runs, it uses another Redis or cannot write to this one: see its log.`;
}
