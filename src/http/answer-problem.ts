import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { PROBLEM_TYPE, type Problem, problemFields } from "./problem.ts";

/** How long a refused sender may take to read the answer before its connection is cut. */
const LINGER_MS = 1000;

/** Answers with a problem. Closes the connection if a body was announced but not read. */
export function answerProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (!request.complete && hasBody(request)) {
    // With pipelined requests it may not be the turn of `response`: just close the connection.
    if (response.socket === null) request.socket.destroy();
    else closeWith(request.socket, problem, headers);
    return;
  }
  const body = JSON.stringify(problemFields(problem));
  response.writeHead(problem.status, {
    "content-type": PROBLEM_TYPE,
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/**
 * Answers, closes our half, and cuts the connection a moment later without reading on. It writes to
 * the socket directly because node:http offers only two extremes: reading the rest of the body
 * (perhaps 100 MB), or destroying the socket at once, whose RST discards the answer of a sender
 * that is still writing.
 */
export function closeWith(
  socket: Duplex,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(problemFields(problem));
  const lines = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? "Error"}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "connection: close",
  ];
  socket.pause();
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(cut));
}

/** Whether a body follows the headers. */
function hasBody(request: IncomingMessage): boolean {
  return (
    request.headers["transfer-encoding"] !== undefined ||
    Number(request.headers["content-length"] ?? 0) > 0
  );
}
