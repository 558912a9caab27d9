import { ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import type { Logger } from "pino";
import type { ProcessMetrics } from "../metrics/process-metrics.ts";
import type { ApplyResult, StatusEvent } from "../store/index.ts";
import { createSparing } from "./sparing.ts";
import { messageId, messagingAttributes, type Tracing } from "./tracing.ts";

/** Is told of an event that a number was asked to apply, and when that began (ms since 1970). */
type WebhookObserver = (
  number: string,
  event: StatusEvent,
  applied: { readonly result: ApplyResult; readonly startedAt: number },
) => void;

/**
 * Counts and traces status events, and logs each at level debug. Of several numbers that share a
 * secret most only say that the event is not theirs, which is nothing to tell.
 */
export function observeWebhooks(
  metrics: ProcessMetrics,
  tracing: Tracing | undefined,
  logger: Pick<Logger, "debug">,
): WebhookObserver {
  const sparing = createSparing(logger);
  return (number, event, { result, startedAt }) => {
    if (result.kind === "moved") {
      metrics.status(number, event.status, (Date.now() - event.atMs) / 1_000);
    }
    if (result.kind === "moved" || result.kind === "unchanged") {
      const { campaign, row, attempt } = result;
      const { status, code } = event;
      const why = code > 0 ? { code } : {};
      logger.debug({ number, campaign, row, attempt, status, ...why }, "status event");
    }
    if (tracing !== undefined && result.kind !== "unmatched") {
      sparing(() => traceEvent(tracing, { number, event, result, startedAt }));
    }
  };
}

function traceEvent(
  { tracer, attempts }: Tracing,
  input: {
    readonly number: string;
    readonly event: StatusEvent;
    readonly result: Exclude<ApplyResult, { kind: "unmatched" }>;
    readonly startedAt: number;
  },
): void {
  const { number, event, result, startedAt } = input;
  const id =
    result.kind === "parked" ? null : messageId(result.campaign, result.row, result.attempt);
  const sent = id === null ? undefined : attempts.of(id);
  const span = tracer.startSpan(
    `process ${number}`,
    {
      kind: SpanKind.CONSUMER,
      startTime: startedAt,
      attributes: {
        ...messagingAttributes(number, "process"),
        ...(id === null ? {} : { "messaging.message.id": id }),
        "dropcast.status": event.status,
        "dropcast.event": result.kind,
        ...(event.code > 0 ? { "dropcast.code": event.code } : {}),
      },
      links: sent === undefined ? [] : [{ context: sent }],
      root: true,
    },
    ROOT_CONTEXT,
  );
  span.end();
}
