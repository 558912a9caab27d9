import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { type buildConnector, Client, type Dispatcher, Pool } from "undici";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { type Answer, classify, type SendOutcome } from "./classify.ts";
import { type Connection, Exchange, type ExchangeSettings } from "./exchange.ts";
import { createFenceClock } from "./fence-clock.ts";
import { explainAnswer, type Probe, probeAnswer } from "./probe.ts";

export type { SendOutcome } from "./classify.ts";
export type { Probe } from "./probe.ts";

export interface LivechatClient {
  /**
   * POSTs one message. Never rejects, and settles within the connect and answer timeouts.
   * `claimedAt` is `now()` just before the claim: a request that would start more than
   * `startFenceMs` later is not started (`aborted`). `onStatus` gets the HTTP status of the
   * answer, if one came, before this settles.
   */
  send(
    body: string,
    claimedAt: number,
    onStatus?: (httpStatus: number) => void,
  ): Promise<SendOutcome>;
  /** The clock that the start fence is measured on, ms: {@link createFenceClock}. */
  now(): number;
  /** GETs the number's template messages: status and body as received, whatever the status. */
  fetchTemplates(): Promise<Result<{ status: number; text: string }>>;
  /** Checks the token and the number with a GET. Never rejects. */
  probe(): Promise<Probe>;
  /** Waits for pending answers, then closes every connection. */
  close(): Promise<void>;
}

export interface LivechatClientOptions {
  apiUrl: string;
  numberId: string;
  /** Base64, ready for `Basic`. */
  token: string;
  connections: number;
  answerTimeoutMs: number;
  connectTimeoutMs?: number;
  startFenceMs?: number;
  now?: () => number;
}

const ANSWER_BYTES_MAX = 256 * 1024;
const LIST_BYTES_MAX = 8 * 1024 * 1024;

const CONNECT_TIMEOUT_MS = 5_000;

/** Below the idle timeout of common servers, so that a POST rarely meets a closing connection. */
const KEEP_ALIVE_MS = 4_000;

const UNDICI_LATER_MS = 5_000;

/** undici's timers are coarse; its own connect error, which has a cause, should come first. */
const START_PER_CONNECT = 1.4;

/**
 * The only place that talks to the LiveChat API. A POST is written at most once: HTTP/1.1, one
 * request at a time on a connection, no retry, no redirect, no proxy from the environment (undici
 * reads none by itself). After an unknown outcome its connection is closed, so that a late answer
 * can never be taken for the next message's.
 */
export function createLivechatClient(options: LivechatClientOptions): LivechatClient {
  const url = new URL(options.apiUrl);
  const pool = openPool(url, options);
  const now = options.now ?? createFenceClock();
  const settings = exchangeSettings(options, now);
  const listSettings: ExchangeSettings<Answer> = {
    ...settings,
    answerBytesMax: LIST_BYTES_MAX,
    startFenceMs: Number.POSITIVE_INFINITY,
    toResult: (answer) => answer,
  };
  const id = encodeURIComponent(options.numberId);
  const path = `${url.pathname.replace(/\/+$/, "")}/whatsapp-numbers/${id}/template-messages`;
  const getHeaders = createHeaders(options.token);
  const postHeaders = [...getHeaders, "content-type", "application/json"];
  let closed: Promise<void> | undefined;

  function send(
    body: string,
    claimedAt: number,
    onStatus?: (httpStatus: number) => void,
  ): Promise<SendOutcome> {
    return new Promise((resolve) => {
      const exchange = new Exchange(settings, claimedAt, resolve, onStatus);
      dispatch(pool, { path, method: "POST", headers: postHeaders, body, exchange }, exchange);
    });
  }

  function get(): Promise<Answer> {
    return new Promise((resolve) => {
      const exchange = new Exchange(listSettings, 0, resolve);
      dispatch(pool, { path, method: "GET", headers: getHeaders, exchange }, exchange);
    });
  }

  async function fetchTemplates(): Promise<Result<{ status: number; text: string }>> {
    const answer = await get();
    if (answer.stage === "after_request" && answer.complete && answer.status !== null) {
      return accept({ status: answer.status, text: answer.body });
    }
    return refuse(
      "api_unreachable",
      explainAnswer(answer, url.host),
      "Check DROPCAST_API_URL and the network, then try again.",
    );
  }

  return {
    send,
    now,
    fetchTemplates,
    probe: async () => probeAnswer(await get(), url.host),
    close: () => {
      closed ??= pool.close();
      return closed;
    },
  };
}

interface ExchangeOptions extends Dispatcher.DispatchOptions {
  exchange: { connection: Connection | null };
}

function dispatch<T>(pool: Pool, options: ExchangeOptions, exchange: Exchange<T>): void {
  try {
    pool.dispatch(options, exchange);
  } catch (error) {
    // undici reports every failure to the handler. If it throws all the same, the handler knows
    // whether the request had started.
    exchange.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)));
  }
}

function exchangeSettings(
  options: LivechatClientOptions,
  now: () => number,
): ExchangeSettings<SendOutcome> {
  return {
    startFenceMs: options.startFenceMs ?? 2_000,
    startTimeoutMs: (options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS) * START_PER_CONNECT,
    answerTimeoutMs: options.answerTimeoutMs,
    answerBytesMax: ANSWER_BYTES_MAX,
    connections: options.connections,
    running: { count: 0 },
    now,
    toResult: (answer, connection) => {
      const outcome = classify(answer);
      if (outcome.kind === "unknown") connection?.socket?.destroy();
      return outcome;
    },
  };
}

function openPool(url: URL, options: LivechatClientOptions): Pool {
  return new Pool(url.origin, {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    connectTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    // The exchange has the answer timeout; undici's own would fire before the socket is read.
    headersTimeout: Math.ceil(options.answerTimeoutMs) + UNDICI_LATER_MS,
    bodyTimeout: Math.ceil(options.answerTimeoutMs) + UNDICI_LATER_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    factory: openConnection,
  });
}

/**
 * A pool member that gives an exchange its connection. undici shows a handler neither its
 * connection nor its socket, and a complete answer can no longer be aborted.
 */
function openConnection(origin: URL, options: object): Client {
  const connection: Connection = { socket: null };
  const { connect } = options as { connect: buildConnector.connector };
  const client = new Client(origin, {
    ...options,
    connect: (target, done) =>
      connect(target, (...[error, socket]: buildConnector.CallbackArgs) => {
        connection.socket = (socket ?? null) as Socket | null;
        if (error) done(error, null);
        else done(null, socket);
      }),
  });
  const dispatchHere = client.dispatch.bind(client);
  client.dispatch = (request, handler) => {
    (request as ExchangeOptions).exchange.connection = connection;
    return dispatchHere(request, handler);
  };
  return client;
}

/** Everything sent to the API besides path and body. None of it is personal. */
function createHeaders(token: string): string[] {
  return [
    "authorization",
    `Basic ${token}`,
    "accept",
    "application/json",
    // Without it the server may choose (RFC 9110, 12.5.3).
    "accept-encoding",
    "identity",
    "user-agent",
    `dropcast/${version}`,
  ];
}

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string };
