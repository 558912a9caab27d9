/**
 * The simulated API: `POST` and `GET /whatsapp-numbers/{id}/template-messages`.
 *
 * The order of things is the point of this module. A POST is judged, counted and written to the
 * oracle's log in one synchronous stretch; only then does anything leave: the answer, or the
 * webhook that overtakes it. So whatever the caller has seen is in the log, and a log without a
 * line proves that the API did not take the message.
 */
import { hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import { answerOf, refusalAnswer, sendAnswer, tooManyRequests } from "./answer.ts";
import type { ApiError } from "./api-error.ts";
import { platformRefusal } from "./api-error.ts";
import type { Books } from "./books.ts";
import { PURPOSE } from "./decide.ts";
import type { Fate } from "./fate.ts";
import { failedWith } from "./fate.ts";
import type { LineLog, OracleLine } from "./line-log.ts";
import type { Handler } from "./listener.ts";
import type { SandboxSettings } from "./options.ts";
import type { Pending } from "./pending.ts";
import { drawWithin, stateOf } from "./random.ts";
import type { SendRequest } from "./request.ts";
import { readSendRequest } from "./request.ts";
import type { AcceptedMessage, StatusFeed } from "./status-feed.ts";
import type { Timers } from "./timers.ts";
import { waIdOf } from "./wa-id.ts";

const PATH = /^\/whatsapp-numbers\/([^/?]+)\/template-messages(?:\?|$)/;

export interface ApiDeps {
  readonly settings: () => SandboxSettings;
  readonly fateOf: (to: string, nth: number, state: number) => Fate;
  readonly books: Books;
  readonly oracle: LineLog;
  readonly feed: StatusFeed;
  readonly wamids: (to: string) => string;
  readonly pending: Pending;
  readonly timers: Timers;
}

/** Handles every request but those for the sandbox's own pages. */
export function createApi(deps: ApiDeps): Handler {
  return (request, response, body) => {
    if (request.method !== "POST") {
      sendAnswer(response, look(deps, request));
      return;
    }
    const verdict = judge(deps, request, body);
    deps.oracle.append(verdict.line);
    deps.books.note(verdict.line);
    carryOut(deps, response, verdict);
  };
}

/** Who may ask for what: the number that is meant, or why not. */
function admit(deps: ApiDeps, request: IncomingMessage): { readonly number: string } | Refusal {
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
  return unauthorizedAfter !== null && deps.books.posts() >= unauthorizedAfter
    ? { fault: "account", error: unauthorized() }
    : { number };
}

function judge(deps: ApiDeps, request: IncomingMessage, body: Buffer): Verdict {
  const { settings, books } = deps;
  const admitted = admit(deps, request);
  const base = baseLine(request, body, books.nextSeq());
  if ("error" in admitted) {
    return refusalVerdict(base, admitted);
  }
  const { number } = admitted;
  const { ratePerSecondLimit, retryAfterSeconds, seed } = settings();
  // Before the recipient's POSTs are counted: what the limit hits depends on time, not on the seed.
  if (
    ratePerSecondLimit !== null &&
    !books.mayPass(number, ratePerSecondLimit, performance.now())
  ) {
    const error = tooManyRequests(retryAfterSeconds);
    return refusalVerdict(base, { fault: "rate-limit", error });
  }
  const sent = readSendRequest(request.headers["content-type"], body);
  if ("httpStatus" in sent) {
    return refusalVerdict(base, { fault: "invalid", error: sent });
  }
  const nth = books.nextNth(number, sent.to);
  const state = stateOf(seed, number, sent.to, nth);
  const fate = scheduledFate(deps.fateOf(sent.to, nth, state), sent);
  return sendVerdict(deps, { ...base, nth }, sent, fate, state);
}

function look(deps: ApiDeps, request: IncomingMessage): Answer {
  const admitted = admit(deps, request);
  if ("error" in admitted) {
    return refusalAnswer(admitted.error);
  }
  return request.method === "GET"
    ? listAnswer(deps.books, admitted.number)
    : refusalAnswer(
        platformRefusal(405, "not_allowed", "Method not allowed", { allow: "GET, POST" }),
      );
}

interface Refusal {
  readonly fault: string;
  readonly error: ApiError;
}

interface Verdict {
  readonly line: OracleLine;
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

function baseLine(request: IncomingMessage, body: Buffer, seq: number): OracleLine {
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

function refusalVerdict(base: OracleLine, { fault, error }: Refusal): Verdict {
  return {
    line: { ...base, fault, httpStatus: error.httpStatus, code: error.code },
    answer: refusalAnswer(error),
    message: null,
    state: base.seq,
  };
}

/** A message for later is not passed to Meta yet: what Meta would refuse fails by webhook. */
function scheduledFate(fate: Fate, sent: SendRequest): Fate {
  const isAhead = sent.sendAtMs !== null && sent.sendAtMs > Date.now();
  if (!isAhead || fate.answer !== "error_code") {
    return fate;
  }
  return { ...fate, accepted: true, answer: "success", statuses: [failedWith(fate.code)] };
}

function sendVerdict(
  deps: ApiDeps,
  base: OracleLine,
  sent: SendRequest,
  fate: Fate,
  state: number,
): Verdict {
  const waId = waIdOf(sent.to);
  const wamid = fate.accepted ? deps.wamids(waId) : "";
  const answer = answerOf(fate, { to: sent.to, waId, wamid }, deps.settings().retryAfterSeconds);
  const isSecret = !fate.accepted && (fate.answer === "error_500" || answer.httpStatus === 0);
  const sendAtMs = sent.sendAtMs !== null && sent.sendAtMs > base.at ? sent.sendAtMs : null;
  return {
    line: {
      ...base,
      to: sent.to,
      template: sent.templateName,
      decision: fate.accepted ? "accepted" : isSecret ? "dropped" : "refused",
      httpStatus: answer.httpStatus,
      code: fate.accepted ? 0 : fate.code,
      shape: fate.accepted && answer.httpStatus < 300 ? fate.shape : null,
      wamid: fate.accepted ? wamid : null,
      fault: fate.fault,
      scheduledAt: sendAtMs,
      statuses: fate.accepted && !fate.webhooks.lost ? fate.statuses.map(stepName) : [],
    },
    answer,
    message: fate.accepted
      ? { wamid, waId, steps: fate.statuses, webhooks: fate.webhooks, sendAtMs, state }
      : null,
    state,
  };
}

function stepName(step: Fate["statuses"][number]): string {
  return step.code === 0 ? step.status : `${step.status}:${step.code}`;
}

function carryOut(deps: ApiDeps, response: ServerResponse, verdict: Verdict): void {
  const { answer, message } = verdict;
  const finish = () => {
    if (message?.webhooks.beforeAnswer && message.sendAtMs === null) {
      deps.feed.followBefore(message, () => sendAnswer(response, answer));
      return;
    }
    sendAnswer(response, answer);
    if (message !== null) {
      deps.feed.follow(message);
    }
  };
  const waitMs = drawWithin(deps.settings().latencyMs, verdict.state, PURPOSE.latency);
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

/** What GET returns is not documented; a list of the last messages is as good a guess as any. */
function listAnswer(books: Books, number: string): Answer {
  return {
    how: "whole",
    httpStatus: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify({ template_messages: books.recent(number) }),
  };
}
