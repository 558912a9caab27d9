import type { IncomingMessage, ServerResponse } from "node:http";
import { redisTrouble } from "../core/redis-trouble.ts";
import { answerProblem } from "../http/answer-problem.ts";
import type { Problem } from "../http/problem.ts";
import type { Throttle } from "../http/throttle.ts";
import { type DeliveryPorts, deliverEvent } from "./apply.ts";
import { readBody } from "./body.ts";
import type { BodyBudget } from "./body-budget.ts";
import type { Connections } from "./connections.ts";
import type { WebhookCounters } from "./counters.ts";
import { createHints } from "./hints.ts";
import { PROBLEMS } from "./problems.ts";
import type { SignatureCount } from "./signature-count.ts";
import { parseStatusEvent } from "./status-event.ts";
import type { Verifier } from "./verify.ts";

interface ReceiveDeps extends DeliveryPorts {
  readonly verifier: Verifier;
  readonly throttle: Throttle;
  readonly counters: WebhookCounters;
  readonly wrongSignatures: SignatureCount;
  readonly bodyBytesMax: number;
  readonly budget: BodyBudget;
  readonly connections: Connections;
}

/** Messages of numbers that share a secret: about a megabyte. */
const HINTS_MAX = 10_000;

/** Seconds after which a sender may repeat an event that could not be stored. */
const LATER = { "retry-after": "5" };

/**
 * Handles one webhook. The order matters: bytes, size, signature, and only then the contents of the
 * body; 204 only after the store and, for a failed message, the queue have answered.
 * Never rejects: every failure becomes an answer that makes the sender repeat.
 */
export function createReceiver(
  deps: ReceiveDeps,
): (request: IncomingMessage, response: ServerResponse, number: string | null) => Promise<void> {
  const { verifier, throttle, counters } = deps;
  const hints = createHints(HINTS_MAX);

  async function receive(
    request: IncomingMessage,
    response: ServerResponse,
    number: string | null,
  ): Promise<void> {
    try {
      const body = await readBody(request, deps.bodyBytesMax, deps.budget);
      if (body === "cut") return counters.count("cut");
      if (body === "too_large") return answerRefusal(request, response, PROBLEMS.bodyTooLarge);
      if (body === "no_room") return answerRefusal(request, response, PROBLEMS.crowded, LATER);

      const verified = verifier.verify(body, request.rawHeaders, number);
      if (!verified.ok) {
        if (verified.problem === PROBLEMS.signatureMismatch) deps.wrongSignatures.add(number);
        return refuseUnverified(request, response, verified.problem);
      }
      deps.connections.trust(request.socket);

      const parsed = parseStatusEvent(verified.text, verified.signedAtMs);
      if (parsed.kind === "refused") return answerRefusal(request, response, parsed.problem);
      if (parsed.kind === "status") {
        counters.count(await deliverEvent(deps, verified.numbers, parsed.event, hints));
      } else if (parsed.kind === "unreadable") {
        counters.warn("unreadable", "a signed status event has an unexpected shape", {
          field: parsed.field,
        });
      } else {
        counters.count(parsed.kind);
      }
      response.writeHead(204);
      response.end();
    } catch (error) {
      answerUnavailable(request, response, error);
    }
  }

  function answerRefusal(
    request: IncomingMessage,
    response: ServerResponse,
    problem: Problem,
    headers?: Readonly<Record<string, string>>,
  ): void {
    counters.warn(problem.refusal.code, "a webhook request was refused", {
      fix: problem.refusal.fix,
    });
    answerProblem(request, response, problem, headers);
  }

  /** A forger gets the reason a few times, then only 429. */
  function refuseUnverified(
    request: IncomingMessage,
    response: ServerResponse,
    problem: Problem,
  ): void {
    const waitMs = throttle.fail(request.socket.remoteAddress ?? "");
    if (waitMs === 0) {
      answerRefusal(request, response, problem);
      return;
    }
    counters.warn(PROBLEMS.throttled.refusal.code, "forged or broken webhooks are throttled");
    answerProblem(request, response, PROBLEMS.throttled, {
      "retry-after": String(Math.ceil(waitMs / 1000)),
      connection: "close",
    });
  }

  function answerUnavailable(
    request: IncomingMessage,
    response: ServerResponse,
    error: unknown,
  ): void {
    const trouble = redisTrouble(error);
    counters.warn("unavailable", "a webhook could not be stored; the sender will repeat it", {
      reason: trouble?.name ?? reasonOf(error),
      ...(trouble === undefined ? {} : { fix: trouble.fix }),
    });
    if (response.headersSent) request.socket.destroy();
    else {
      answerProblem(request, response, PROBLEMS.storeUnavailable, LATER);
    }
  }

  return receive;
}

/** The kind of an error without its text: a Redis error may quote the command and its data. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return /^[A-Z]{3,}\b/.exec(error.message)?.[0] ?? error.name;
}
