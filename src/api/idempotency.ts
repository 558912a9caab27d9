/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same key and request get the
 * same answer for 24 hours, and act once. Each client (the password, or a token) has keys of its
 * own.
 */
import { createHash } from "node:crypto";
import { type Refused, refuse } from "../core/refusal.ts";
import { toProblem } from "../http/problem.ts";
import type { Requests, RequestTry } from "../store/index.ts";
import type { ApiContext } from "./access.ts";
import type { Answer } from "./answer.ts";

/** What a request asks for beside its address: the digest of its body. */
type BodyDigest = string;

export interface Idempotency {
  /**
   * Carries out a request; `act` gets the try if it has a key, else null. An answer that a repeat
   * may turn into another (a failure of ours, too many at once) is not kept.
   */
  run(
    context: ApiContext,
    body: BodyDigest,
    act: (request: RequestTry | null) => Promise<Response>,
  ): Promise<Response>;
}

export const KEY_HEADER = "idempotency-key";
const KEY = /^[\x21-\x7e]{1,255}$/;

interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const HEADERS_KEPT = ["content-type", "location"];

export function createIdempotency(requests: Requests, answer: Answer): Idempotency {
  const no = (context: ApiContext, refused: Refused, headers = {}) =>
    answer(context, toProblem(refused, headers));

  return {
    async run(context, body, act) {
      const key = context.req.header(KEY_HEADER);
      if (key === undefined) return act(null);
      if (!KEY.test(key)) return no(context, refuseKey());
      const { pathname, search } = new URL(context.req.url);
      const asked = digestOf(`${context.req.method} ${pathname}${search}\n${body}`);
      const { who } = context.get("access");
      const begun = await requests.begin({ who, key, body: asked });
      switch (begun.kind) {
        case "other":
          return no(context, refuseReused());
        case "busy": {
          const seconds = String(Math.max(1, Math.ceil(begun.waitMs / 1_000)));
          return no(context, refuseInFlight(), { "retry-after": seconds });
        }
        case "answered":
          return replay(begun.answer);
        case "begun":
          return actOnce(begun.request, act);
      }
    },
  };
}

async function actOnce(
  request: RequestTry,
  act: (request: RequestTry) => Promise<Response>,
): Promise<Response> {
  let kept: string | null = null;
  try {
    const response = await act(request);
    if (response.status < 500 && !MAY_CHANGE.has(response.status)) {
      kept = JSON.stringify(await keep(response.clone()));
    }
    return response;
  } finally {
    await request.end(kept);
  }
}

/** Timeouts and "too many at once". */
const MAY_CHANGE = new Set([408, 425, 429]);

async function keep(response: Response): Promise<KeptAnswer> {
  const headers = HEADERS_KEPT.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    status: response.status,
    headers: Object.fromEntries(headers),
    body: await response.text(),
  };
}

function replay(answer: string): Response {
  const { status, headers, body } = JSON.parse(answer) as KeptAnswer;
  return new Response(body, { status, headers: { ...headers, "idempotency-replayed": "true" } });
}

export function digestOf(text: string | Buffer): BodyDigest {
  return createHash("sha256").update(text).digest("hex");
}

function refuseKey(): Refused {
  return refuse(
    "idempotency_key_invalid",
    "The Idempotency-Key is empty, longer than 255 characters, or has characters beyond ASCII.",
    "Use a random one for each request, such as a UUID.",
  );
}

function refuseReused(): Refused {
  return refuse(
    "idempotency_key_reused",
    "This Idempotency-Key was used for another request in the last 24 hours. Nothing was done.",
    "Use a new key for a new request; to repeat one, send exactly the same.",
  );
}

function refuseInFlight(): Refused {
  return refuse(
    "idempotency_in_flight",
    "A request with this Idempotency-Key is being carried out.",
    "Repeat it after the time in Retry-After: it then gets the same answer.",
  );
}
