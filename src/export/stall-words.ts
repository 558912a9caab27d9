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
  const up = mode === "sandbox" ? "dropcast up --sandbox" : "dropcast up";
  return (
    `Nothing is sent: no worker of number ${number} ${unseenWords(workers)}. ` +
    `Start one with \`dropcast worker\` or \`${up}\`.`
  );
}

/** To follow "no worker": "has been seen for 4 min", or "is running" if none was seen recently. */
export function unseenWords({ lastSeenMs }: Presence): string {
  if (lastSeenMs === null) return "is running";
  const seconds = Math.floor(lastSeenMs / 1_000);
  return `has been seen for ${seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`}`;
}
