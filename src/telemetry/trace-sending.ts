import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { AttemptRecord } from "../store/index.ts";
import type { SendingObserver, SendObserver } from "../worker/observer.ts";
import { messageId, messagingAttributes, type Tracing } from "./tracing.ts";

const TEMPLATE = "/whatsapp-numbers/{id}/template-messages";

/** The API's address, for the HTTP span: the number's id is left out of it. */
interface TracedApi {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

export function tracedApi(apiUrl: string): TracedApi {
  const { protocol, hostname, port, origin, pathname } = new URL(apiUrl);
  return {
    host: hostname,
    port: Number(port) || (protocol === "http:" ? 80 : 443),
    url: `${origin}${pathname.replace(/\/+$/, "")}${TEMPLATE.replace("{id}", "REDACTED")}`,
  };
}

/**
 * Traces the sending of one number: a span for each claim that granted something, one for each
 * granted message (with the HTTP request as its child, and a link to its claim, because a claim
 * carries many), and one for each record of outcomes, which links to their messages.
 */
export function traceSending(
  { tracer, attempts }: Tracing,
  { number, api }: { readonly number: string; readonly api: TracedApi },
): SendObserver {
  const CLAIM = messagingAttributes(number, "claim");
  const SEND = messagingAttributes(number, "send");
  const RECORD = messagingAttributes(number, "record");

  function startClaim(campaign: string, startTime: number, granted: number): Span {
    const count = granted === 0 ? {} : { "messaging.batch.message_count": granted };
    const attributes = { ...CLAIM, ...count, "dropcast.campaign": campaign };
    const options = { kind: SpanKind.CLIENT, startTime, attributes, root: true };
    return tracer.startSpan(`claim ${number}`, options, ROOT_CONTEXT);
  }

  function startSend(
    claim: Span | undefined,
    message: { campaign: string; row: number; attempt: number },
  ): SendingObserver {
    const { campaign, row, attempt } = message;
    const id = messageId(campaign, row, attempt);
    const span = tracer.startSpan(
      `send ${number}`,
      {
        kind: SpanKind.PRODUCER,
        attributes: {
          ...SEND,
          "messaging.message.id": id,
          "server.address": api.host,
          "dropcast.campaign": campaign,
          "dropcast.row": row,
          "dropcast.attempt": attempt,
        },
        links: claim === undefined ? [] : [{ context: claim.spanContext() }],
        root: true,
      },
      ROOT_CONTEXT,
    );
    attempts.sent(id, span.spanContext());
    const within = trace.setSpan(ROOT_CONTEXT, span);
    let http: Span | undefined;
    return {
      posting() {
        http = startHttp(within);
      },
      answered(status) {
        http?.setAttribute("http.response.status_code", status);
        // HTTP semantic conventions: on a client span, 4xx and 5xx are errors.
        if (status >= 400) fail(http, String(status));
      },
      ended(outcome) {
        const { kind } = outcome;
        if (kind === "not_sent" || kind === "unknown") fail(http, outcome.reason);
        http?.end();
        if ("code" in outcome && outcome.code > 0) span.setAttribute("dropcast.code", outcome.code);
        if (kind !== "accepted") fail(span, kind);
        span.end();
      },
    };
  }

  function startHttp(within: Context): Span {
    return tracer.startSpan(
      `POST ${TEMPLATE}`,
      {
        kind: SpanKind.CLIENT,
        attributes: {
          "http.request.method": "POST",
          "url.full": api.url,
          "url.template": TEMPLATE,
          "server.address": api.host,
          "server.port": api.port,
        },
      },
      within,
    );
  }

  return {
    claiming(campaign) {
      const startedAt = Date.now();
      let claim: Span | undefined;
      return {
        // Most claims only learn that it is not their time yet.
        granted(messages) {
          if (messages === 0) return;
          claim = startClaim(campaign, startedAt, messages);
          claim.end();
        },
        capped() {},
        unanswered() {
          claim = startClaim(campaign, startedAt, 0);
          fail(claim, "redis_unanswered");
          claim.end();
        },
        sending: (row, attempt) => startSend(claim, { campaign, row, attempt }),
      };
    },

    recording(campaign, records) {
      const span = tracer.startSpan(
        `record ${number}`,
        {
          kind: SpanKind.CLIENT,
          attributes: {
            ...RECORD,
            "messaging.batch.message_count": records.length,
            "dropcast.campaign": campaign,
          },
          links: linksTo(campaign, records),
          root: true,
        },
        ROOT_CONTEXT,
      );
      return () => span.end();
    },
  };

  function linksTo(campaign: string, records: readonly AttemptRecord[]) {
    return records.flatMap(({ row, attempt }) => {
      const context = attempts.of(messageId(campaign, row, attempt));
      return context === undefined ? [] : [{ context }];
    });
  }
}

function fail(span: Span | undefined, type: string): void {
  span?.setAttribute("error.type", type);
  span?.setStatus({ code: SpanStatusCode.ERROR });
}
