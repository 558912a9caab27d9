import type { IncomingMessage, ServerResponse } from "node:http";
import type { Scrape } from "../core/scrape.ts";
import { answerProblem } from "./answers.ts";
import type { WebhookCounters } from "./counters.ts";
import { PROBLEMS } from "./problems.ts";

export interface RouteDeps {
  readonly receive: (
    request: IncomingMessage,
    response: ServerResponse,
    number: string | null,
  ) => Promise<void>;
  readonly hasNumber: (number: string) => boolean;
  /** Whether events can be stored now. */
  readonly ready: () => boolean | Promise<boolean>;
  /** What a person must put right although events are stored. */
  readonly problem?: () => string | undefined;
  readonly scrape: Scrape | undefined;
  readonly counters: WebhookCounters;
}

const HOOK_PATH = "/webhooks/livechat";

/** The five routes of the webhooks port. */
export function createRoutes(
  deps: RouteDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { receive, hasNumber, ready, scrape, counters } = deps;

  function hook(request: IncomingMessage, response: ServerResponse, number: string | null): void {
    if (request.method === "POST") settle(request, receive(request, response, number));
    else answerProblem(request, response, PROBLEMS.methodNotAllowed, { allow: "POST" });
  }

  async function readiness(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let isReady = false;
    try {
      isReady = await ready();
    } catch {
      // A check that cannot be made is a no, and the no is the answer.
    }
    const body = JSON.stringify({ status: "ready", problem: deps.problem?.() });
    if (isReady) answerText(response, "application/json", body);
    else answerProblem(request, response, PROBLEMS.notReady);
  }

  async function look(request: IncomingMessage, response: ServerResponse, path: string) {
    if (path === "/healthz") answerText(response, "application/json", '{"status":"ok"}');
    else if (path === "/readyz") await readiness(request, response);
    else if (scrape !== undefined) {
      answerText(response, scrape.contentType, await scrape.text());
    }
  }

  return (request, response) => {
    const url = request.url ?? "";
    // The hot route first, before its path is taken apart.
    if (url === HOOK_PATH) return hook(request, response, null);
    const path = plainPath(url);
    if (path === HOOK_PATH) return hook(request, response, null);
    const number = /^\/webhooks\/livechat\/([^/]+)$/.exec(path)?.[1];
    if (number !== undefined) {
      if (hasNumber(number)) return hook(request, response, number);
      counters.warn(
        PROBLEMS.numberUnknown.refusal.code,
        "webhooks come to the path of a number that is unknown",
      );
      return answerProblem(request, response, PROBLEMS.numberUnknown);
    }
    const isLook =
      path === "/healthz" || path === "/readyz" || (path === "/metrics" && scrape !== undefined);
    if (!isLook) {
      if (request.method === "POST") {
        counters.warn(
          PROBLEMS.notFound.refusal.code,
          "something is posted to a path where nothing is served: perhaps webhooks to a wrong one",
        );
      }
      return answerProblem(request, response, PROBLEMS.notFound);
    }
    if (request.method === "GET" || request.method === "HEAD") {
      return settle(request, look(request, response, path));
    }
    answerProblem(request, response, PROBLEMS.methodNotAllowed, { allow: "GET, HEAD" });
  };
}

/**
 * The path that was meant. A slash at its end comes from copying an address together. A second slash
 * within it does too, but a proxy may read it as another path, so it is told and not guessed.
 */
function plainPath(url: string): string {
  const path = url.split("?", 1)[0] as string;
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** A bug in a handler costs its own connection, and nobody else's. */
function settle(request: IncomingMessage, handled: Promise<void>): void {
  handled.catch(() => request.socket.destroy());
}

function answerText(response: ServerResponse, contentType: string, body: string): void {
  response.writeHead(200, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}
