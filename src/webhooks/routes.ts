import type { IncomingMessage, ServerResponse } from "node:http";
import { answerProblem } from "../http/answer-problem.ts";
import { answerProbe, isProbe, type Probed } from "../http/probes.ts";
import type { WebhookCounters } from "./counters.ts";
import { PROBLEMS } from "./problems.ts";

interface RouteDeps {
  readonly receive: (
    request: IncomingMessage,
    response: ServerResponse,
    number: string | null,
  ) => Promise<void>;
  readonly hasNumber: (number: string) => boolean;
  readonly probed: Probed;
  readonly counters: WebhookCounters;
}

const HOOK_PATH = "/webhooks/livechat";

/** The five routes of the webhooks port. */
export function createRoutes(
  deps: RouteDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { receive, hasNumber, probed, counters } = deps;

  function hook(request: IncomingMessage, response: ServerResponse, number: string | null): void {
    if (request.method === "POST") settle(request, receive(request, response, number));
    else answerProblem(request, response, PROBLEMS.methodNotAllowed, { allow: "POST" });
  }

  return (request, response) => {
    const url = request.url ?? "";
    // The hot route first, before parsing the path.
    if (url === HOOK_PATH) return hook(request, response, null);
    const path = plainPath(url);
    if (path === HOOK_PATH) return hook(request, response, null);
    const number = /^\/webhooks\/livechat\/([^/]+)$/.exec(path)?.[1];
    if (number !== undefined) {
      if (hasNumber(number)) return hook(request, response, number);
      counters.warn(PROBLEMS.numberUnknown.refusal.code, "webhooks arrive for an unknown number");
      return answerProblem(request, response, PROBLEMS.numberUnknown);
    }
    if (request.method === "POST" && !isProbe(path, probed)) {
      counters.warn(
        PROBLEMS.notFound.refusal.code,
        "a POST to an unknown path: perhaps webhooks with a wrong address",
      );
    }
    settle(request, answerProbe({ path, request, response }, probed, PROBLEMS));
  };
}

/**
 * The intended path. Pasting an address together leaves a slash at its end, which is ignored. It
 * may also leave a double slash, but a proxy may read that as another path, so it is refused.
 */
function plainPath(url: string): string {
  const path = url.split("?", 1)[0] as string;
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

/** A bug in a handler costs only its own connection. */
function settle(request: IncomingMessage, handled: Promise<void>): void {
  handled.catch(() => request.socket.destroy());
}
