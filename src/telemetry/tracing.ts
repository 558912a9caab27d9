/**
 * Traces, by the API of OpenTelemetry alone (@opentelemetry/api). To get them, load an SDK
 * before Dropcast, `node --import ./tracing.mjs bin/dropcast.js …`; without one nothing is traced,
 * and nothing is built that could be. Names are those of the semantic conventions 1.44 (messaging,
 * HTTP), with `dropcast.…` for our own. No attribute holds a phone number, a wamid or a text:
 * `messaging.message.id` is campaign:row:attempt.
 */
import {
  type Attributes,
  ProxyTracerProvider,
  type SpanContext,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { VERSION } from "../version.ts";

export interface Tracing {
  readonly tracer: Tracer;
  readonly attempts: AttemptSpans;
}

/** The tracing of this process; undefined if no provider was loaded. Call it once at the start. */
export function findTracing(): Tracing | undefined {
  const provider = trace.getTracerProvider();
  const tracer =
    provider instanceof ProxyTracerProvider
      ? provider.getDelegateTracer("dropcast", VERSION)
      : provider.getTracer("dropcast", VERSION);
  return tracer === undefined ? undefined : { tracer, attempts: createAttemptSpans() };
}

/** Most attempts to remember: minutes of sending at full speed, in about two megabytes. */
const ATTEMPTS_MAX = 10_000;

/**
 * The spans of the latest attempts that this process sent. The wire carries no trace context, so a
 * status event links to its attempt only if the same process sent it (as `up` does); any other is
 * found by its `messaging.message.id`.
 */
export function createAttemptSpans(most = ATTEMPTS_MAX) {
  const spans = new Map<string, SpanContext>();
  return {
    sent(id: string, span: SpanContext): void {
      spans.set(id, span);
      if (spans.size <= most) return;
      const oldest = spans.keys().next().value;
      if (oldest !== undefined) spans.delete(oldest);
    },
    of: (id: string): SpanContext | undefined => spans.get(id),
  };
}

type AttemptSpans = ReturnType<typeof createAttemptSpans>;

export function messageId(campaign: string, row: number, attempt: number): string {
  return `${campaign}:${row}:${attempt}`;
}

/** What every span of a number has. */
export function messagingAttributes(
  number: string,
  name: "import" | "claim" | "send" | "record" | "process",
): Attributes {
  return {
    "messaging.system": "whatsapp",
    "messaging.destination.name": number,
    "messaging.operation.name": name,
    "messaging.operation.type": OPERATION_TYPES[name],
  };
}

const OPERATION_TYPES = {
  import: "create",
  claim: "receive",
  send: "send",
  record: "settle",
  process: "process",
} as const;
