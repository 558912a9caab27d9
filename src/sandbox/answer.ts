import type { ServerResponse } from "node:http";
import { type ApiError, metaRefusal, platformRefusal } from "./api-error.ts";
import type { Outcome } from "./outcome.ts";

/** What the caller gets to see. */
export interface Answer {
  readonly how: "whole" | "cut" | "reset" | "hang";
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const JSON_HEADERS = { "content-type": "application/json; charset=utf-8" } as const;
const NO_ANSWER = { httpStatus: 0, headers: {}, body: "" } as const;

/** The answer for a refused request. */
export function refusalAnswer(error: ApiError): Answer {
  return { how: "whole", httpStatus: error.httpStatus, headers: error.headers, body: error.body };
}

/** A proxy's 429: no Meta code; `Retry-After` in whole seconds, or none if null. */
export function tooManyRequests(retryAfterSeconds: number | null): ApiError {
  return platformRefusal(
    429,
    "too_many_requests",
    "Too many requests",
    retryAfterSeconds === null ? {} : { "retry-after": String(retryAfterSeconds) },
  );
}

/** The answer for an outcome. */
export function answerOf(
  outcome: Outcome,
  message: { to: string; waId: string; wamid: string },
  retryAfterSeconds: number | null,
): Answer {
  switch (outcome.answer) {
    case "success":
      return success(outcome, message);
    case "cut":
      // Whatever the shape, a cut answer needs a body to cut.
      return { ...success({ ...outcome, shape: "meta" }, message), how: "cut" };
    case "too_many_requests":
      return refusalAnswer(tooManyRequests(retryAfterSeconds));
    case "error_code":
      return refusalAnswer(metaRefusal(outcome.code));
    case "error_code_in_200":
      return { ...refusalAnswer(metaRefusal(outcome.code)), httpStatus: 200 };
    case "error_500":
      return refusalAnswer(platformRefusal(500, "internal", "Internal server error"));
    case "reset":
    case "hang":
      return { ...NO_ANSWER, how: outcome.answer };
  }
}

/** Sends an answer; does nothing if the caller has closed the connection. */
export function sendAnswer(response: ServerResponse, answer: Answer): void {
  if (answer.how === "hang") return;
  if (answer.how === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(answer.httpStatus, {
    ...answer.headers,
    "content-length": Buffer.byteLength(answer.body),
  });
  if (answer.how === "cut") {
    const half = Buffer.from(answer.body).subarray(0, answer.body.length >> 1);
    response.write(half, () => response.socket?.destroy());
    return;
  }
  // A string, not a buffer, so that Node writes head and body in one system call.
  response.end(answer.body);
}

/** A success in one of the shapes that LiveChat may use; it documents none. */
function success(outcome: Outcome, message: { to: string; waId: string; wamid: string }): Answer {
  const json = (httpStatus: number, body: object): Answer => ({
    how: "whole",
    httpStatus,
    headers: JSON_HEADERS,
    body: JSON.stringify(body),
  });
  switch (outcome.shape) {
    case "meta":
      return json(200, {
        messaging_product: "whatsapp",
        contacts: [{ input: message.to, wa_id: message.waId }],
        messages: [
          {
            id: message.wamid,
            message_status: outcome.held ? "held_for_quality_assessment" : "accepted",
          },
        ],
      });
    case "id-wamid":
      return json(201, { id: message.wamid });
    case "id-own":
      return json(200, { id: `tm_${Buffer.from(message.wamid).toString("hex").slice(-24)}` });
    case "empty":
      return { how: "whole", httpStatus: 202, headers: {}, body: "" };
  }
}
