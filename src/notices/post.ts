import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { isIP } from "node:net";
import { Webhook } from "standardwebhooks";
import { Agent, request } from "undici";
import { isLoopback } from "../config/addresses.ts";
import type { WebhookEndpoint } from "../config/config.ts";
import { isPublicAddress } from "../config/public-address.ts";
import { VERSION } from "../version.ts";

/** Standard Webhooks 1.0 recommends 15 to 30 s. */
export const POST_TIMEOUT_MS = 20_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** An answer is not read, only drained so that the connection can be used again. */
const ANSWER_BYTES_MAX = 16 * 1024;

export interface Webhooked {
  /** The same at each try, so that the endpoint can recognise a repeated one. */
  readonly id: string;
  readonly body: string;
}

/** `why` never has the URL or an address: it is stored and shown. */
export type Posted =
  | { readonly kind: "delivered" }
  | { readonly kind: "failed" | "gone"; readonly why: string };

/**
 * Posts to the operator's endpoints, signed by Standard Webhooks 1.0. Only 2xx is a success, and
 * redirects are not followed. The address that is connected to is checked, not the name: else a
 * name could lead into the network of this machine (SSRF). Never rejects.
 */
export function createPoster({
  timeoutMs = POST_TIMEOUT_MS,
  resolve = lookup,
}: {
  timeoutMs?: number;
  /** `dns.lookup`, or what stands for it in a test. */
  resolve?: Resolve;
} = {}) {
  const agents = new Map<string, Agent>();

  function agentOf(endpoint: WebhookEndpoint): Agent {
    const known = agents.get(endpoint.id);
    if (known !== undefined) return known;
    const connect = {
      lookup: lookupFor(endpoint, resolve),
      timeout: Math.min(CONNECT_TIMEOUT_MS, timeoutMs),
    };
    const agent = new Agent({ connect, connections: 4, maxHeaderSize: 16 * 1024 });
    agents.set(endpoint.id, agent);
    return agent;
  }

  async function post(endpoint: WebhookEndpoint, webhook: Webhooked): Promise<Posted> {
    const host = new URL(endpoint.url).hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) !== 0 && !mayConnect(endpoint, host)) return { kind: "failed", why: PRIVATE };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await request(endpoint.url, {
        ...{ method: "POST", body: webhook.body, signal, dispatcher: agentOf(endpoint) },
        headers: headersOf(endpoint, webhook),
      });
      // The status is the answer; how its body ends does not matter.
      await answer.body.dump({ limit: ANSWER_BYTES_MAX, signal }).catch(() => {});
      return judge(answer.statusCode);
    } catch (error) {
      return { kind: "failed", why: signal.aborted ? "no answer in time" : failureWords(error) };
    }
  }

  return {
    post,
    async close(): Promise<void> {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

export type Poster = ReturnType<typeof createPoster>;

function judge(status: number): Posted {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  if (status === 410) return { kind: "gone", why: "HTTP 410 (gone)" };
  const redirect = status >= 300 && status < 400 ? " (redirects are not followed)" : "";
  return { kind: "failed", why: `HTTP ${status}${redirect}` };
}

function headersOf({ secrets }: WebhookEndpoint, { id, body }: Webhooked): Record<string, string> {
  const now = new Date();
  // Several secrets while one replaces another: the endpoint accepts any of them.
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, now, body));
  return {
    "content-type": "application/json",
    "user-agent": `Dropcast/${VERSION}`,
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
    ...(signatures.length === 0 ? {} : { "webhook-signature": signatures.join(" ") }),
  };
}

const PRIVATE = "its address is of a private network (allowPrivate)";

class PrivateAddress extends Error {}

function mayConnect({ url, allowPrivate }: WebhookEndpoint, address: string): boolean {
  // The configuration names this machine, so only this machine is meant.
  if (isLoopback(new URL(url).hostname)) return isLoopback(address);
  return allowPrivate || isPublicAddress(address);
}

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

type Resolve = (
  name: string,
  options: LookupOptions & { all: true },
  found: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Resolves a name to those of its addresses that may be connected to. */
function lookupFor(endpoint: WebhookEndpoint, resolve: Resolve) {
  return (name: string, options: LookupOptions, found: Found): void => {
    resolve(name, { ...options, all: true }, (error, all) => {
      if (error !== null) return found(error, []);
      const allowed = all.filter(({ address }) => mayConnect(endpoint, address));
      const [first] = allowed;
      if (first === undefined) return found(new PrivateAddress(), []);
      if (options.all === true) found(null, allowed);
      else found(null, first.address, first.family);
    });
  };
}

/** Of errors only the code: their messages have addresses. */
function failureWords(error: unknown): string {
  if (error instanceof PrivateAddress) return PRIVATE;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return WORDS[code] ?? (code === "" ? "the request failed" : `the request failed (${code})`);
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was cut",
  ENOTFOUND: "its name could not be resolved",
  EAI_AGAIN: "its name could not be resolved",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_SOCKET: "the connection was cut",
};
