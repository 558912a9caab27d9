import { readFileSync } from "node:fs";
import type { RequestEntry, WebhookEntry } from "../../src/sandbox/json-log.ts";

/** Reads the sandbox's log of POSTs. A last line that is not whole yet is left out. */
export function readRequestLog(path: string): RequestEntry[] {
  return readLines(path) as RequestEntry[];
}

/** Reads the sandbox's log of webhook deliveries. */
export function readWebhookLog(path: string): WebhookEntry[] {
  return readLines(path) as WebhookEntry[];
}

/** The POSTs to each recipient, in order. What never came to be understood has no recipient. */
export function postsByRecipient(lines: readonly RequestEntry[]): Map<string, RequestEntry[]> {
  const posts = new Map<string, RequestEntry[]>();
  for (const line of lines) {
    if (line.to !== null) {
      posts.set(line.to, [...(posts.get(line.to) ?? []), line]);
    }
  }
  return posts;
}

/** Recipients with more than one accepted POST: nobody may ever be in it. */
export function sentTwice(lines: readonly RequestEntry[]): string[] {
  const accepted = lines.filter((line) => line.decision === "accepted");
  return [...postsByRecipient(accepted)].filter(([, posts]) => posts.length > 1).map(([to]) => to);
}

/** Of each POST, how many there were in the `windowMs` that end with it, refused ones included. */
export function countWindows(lines: readonly RequestEntry[], windowMs: number): number[] {
  const times = lines.map((line) => line.at).sort((a, b) => a - b);
  let first = 0;
  return times.map((at, last) => {
    while (at - (times[first] ?? at) >= windowMs) {
      first++;
    }
    return last - first + 1;
  });
}

/** The state in which the ledger must end for this POST once all its webhooks were delivered. */
export function lastStatus(line: RequestEntry): { status: string; code: number } | null {
  const ranks = ["sent", "failed", "delivered", "read"];
  const highest = line.statuses
    .map((text) => text.split(":"))
    .sort(([a = ""], [b = ""]) => ranks.indexOf(b) - ranks.indexOf(a))[0];
  return highest === undefined ? null : { status: highest[0] ?? "", code: Number(highest[1] ?? 0) };
}

function readLines(path: string): unknown[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
}
