import { afterAll, beforeAll, expect, it } from "vitest";
import { createLivechatClient, type LivechatClient } from "../../src/livechat/client.ts";
import { httpAnswer, type RawServer, startRawServer } from "../support/raw-server.ts";
import { type StreamPlan, startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

/** The wire breaks inside the request, or carries it badly: a proxy between client and server. */
const BODY = `{"to":"48000000000","padding":"${"p".repeat(100)}"}`;
const OK = httpAnswer("200 OK", `{"messages":[{"id":"wamid.${"A".repeat(500)}"}]}`);

let server: RawServer;
let proxy: TcpProxy;
let client: LivechatClient;

beforeAll(async () => {
  server = await startRawServer({ answer: (socket) => socket.write(OK) });
  proxy = await startTcpProxy({ targetPort: server.port });
  client = createLivechatClient({
    apiUrl: proxy.url,
    numberId: "n1",
    token: "dA==",
    connections: 1_000,
    answerTimeoutMs: 20_000,
    startFenceMs: 20_000,
  });
});

afterAll(async () => {
  await client.close();
  await proxy.close();
  await server.close();
});

async function send(toServer: StreamPlan, toClient: StreamPlan = {}): Promise<string> {
  // Nothing kept: each message meets the plan on a connection of its own.
  proxy.cutAll();
  await server.idle();
  proxy.plan(() => ({ toServer, toClient }));
  return (await client.send(BODY, client.now())).kind;
}

it("a request and an answer that come in single bytes are whole all the same", async () => {
  expect(await send({ sliceBytes: 1 }, { sliceBytes: 1 })).toBe("accepted");
});

it.each(["reset", "end"] as const)(
  "a request that is cut behind any byte is in doubt, and is not written again (%s)",
  async (ending) => {
    expect(await send({})).toBe("accepted");
    const whole = server.requests.at(-1);
    const bytes = (whole?.head.length ?? 0) + "\r\n\r\n".length + (whole?.body.length ?? 0);
    const wholeBefore = server.requests.length;
    const connectionsBefore = proxy.connections;
    proxy.cutAll();
    await server.idle();
    let cuts = 0;
    proxy.plan(() => ({ toServer: { cut: { afterBytes: cuts++, ending } } }));

    const sent = Array.from({ length: bytes }, () => client.send(BODY, client.now()));

    const kinds = (await Promise.all(sent)).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(["unknown"]));
    expect(proxy.connections - connectionsBefore).toBe(bytes);
    expect(server.requests).toHaveLength(wholeBefore);
  },
);
