/**
 * The simulated API: `POST` and `GET /whatsapp-numbers/{id}/template-messages`.
 *
 * A POST is decided, counted and logged synchronously, before the sandbox sends the answer or a
 * webhook that overtakes it. So the log has everything that the caller can have seen, and a missing
 * entry proves that the API did not take the message.
 */
import { hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, answerOf, refusalAnswer, sendAnswer, tooManyRequests } from "./answer.ts";
import { type ApiError, platformRefusal } from "./api-error.ts";
import type { Counters } from "./counters.ts";
import { PURPOSE } from "./decide-outcome.ts";
import type { JsonLog, RequestEntry } from "./json-log.ts";
import type { Handler } from "./listener.ts";
import type { SandboxSettings } from "./options.ts";
import { failedWith, type Outcome } from "./outcome.ts";
import type { Pending } from "./pending.ts";
import { drawWithin, randomStateOf } from "./random.ts";
import { readSendRequest, type SendRequest } from "./request.ts";
import type { AcceptedMessage, StatusFeed } from "./status-feed.ts";
import type { Timers } from "./timers.ts";
import { waIdOf } from "./wamid.ts";

const PATH = /^\/whatsapp-numbers\/([^/?]+)\/template-messages(?:\?|$)/;

interface ApiDeps {
  readonly settings: () => SandboxSettings;
  readonly decide: (to: string, nth: number, state: number) => Outcome;
  readonly counters: Counters;
  readonly log: JsonLog;
  readonly feed: StatusFeed;
  readonly wamids: (to: string) => string;
  readonly pending: Pending;
  readonly timers: Timers;
}

/** Handles every request except those for the sandbox's own pages. */
export function createApi(deps: ApiDeps): Handler {
  return (request, response, body) => {
    if (request.method !== "POST") {
      sendAnswer(response, list(deps, request));
      return;
    }
    const decision = decidePost(deps, request, body);
    deps.log.append(decision.entry);
    deps.counters.add(decision.entry);
    respond(deps, response, decision);
  };
}

/** The number that the request is for, or why it is refused. */
function authorize(deps: ApiDeps, request: IncomingMessage): { readonly number: string } | Refusal {
  const number = numberOf(request);
  const { token, numberIds, unauthorizedAfter } = deps.settings();
  if (number === null) {
    return { fault: "not-found", error: platformRefusal(404, "not_found", "Not found") };
  }
  if (request.headers.authorization !== `Basic ${token}`) {
    return { fault: "unauthorized", error: unauthorized() };
  }
  if (!numberIds.includes(number)) {
    return { fault: "not-found", error: platformRefusal(404, "not_found", "No such number") };
  }
  return unauthorizedAfter !== null && deps.counters.posts() >= unauthorizedAfter
    ? { fault: "account", error: unauthorized() }
    : { number };
}

function decidePost(deps: ApiDeps, request: IncomingMessage, body: Buffer): Decision {
  const { settings, counters } = deps;
  const authorized = authorize(deps, request);
  const base = baseEntry(request, body, counters.nextSeq());
  if ("error" in authorized) return refusalDecision(base, authorized);
  const { number } = authorized;
  const { ratePerSecondLimit, retryAfterSeconds, seed } = settings();
  // Not counted as a POST to the recipient: the rate limit depends on time, not on the seed.
  if (
    ratePerSecondLimit !== null &&
    !counters.takeToken(number, ratePerSecondLimit, performance.now())
  ) {
    const error = tooManyRequests(retryAfterSeconds);
    return refusalDecision(base, { fault: "rate-limit", error });
  }
  const sent = readSendRequest(request.headers["content-type"], body);
  if ("httpStatus" in sent) return refusalDecision(base, { fault: "invalid", error: sent });
  const nth = counters.nextNth(number, sent.to);
  const state = randomStateOf(seed, number, sent.to, nth);
  const outcome = scheduledOutcome(deps.decide(sent.to, nth, state), sent);
  return sendDecision(deps, { ...base, nth }, sent, outcome, state);
}

function list(deps: ApiDeps, request: IncomingMessage): Answer {
  const authorized = authorize(deps, request);
  if ("error" in authorized) return refusalAnswer(authorized.error);
  return request.method === "GET"
    ? listAnswer(deps.counters, authorized.number)
    : refusalAnswer(
        platformRefusal(405, "not_allowed", "Method not allowed", { allow: "GET, POST" }),
      );
}

