import type { Campaign, Presence } from "../store/index.ts";

/** Whether a campaign has messages to send but no worker. */
export function isStalled(
  { status, counts }: Pick<Campaign, "status" | "counts">,
  { isLive }: Pick<Presence, "isLive">,
): boolean {
  return status === "running" && counts.pending > 0 && !isLive;
}

/** Says that a campaign has no worker, and how to start one. */
export function stallWords({ number, mode }: Pick<Campaign, "number" | "mode">, workers: Presence) {
  if (workers.isWaiting) return `Nothing is sent: number ${number} ${WAITING_WORDS}.`;
  const up = mode === "sandbox" ? "dropcast up --sandbox" : "dropcast up";
  const missing = `Nothing is sent: no worker of number ${number} ${unseenWords(workers)}`;
  if (isNotConfigured(workers)) return `${missing}; ${notConfiguredWords(number, workers)}.`;
  return `${missing}. ` + `Start one with \`dropcast worker\` or \`${up}\`.`;
}

/** To follow "number main". */
export const WAITING_WORDS =
  "waits, because a worker sends from the same WhatsApp number under another name; `dropcast doctor` says which";

/** No worker had the number in the last hour, but there are workers. */
export function isNotConfigured({ lastSeenMs, others }: Presence): boolean {
  return lastSeenMs === null && others > 0;
}

/** That workers run, but not for this number. */
export function notConfiguredWords(number: string, { others }: Presence): string {
  const run = others === 1 ? "1 worker runs" : `${others} workers run`;
  return (
    `${run} for other numbers: add ${number} to the file of DROPCAST_CONFIG that they read, ` +
    "and to their DROPCAST_NUMBERS if that is set"
  );
}

/** To follow "no worker": "has been seen for 4 min", or "is running" if none was seen recently. */
export function unseenWords({ lastSeenMs }: Presence): string {
  if (lastSeenMs === null) return "is running";
  const seconds = Math.floor(lastSeenMs / 1_000);
  return `has been seen for ${seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`}`;
}

/** To follow the name of a number that has campaigns and no worker. */
export function unservedWords(isRunning: boolean): string {
  const campaign = isRunning ? "a campaign is to be sent" : "a campaign is scheduled";
  return `${campaign}, but no running worker has the number in its configuration`;
}

export const UNSERVED_FIX =
  "Add the number to the file of DROPCAST_CONFIG that the workers read, and to their " +
  "DROPCAST_NUMBERS if that is set; or cancel the campaign.";
