import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { onTestFinished } from "vitest";
import type { WebhookEndpoint } from "../../src/config/config.ts";
import { EVENT_TYPES } from "../../src/core/notice.ts";
import { createNotifier, notifierTiming } from "../../src/notices/notifier.ts";
import { createPoster } from "../../src/notices/post.ts";
import type { TestStore } from "../support/campaigns.ts";
import { SOON } from "../support/soon.ts";

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** A webhook as the receiver got it; its signature is verified. */
export interface Received {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
  readonly headers: IncomingMessage["headers"];
}

type Answering = (received: Received, answer: ServerResponse, nth: number) => void;

const OK: Answering = (_, answer) => void answer.writeHead(204).end();

/** A receiver on loopback that verifies each webhook, and answers as `answering` says. */
export async function openReceiver(answering: Answering = OK) {
  const received: Received[] = [];
  const wrong: unknown[] = [];
  const current = { answering };
  async function receive(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const headers = request.headers as Record<string, string>;
    try {
      const isSigned = headers["webhook-signature"] !== undefined;
      const body = isSigned ? new Webhook(SECRET).verify(text, headers) : JSON.parse(text);
      const one = { ...(body as Received), id: headers["webhook-id"] ?? "", headers };
      received.push(one);
      current.answering(one, answer, received.length);
    } catch (error) {
      wrong.push(error);
      answer.writeHead(400).end();
    }
  }
  const server = createServer((request, answer) => void receive(request, answer));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook?key=secret-key`,
    received,
    wrong,
    /** From now on. */
    answer(next: Answering): void {
      current.answering = next;
    },
  };
}

export function endpointOf(url: string, changes: Partial<WebhookEndpoint> = {}): WebhookEndpoint {
  return {
    ...{ id: "e1", name: "receiver #e1", url, format: "standard", numbers: null },
    ...{ secrets: [SECRET.slice("whsec_".length)], events: new Set(EVENT_TYPES) },
    allowPrivate: false,
    ...changes,
  };
}

type NotifierInput = Parameters<typeof createNotifier>[0];

/** One worker's notifier; its steps are taken by the test. */
export function openNotifier(
  { store }: TestStore,
  endpoints: readonly WebhookEndpoint[],
  changes: Partial<NotifierInput> = {},
  answerMs: number = SOON.timeout,
) {
  const logged: object[] = [];
  const log = (fields: object, words: string) => void logged.push({ ...fields, words });
  const poster = createPoster({ timeoutMs: answerMs });
  onTestFinished(() => poster.close());
  const notifier = createNotifier({
    ...{ store, endpoints, post: poster.post, random: () => 0 },
    timing: { ...notifierTiming(1), registerEveryMs: 0, failedEveryMs: 0, silenceEveryMs: 0 },
    logger: { warn: log, error: log } as unknown as NotifierInput["logger"],
    troubles: (error) => {
      throw error;
    },
    ...changes,
  });
  /** Everything that is due now. */
  async function deliver(): Promise<void> {
    await notifier.step();
    await notifier.settled();
  }
  return { ...notifier, deliver, logged };
}
