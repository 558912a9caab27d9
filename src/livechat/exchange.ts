import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import type { Answer } from "./classify.ts";
import { UnansweredError } from "./wire-errors.ts";

/**
 * One request and its answer so far: the handler that undici calls back.
 *
 * The boundary between "not sent" and "unknown" is `onRequestStart`. Read in undici 7.30
 * (lib/dispatcher/client-h1.js, `writeH1`) and pinned by tests with a server that records bytes:
 * - it is called once per request, on a connected socket, synchronously before the first byte is
 *   written; when connecting fails it is never called;
 * - if it throws, the error is caught there: the request fails with no byte written and the socket
 *   stays usable. So the fence throws. (`controller.abort` writes nothing either, but closes the
 *   socket, and if connecting takes longer than the fence nothing would ever be sent.)
 * - a POST that was written is not written again: undici requeues a request only behind a pipelined
 *   one, or when the socket ends with its own `UND_ERR_INFO` during a request; with `pipelining: 1`
 *   neither happens. If it did, the second `onRequestStart` would throw, and the outcome would stay
 *   unknown.
 *
 * Several calls can report the end (a timer, an error, the last byte): the first one counts.
 */
export class Exchange<T> implements Dispatcher.DispatchHandler {
  /** The connection of the request; its socket is set before the request starts. */
  connection: Connection | null = null;
  readonly #settings: ExchangeSettings<T>;
  readonly #claimedAt: number;
  readonly #resolve: (value: T) => void;
  readonly #onStatus: ((httpStatus: number) => void) | undefined;
  #phase: "waiting" | "started" | "settled" = "waiting";
  #controller: Dispatcher.DispatchController | null = null;
  #timer: NodeJS.Timeout;
  #status: number | null = null;
  #headers: IncomingHttpHeaders = {};
  #first: Buffer | null = null;
  #rest: Buffer[] | null = null;
  #bytes = 0;

  constructor(
    settings: ExchangeSettings<T>,
    claimedAt: number,
    resolve: (value: T) => void,
    onStatus?: (httpStatus: number) => void,
  ) {
    this.#settings = settings;
    this.#claimedAt = claimedAt;
    this.#resolve = resolve;
    this.#onStatus = onStatus;
    this.#timer = setTimeout(onStartDeadline, settings.startTimeoutMs, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#phase !== "waiting") {
      this.#settleUnanswered(new UnansweredError("reset_after_request"));
      throw new NotStarted();
    }
    if (this.#settings.now() - this.#claimedAt > this.#settings.startFenceMs) {
      this.#settle({ stage: "fenced" });
      throw new NotStarted();
    }
    this.#phase = "started";
    this.#settings.running.count += 1;
    this.#controller = controller;
    clearTimeout(this.#timer);
    // From the start to the last byte: a slow trickle of bytes does not extend it.
    this.#timer = setTimeout(onAnswerDeadline, this.#settings.answerTimeoutMs, this);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // Informational answers (103 Early Hints) come before the final one.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#onStatus?.(status);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#settings.answerBytesMax) {
      controller.abort(new UnansweredError("answer_too_long"));
      return;
    }
    if (this.#first === null) this.#first = chunk;
    else if (this.#rest === null) this.#rest = [this.#first, chunk];
    else this.#rest.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#phase !== "started") return;
    this.#settle({
      stage: "after_request",
      complete: true,
      error: null,
      status: this.#status,
      headers: this.#headers,
      body: this.#text(),
      nowMs: Date.now(),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#phase === "waiting") this.#settle({ stage: "before_request", error });
    else this.#settleUnanswered(error);
  }

  /** No connection in time. A later `onRequestStart` finds the exchange settled and throws. */
  expireStart(): void {
    if (this.#phase !== "waiting") return;
    // If every connection is busy, our own queue was full: the API is not at fault.
    const isQueued = this.#settings.running.count >= this.#settings.connections;
    this.#settle(
      isQueued ? { stage: "fenced" } : { stage: "before_request", error: new ConnectTooSlow() },
    );
  }

  expireAnswer(): void {
    if (this.#phase !== "started") return;
    this.#controller?.abort(new UnansweredError("answer_timeout"));
    // undici reports an abort at once through onResponseError; this covers the case it does not.
    this.#settleUnanswered(new UnansweredError("answer_timeout"));
  }

  #settleUnanswered(error: Error): void {
    this.#settle({
      stage: "after_request",
      complete: false,
      error,
      status: this.#status,
      headers: this.#headers,
      body: "",
      nowMs: 0,
    });
  }

  #settle(answer: Answer): void {
    if (this.#phase === "settled") return;
    if (this.#phase === "started") this.#settings.running.count -= 1;
    this.#phase = "settled";
    clearTimeout(this.#timer);
    this.#resolve(this.#settings.toResult(answer, this.connection));
  }

  #text(): string {
    if (this.#rest !== null) return Buffer.concat(this.#rest).toString("utf8");
    return this.#first === null ? "" : this.#first.toString("utf8");
  }
}

/** The settings that all exchanges of one kind share. */
export interface ExchangeSettings<T> {
  readonly startFenceMs: number;
  /** How long a request may wait for a connection. */
  readonly startTimeoutMs: number;
  /** From the request's start to the answer's last byte. */
  readonly answerTimeoutMs: number;
  readonly answerBytesMax: number;
  readonly connections: number;
  /** How many requests are running now. */
  readonly running: { count: number };
  readonly now: () => number;
  /** Converts the answer into the caller's value. May close the connection. */
  readonly toResult: (answer: Answer, connection: Connection | null) => T;
}

/** One connection of the pool, and its current socket. */
export interface Connection {
  socket: Socket | null;
}

class NotStarted extends Error {}

class ConnectTooSlow extends Error {
  readonly code = "ETIMEDOUT";
}

function onStartDeadline(exchange: { expireStart(): void }): void {
  exchange.expireStart();
}

/**
 * After a long pause (a stopped or starved process) timers run before sockets are read, and an
 * answer that arrived in time would be discarded unread. So let the sockets go first.
 */
function onAnswerDeadline(exchange: { expireAnswer(): void }): void {
  setImmediate(() => exchange.expireAnswer());
}
