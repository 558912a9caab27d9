import { count, counted } from "../core/format.ts";
import type { WebhookEvent } from "./schema.ts";

/** The body of an event in the format of an endpoint. */
export function bodyOf(event: WebhookEvent, format: "standard" | "slack"): string {
  return JSON.stringify(format === "slack" ? { text: slackText(event) } : event);
}

const CAUSES_SHOWN = 3;

/** One line for a channel. Names are escaped: `<!channel>` in one must not call everybody. */
function slackText({ type, data }: WebhookEvent): string {
  const { number, mode, campaign = "", name, reason, advice, rows, failed = [] } = data;
  const where = mode === "sandbox" ? "[SANDBOX] " : "";
  const subject =
    name == null ? `Campaign ${campaign}` : `Campaign "${escaped(name)}" (${campaign})`;
  const why = [reason, advice].flatMap((text) => (text ? [` ${escaped(text)}`] : [])).join("");
  switch (type) {
    case "campaign.started":
      return `${where}${subject} has started: ${counted(rows ?? 0, "row")}.`;
    case "campaign.paused":
      return `${where}:warning: ${subject} is paused.${why}`;
    case "campaign.resumed":
      return `${where}${subject} continues.${why}`;
    case "campaign.finished":
      return `${where}${subject} is finished: ${countWords(data.counts)}.`;
    case "campaign.cancelled":
      return `${where}${subject} is cancelled.${why} So far: ${countWords(data.counts)}.`;
    case "campaign.expired":
      return `${where}${subject} has expired.${why} So far: ${countWords(data.counts)}.`;
    case "message.failed":
      return `${where}${counted(failed.length, "message")} of ${subject} failed: ${causeWords(failed)}.`;
    case "number.suspended":
      return `${where}:rotating_light: Number ${number} is suspended: nothing is sent from it.${why}`;
    case "number.released":
      return `${where}Number ${number} is no longer suspended.`;
    case "webhooks.silent":
      return `${where}:warning: Number ${number}:${why}`;
    case "dropcast.test":
      return `${where}Dropcast, number ${number}:${why}`;
  }
}

function countWords(counts: WebhookEvent["data"]["counts"]): string {
  const shown = Object.entries(counts ?? {}).filter(([, rows]) => rows > 0);
  return shown.map(([state, rows]) => `${count(rows)} ${state}`).join(", ") || "no rows";
}

function causeWords(failed: NonNullable<WebhookEvent["data"]["failed"]>): string {
  const causes = new Map<string, number>();
  for (const { code, cause } of failed) {
    const words = code === 0 ? cause : `${cause} (${code})`;
    causes.set(words, (causes.get(words) ?? 0) + 1);
  }
  const most = [...causes].sort(([, a], [, b]) => b - a);
  const shown = most.slice(0, CAUSES_SHOWN).map(([words, rows]) => `${rows} ${escaped(words)}`);
  const more = most.length - shown.length;
  return `${shown.join("; ")}${more > 0 ? `; and ${counted(more, "other cause")}` : ""}`;
}

/** Slack, "Formatting text for app surfaces": these three characters, and no others. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
