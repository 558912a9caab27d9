import {
  createLivechatClient,
  type LivechatClient,
  type LivechatClientOptions,
  type SendOutcome,
} from "../../src/livechat/client.ts";
import {
  httpAnswer,
  type RawScript,
  type RawServer,
  startRawServer,
} from "../support/raw-server.ts";

/** What the running test has opened: its file has `afterEach(closeOpened)`. */
export const open: { close(): Promise<void> }[] = [];

export async function closeOpened(): Promise<void> {
  await Promise.all(open.splice(0).map((it) => it.close()));
}

export const OK = httpAnswer("200 OK", '{"messages":[{"id":"wamid.A"}]}');
export const ACCEPTED: SendOutcome = {
  kind: "accepted",
  id: "wamid.A",
  isWamid: true,
  held: false,
};
export const BODY = '{"to":"48000000000"}';

/** A server that behaves by the script, and a client of it. */
export async function start(
  script: RawScript,
  options: Partial<LivechatClientOptions> = {},
): Promise<{ server: RawServer; client: LivechatClient }> {
  const server = await startRawServer(script);
  open.push(server);
  return { server, client: connect(server.url, options) };
}

export function connect(
  apiUrl: string,
  options: Partial<LivechatClientOptions> = {},
): LivechatClient {
  const client = createLivechatClient({
    apiUrl,
    numberId: "n1",
    token: "dG9rZW4=",
    connections: 4,
    answerTimeoutMs: 10_000,
    ...options,
  });
  open.unshift(client);
  return client;
}

export function send(client: LivechatClient, body = BODY): Promise<SendOutcome> {
  return client.send(body, client.now());
}

export function answering(...texts: readonly string[]): RawScript {
  let next = 0;
  return {
    answer: (socket) => {
      socket.write(texts[Math.min(next, texts.length - 1)] ?? "");
      next += 1;
    },
  };
}

export function inDoubt(reason: string, httpStatus = 0, code = 0): unknown {
  return { kind: "unknown", reason, code, httpStatus, id: null, isWamid: false };
}
