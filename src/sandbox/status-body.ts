import { metaError } from "./api-error.ts";

/** The content of one status webhook. */
export interface StatusReport {
  readonly wamid: string;
  readonly status: "sent" | "delivered" | "read" | "failed";
  /** Meta's error code of `failed`, else 0. */
  readonly code: number;
  readonly recipientId: string;
  /** When it happened, in milliseconds since the epoch. */
  readonly atMs: number;
  /** `pricing.category`, and the origin of the conversation. */
  readonly category: string;
  readonly origin: string;
  /** 32 hex digits. */
  readonly conversationId: string;
}

const CONVERSATION_SECONDS = 86_400;

/**
 * The body of a `message.status` webhook, as in the samples on LiveChat's page: `timestamp` with
 * nine fractional digits, `data.timestamp` in seconds, conversation and pricing only with `sent`
 * and `delivered`, the expiry only with `sent`.
 */
export function statusBody(report: StatusReport): string {
  const seconds = Math.floor(report.atMs / 1_000);
  return JSON.stringify({
    type: "message.status",
    timestamp: nanosecondTime(report.atMs),
    data: {
      id: report.wamid,
      status: report.status,
      timestamp: seconds,
      ...(report.status === "failed" ? { errors: [errorItem(report.code)] } : {}),
      ...(report.status === "sent" || report.status === "delivered"
        ? {
            conversation: {
              id: report.conversationId,
              origin: { type: report.origin },
              ...(report.status === "sent"
                ? { expiration_timestamp: seconds + CONVERSATION_SECONDS }
                : {}),
            },
            pricing: { billable: true, pricing_model: "CBP", category: report.category },
          }
        : {}),
      recipient_id: report.recipientId,
    },
  });
}

function errorItem(code: number): object {
  const { title, details } = metaError(code);
  return { code, title, message: title, error_data: { details } };
}

/** RFC3339 with nine fractional digits; the last six are made up from the time. */
function nanosecondTime(atMs: number): string {
  const below = String((Math.floor(atMs) * 7919) % 1_000_000).padStart(6, "0");
  return `${new Date(atMs).toISOString().slice(0, -1)}${below}Z`;
}
