import { createHash } from "node:crypto";
import { lookup as resolveName } from "node:dns";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Agent, buildConnector, type Dispatcher } from "undici";
import { isLoopbackName } from "../../core/recurring.ts";
import { LIST_BYTES_MAX } from "../list/open.ts";
import { type IsAllowed, isLoopback } from "./addresses.ts";

interface FetchInput {
  /** https, or http on loopback. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`, and to this origin only. */
  readonly token: string | null;
  /** Of the last list; empty: none. */
  readonly etag: string;
  /** Where the list is written; the file must not exist. */
  readonly to: string;
  readonly isAllowed: IsAllowed;
  /** For all of it. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly bytesMax?: number;
}

type Fetched =
  | { readonly kind: "list"; readonly digest: string; readonly etag: string }
  | { readonly kind: "none"; readonly outcome: "empty" | "unchanged"; readonly why: string }
  | { readonly kind: "trouble"; readonly why: string };

const REDIRECTS_MAX = 3;
const CONNECT_MS = 10_000;
/** Between two pieces of an answer. */
const SILENT_MS = 30_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Why a list is not fetched, for people: without the token and the query of the address. */
class FetchTrouble extends Error {}

/**
 * Fetches a list to a file. What it does not take: an answer that is cut off, of another coding, or
 * whose end cannot be known; more bytes than a list may have; a redirect from https to http; and
 * any address that is not allowed, as connected to, so that no name can lead elsewhere.
 */
export async function fetchList(input: FetchInput): Promise<Fetched> {
  const timeout = AbortSignal.timeout(input.timeoutMs);
  const signal = AbortSignal.any([input.signal, timeout]);
  const allowsLoopback = isLoopbackName(new URL(input.url).hostname);
  const isAllowed = (address: string): boolean =>
    input.isAllowed(address) || (allowsLoopback && isLoopback(address));
  const agent = new Agent({
    ...{ connect: connectorTo(isAllowed), headersTimeout: SILENT_MS, bodyTimeout: SILENT_MS },
    // One list is fetched, and then nothing for hours.
    pipelining: 0,
  });
  try {
    return await follow({ ...input, signal, isAllowed }, agent);
  } catch (error) {
    if (input.signal.aborted) return { kind: "trouble", why: "it was interrupted" };
    const seconds = input.timeoutMs / 1_000;
    if (timeout.aborted) return { kind: "trouble", why: `it was not fetched within ${seconds} s` };
    return { kind: "trouble", why: whyNot(error) };
  } finally {
    await agent.destroy();
  }
}

async function follow(input: FetchInput, agent: Agent): Promise<Fetched> {
  const first = new URL(input.url);
  let url = first;
  let { token } = input;
  for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
    if (url.origin !== first.origin) token = null;
    const answer = await agent.request({
      ...{ origin: url.origin, path: url.pathname + url.search, method: "GET" },
      headers: {
        ...{ accept: "text/csv, text/plain, */*;q=0.1", "accept-encoding": "identity" },
        ...(token !== null ? { authorization: `Bearer ${token}` } : {}),
        ...(input.etag !== "" ? { "if-none-match": input.etag } : {}),
      },
      signal: input.signal,
    });
    if (!REDIRECTS.has(answer.statusCode)) return await take(answer, input);
    // Its body is of no use, and may be endless.
    answer.body.on("error", () => {}).destroy();
    url = redirected(url, String(answer.headers["location"] ?? ""));
  }
  throw new FetchTrouble(`it was redirected more than ${REDIRECTS_MAX} times`);
}

function redirected(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw new FetchTrouble("it was redirected to no address");
  const to = new URL(location, from);
  if (from.protocol === "https:" && to.protocol !== "https:") {
    throw new FetchTrouble("it was redirected from https to http");
  }
  if (to.protocol !== "https:" && !(to.protocol === "http:" && isLoopbackName(to.hostname))) {
    throw new FetchTrouble("it was redirected to an address that is not https");
  }
  return to;
}

async function take(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { to, etag, signal, bytesMax = LIST_BYTES_MAX }: FetchInput,
): Promise<Fetched> {
  const refuse = (why: string): never => {
    body.on("error", () => {}).destroy();
    throw new FetchTrouble(why);
  };
  if (statusCode === 304 && etag !== "") {
    await body.dump();
    const why = "the source says that its list has not changed (304)";
    return { kind: "none", outcome: "unchanged", why };
  }
  if (statusCode === 204) {
    return { kind: "none", outcome: "empty", why: "the source says that it has no list (204)" };
  }
  if (statusCode !== 200) return refuse(`it answered ${statusCode}`);
  const coding = String(headers["content-encoding"] ?? "identity");
  if (coding !== "identity") return refuse(`it answered in the coding ${coding.slice(0, 20)}`);
  const length = headers["content-length"];
  if (length === undefined && headers["transfer-encoding"] === undefined) {
    return refuse("its answer has no length, so it could be cut off unnoticed");
  }
  if (Number(length ?? 0) > bytesMax) return refuse("its list is too large");
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      if (bytes > bytesMax) done(new FetchTrouble("its list is too large"));
      else done(null, chunk);
    },
  });
  const file = createWriteStream(to, { flags: "wx", mode: 0o600, flush: true });
  await pipeline(body, counted, file, { signal });
  return { kind: "list", digest: hash.digest("hex"), etag: headerOf(headers["etag"]) };
}

/** Only what may be sent back in a header. */
function headerOf(value: string | string[] | undefined): string {
  const text = String(value ?? "");
  return /^(W\/)?"[\x21\x23-\x7e]{0,256}"$/.test(text) ? text : "";
}

/** Names are resolved once, and only allowed addresses are connected to. */
function connectorTo(isAllowed: IsAllowed): buildConnector.connector {
  const connect = buildConnector({
    timeout: CONNECT_MS,
    lookup: (hostname, options, done) => {
      resolveName(hostname, { ...options, all: true }, (error, found) => {
        const allowed = (found ?? []).filter(({ address }) => isAllowed(address));
        const [first] = allowed;
        if (error !== null) return done(error, "", 0);
        if (first === undefined) return done(notAllowed(), "", 0);
        if (options.all === true) return done(null, allowed);
        done(null, first.address, first.family);
      });
    },
  });
  return (options, done) => {
    // An address in the place of a name is not looked up.
    const host = options.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) !== 0 && !isAllowed(host)) return done(notAllowed(), null);
    connect(options, (error, socket) => {
      if (error !== null) return done(error, null);
      if (!isAllowed(socket.remoteAddress ?? "")) {
        socket.destroy();
        return done(notAllowed(), null);
      }
      done(null, socket);
    });
  };
}

function notAllowed(): FetchTrouble {
  return new FetchTrouble(
    "it leads to an address that is not on the internet; DROPCAST_SOURCE_NETWORKS allows networks",
  );
}

function whyNot(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof FetchTrouble) return cause.message;
  }
  const { name, code } = error as NodeJS.ErrnoException;
  return `it cannot be fetched (${code ?? name})`;
}

/** A token is one line of visible characters. */
export async function readToken(
  path: string,
): Promise<{ ok: true; token: string } | { ok: false; why: string }> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return { ok: false, why: "its tokenFile cannot be read" };
  const token = text.trim();
  if (/^[\x21-\x7e]{1,4096}$/.test(token)) return { ok: true, token };
  return { ok: false, why: "its tokenFile does not hold one token" };
}