interface Refusal {
  readonly fault: string;
  readonly error: ApiError;
}

interface Decision {
  readonly entry: RequestEntry;
  readonly answer: Answer;
  readonly message: AcceptedMessage | null;
  readonly state: number;
}

function numberOf(request: IncomingMessage): string | null {
  return PATH.exec(request.url ?? "")?.[1] ?? null;
}

function unauthorized(): ApiError {
  return platformRefusal(401, "authentication", "Invalid or missing access token", {
    "www-authenticate": 'Basic realm="sandbox"',
  });
}

function baseEntry(request: IncomingMessage, body: Buffer, seq: number): RequestEntry {
  const attemptHeader = request.headers["idempotency-key"];
  return {
    seq,
    at: Math.round((performance.timeOrigin + performance.now()) * 1_000) / 1_000,
    number: numberOf(request),
    to: null,
    template: null,
    bodyHash: hash("sha256", body, "hex").slice(0, 32),
    ...(typeof attemptHeader === "string" ? { attemptHeader } : {}),
    nth: 0,
    decision: "refused",
    httpStatus: 0,
    code: 0,
    shape: null,
    wamid: null,
    fault: "none",
    scheduledAt: null,
    statuses: [],
  };
}

function refusalDecision(base: RequestEntry, { fault, error }: Refusal): Decision {
  return {
    entry: { ...base, fault, httpStatus: error.httpStatus, code: error.code },
    answer: refusalAnswer(error),
    message: null,
    state: base.seq,
  };
}

/** A scheduled message reaches Meta later, so an error of Meta's becomes a `failed` webhook. */
function scheduledOutcome(outcome: Outcome, sent: SendRequest): Outcome {
  const isAhead = sent.sendAtMs !== null && sent.sendAtMs > Date.now();
  if (!isAhead || outcome.answer !== "error_code") return outcome;
  return { ...outcome, accepted: true, answer: "success", statuses: [failedWith(outcome.code)] };
}

function sendDecision(
  deps: ApiDeps,
  base: RequestEntry,
  sent: SendRequest,
  outcome: Outcome,
  state: number,
): Decision {
  const waId = waIdOf(sent.to);
  const wamid = outcome.accepted ? deps.wamids(waId) : "";
  const answer = answerOf(outcome, { to: sent.to, waId, wamid }, deps.settings().retryAfterSeconds);
  const isHidden = !outcome.accepted && (outcome.answer === "error_500" || answer.httpStatus === 0);
  const sendAtMs = sent.sendAtMs !== null && sent.sendAtMs > base.at ? sent.sendAtMs : null;
  return {
    entry: {
      ...base,
      to: sent.to,
      template: sent.templateName,
      decision: outcome.accepted ? "accepted" : isHidden ? "dropped" : "refused",
      httpStatus: answer.httpStatus,
      code: outcome.accepted ? 0 : outcome.code,
      shape: outcome.accepted && answer.httpStatus < 300 ? outcome.shape : null,
      wamid: outcome.accepted ? wamid : null,
      fault: outcome.fault,
      scheduledAt: sendAtMs,
      statuses: outcome.accepted && !outcome.webhooks.lost ? outcome.statuses.map(stepName) : [],
    },
    answer,
    message: outcome.accepted
      ? { wamid, waId, steps: outcome.statuses, webhooks: outcome.webhooks, sendAtMs, state }
      : null,
    state,
  };
}

function stepName(step: Outcome["statuses"][number]): string {
  return step.code === 0 ? step.status : `${step.status}:${step.code}`;
}

function respond(deps: ApiDeps, response: ServerResponse, decision: Decision): void {
  const { answer, message } = decision;
  const finish = () => {
    if (message?.webhooks.beforeAnswer && message.sendAtMs === null) {
      deps.feed.followBefore(message, () => sendAnswer(response, answer));
      return;
    }
    sendAnswer(response, answer);
    if (message !== null) deps.feed.follow(message);
  };
  const waitMs = drawWithin(deps.settings().latencyMs, decision.state, PURPOSE.latency);
  if (waitMs === 0) {
    finish();
    return;
  }
  deps.pending.begin();
  deps.timers.after(waitMs, () => {
    finish();
    deps.pending.end();
  });
}

/** What GET returns is not documented; a list of the latest messages is a guess. */
function listAnswer(counters: Counters, number: string): Answer {
  return {
    how: "whole",
    httpStatus: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify({ template_messages: counters.recent(number) }),
  };
}
