// The plain sender: what a good engineer writes in an afternoon with the same packages. One BullMQ
// job for each row, BullMQ's own limiter and retries, a hash for each recipient and a key for each
// WhatsApp message id. It is the yardstick of the figures in RESULTS.md, and is not part of
// Dropcast.
import { Redis } from "ioredis";

export const QUEUE = "messages";

/** WhatsApp reports for up to 30 days. */
export const WAMID_SECONDS = 30 * 24 * 3600;

export const messageKey = (campaign, row) => `message:${campaign}:${row}`;
export const wamidKey = (wamid) => `wamid:${wamid}`;

/** BullMQ wants connections that never give up. */
export function connect(socket) {
  return new Redis(socket, { maxRetriesPerRequest: null });
}

/** `{{column}}` and `{{column|fallback}}` in any string of the template. */
export function fill(node, values) {
  if (typeof node === "string") {
    return node.replace(/\{\{(\w+)(?:\|([^}]*))?\}\}/g, (_, column, fallback) => {
      return values[column]?.trim() || (fallback ?? "");
    });
  }
  if (Array.isArray(node)) return node.map((item) => fill(item, values));
  if (node === null || typeof node !== "object") return node;
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, fill(item, values)]));
}
