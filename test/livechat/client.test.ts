import { createRequire } from "node:module";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
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

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((it) => it.close()));
});

const OK = httpAnswer("200 OK", '{"messages":[{"id":"wamid.A"}]}');
const ACCEPTED: SendOutcome = { kind: "accepted", id: "wamid.A", isWamid: true, held: false };
const BODY = '{"to":"48000000000"}';

async function start(
  script: RawScript,
  options: Partial<LivechatClientOptions> = {},
): Promise<{ server: RawServer; client: LivechatClient }> {
  const server = await startRawServer(script);
  open.push(server);
  return { server, client: connect(server.url, options) };
}

function connect(apiUrl: string, options: Partial<LivechatClientOptions> = {}): LivechatClient {
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

function send(client: LivechatClient, body = BODY): Promise<SendOutcome> {
  return client.send(body, client.now());
}

function answering(...texts: readonly string[]): RawScript {
  let next = 0;
  return {
    answer: (socket) => {
      socket.write(texts[Math.min(next, texts.length - 1)] ?? "");
      next += 1;
    },
  };
}

describe("a message is posted", () => {
  it("with exactly the agreed path and headers", async () => {
    const { server, client } = await start(answering(OK));

    expect(await send(client)).toEqual(ACCEPTED);

    const [request] = server.requests;
    expect(request?.body).toBe(BODY);
    expect(new Set(request?.head.split("\r\n"))).toEqual(
      new Set([
        "POST /whatsapp-numbers/n1/template-messages HTTP/1.1",
        `host: 127.0.0.1:${server.port}`,
        "connection: keep-alive",
        "authorization: Basic dG9rZW4=",
        "accept: application/json",
        "accept-encoding: identity",
        `user-agent: dropcast/${version}`,
        "content-type: application/json",
        `content-length: ${BODY.length}`,
      ]),
    );
  });

  it("under the path prefix of the API URL, with the number id encoded", async () => {
    const server = await startRawServer(answering(OK));
    open.push(server);
    const client = connect(`${server.url}/v2/`, { numberId: "a/b?c" });

    await send(client);

    expect(server.requests[0]?.head).toMatch(
      /^POST \/v2\/whatsapp-numbers\/a%2Fb%3Fc\/template-messages /,
    );
  });

  it("to the API itself, whatever proxy the environment names", async () => {
    const { server, client } = await start(answering(OK));
    const proxies = { HTTP_PROXY: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9" };
    const before = { HTTP_PROXY: process.env["HTTP_PROXY"], http_proxy: process.env["http_proxy"] };
    Object.assign(process.env, proxies);

    const outcome = await send(client);

    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    expect(outcome).toEqual(ACCEPTED);
    expect(server.requests).toHaveLength(1);
  });

  it("beside 63 others, each with its own answer", async () => {
    const { server, client } = await start(
      {
        answer: (socket, request) => {
          const { to } = JSON.parse(request.body) as { to: string };
          const text = httpAnswer("200 OK", `{"messages":[{"id":"wamid.${to}"}]}`);
          setTimeout(() => socket.write(text), Number(to) % 7);
        },
      },
      { connections: 16 },
    );

    const outcomes = await Promise.all(
      Array.from({ length: 64 }, (_, i) => send(client, `{"to":"${i}"}`)),
    );

    expect(outcomes.map((it) => it.kind === "accepted" && it.id)).toEqual(
      Array.from({ length: 64 }, (_, i) => `wamid.${i}`),
    );
    expect(server.requests).toHaveLength(64);
    expect(server.connections).toBeLessThanOrEqual(16);
  });

  it("over a kept connection when there is one", async () => {
    const { server, client } = await start(answering(OK), { connections: 1 });

    for (let i = 0; i < 5; i += 1) expect(await send(client)).toEqual(ACCEPTED);

    expect(server.connections).toBe(1);
  });
});

describe("nothing was sent", () => {
  it("when the connection is refused", async () => {
    const server = await startRawServer({});
    await server.close();

    const outcome = await send(connect(server.url));

    expect(outcome).toEqual({ kind: "not_sent", reason: "not_sent_connect" });
  });

  it("when the name cannot be resolved", async () => {
    const outcome = await send(connect("http://nonexistent.invalid"));

    expect(outcome).toEqual({ kind: "not_sent", reason: "not_sent_dns" });
  });

  it("when the other side speaks no TLS", async () => {
    const server = await startRawServer({ connected: (socket) => socket.write("not TLS at all") });
    open.push(server);

    const outcome = await send(connect(`https://127.0.0.1:${server.port}`));

    expect(outcome).toEqual({ kind: "not_sent", reason: "not_sent_tls" });
    expect(server.requests).toHaveLength(0);
  });

  it("when the connection is reset before it is secure", async () => {
    const server = await startRawServer({ connected: (socket) => void socket.resetAndDestroy() });
    open.push(server);

    const outcome = await send(connect(`https://127.0.0.1:${server.port}`));

    expect(outcome).toEqual({ kind: "not_sent", reason: "not_sent_connect" });
  });

  it("when no secure connection comes about in time", async () => {
    const { server } = await start({});
    const client = connect(`https://127.0.0.1:${server.port}`, { connectTimeoutMs: 50 });

    const outcome = await send(client);

    expect(outcome).toEqual({ kind: "not_sent", reason: "not_sent_connect" });
  });

  it("when the client is closed", async () => {
    const { server, client } = await start(answering(OK));
    await client.close();
    await client.close();

    const outcome = await send(client);

    expect(outcome).toEqual({ kind: "not_sent", reason: "not_sent_other" });
    expect(server.bytes).toBe(0);
  });

  it("when a header could not be written", async () => {
    const { server } = await start(answering(OK));
    const client = connect(server.url, { token: "line\r\nbreak" });

    const outcome = await send(client);

    expect(outcome).toEqual({ kind: "not_sent", reason: "not_sent_other" });
    expect(server.bytes).toBe(0);
  });
});

describe("the fence", () => {
  it("writes no byte of a request that starts too long after its claim", async () => {
    const { server, client } = await start(answering(OK));

    const outcome = await client.send(BODY, client.now() - 2_001);

    expect(outcome).toEqual({ kind: "aborted" });
    await client.close();
    await server.idle();
    expect(server.connections).toBe(1);
    expect(server.bytes).toBe(0);
  });

  it("leaves the connection good for the next message", async () => {
    const { server, client } = await start(answering(OK), { connections: 1 });

    const late = await client.send(BODY, client.now() - 2_001);
    const next = await send(client);

    expect(late).toEqual({ kind: "aborted" });
    expect(next).toEqual(ACCEPTED);
    expect(server.connections).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  it("sees the wall clock: a machine that was suspended since the claim sends nothing", async () => {
    const { server, client } = await start(answering(OK));
    const claimedAt = client.now();
    const wakesAt = Date.now() + 3_600_000;
    const wall = vi.spyOn(Date, "now").mockReturnValue(wakesAt);
    onTestFinished(() => wall.mockRestore());

    expect(await client.send(BODY, claimedAt)).toEqual({ kind: "aborted" });
    expect(server.requests).toEqual([]);
  });

  it("holds for a request that waited for a busy connection", async () => {
    let clock = 0;
    const { server, client } = await start(
      {
        answer: (socket) => {
          clock += 3_000;
          socket.write(OK);
        },
      },
      { connections: 1, now: () => clock },
    );

    const outcomes = await Promise.all([client.send(BODY, 0), client.send(BODY, 0)]);

    expect(outcomes).toEqual([ACCEPTED, { kind: "aborted" }]);
    expect(server.requests).toHaveLength(1);
  });

  it("gives up a request whose turn does not come, and does not send it afterwards", async () => {
    let answerFirst = (): void => {};
    const { server, client } = await start(
      {
        answer: (socket, request) => {
          if (request.body === "first") answerFirst = () => void socket.write(OK);
          else socket.write(OK);
        },
      },
      { connections: 1, connectTimeoutMs: 800, startFenceMs: 60_000 },
    );
    const first = send(client, "first");

    const second = await send(client, "second");
    answerFirst();
    const third = await send(client, "third");

    expect(second).toEqual({ kind: "aborted" });
    expect([await first, third]).toEqual([ACCEPTED, ACCEPTED]);
    expect(server.requests.map((it) => it.body)).toEqual(["first", "third"]);
  });
});

describe("after the request has left, only a complete answer tells", () => {
  it("no answer at all is in doubt, and the connection is ended", async () => {
    const { server, client } = await start({}, { answerTimeoutMs: 100 });

    const outcome = await send(client);

    expect(outcome).toEqual(inDoubt("answer_timeout"));
    await server.idle();
    expect(server.requests).toHaveLength(1);
  });

  it("an answer that trickles in does not prolong the deadline", async () => {
    let timer: NodeJS.Timeout | undefined;
    const { client } = await start(
      {
        answer: (socket) => {
          let sent = 0;
          timer = setInterval(() => {
            socket.write(OK[sent] ?? "");
            sent += 1;
          }, 5);
          socket.on("close", () => clearInterval(timer));
        },
      },
      { answerTimeoutMs: 150 },
    );

    const outcome = await send(client);

    // Prolonged by each byte, the deadline would have let the whole answer in.
    expect(outcome).toMatchObject({ kind: "unknown", reason: "answer_timeout" });
  });

  it("a body that trickles in does not prolong it either", async () => {
    const { client } = await start(
      { answer: (socket) => void socket.write(OK.slice(0, -5)) },
      { answerTimeoutMs: 100 },
    );

    expect(await send(client)).toMatchObject({ kind: "unknown", reason: "answer_timeout" });
  });

  it("a connection that ends is in doubt", async () => {
    const { client } = await start({ answer: (socket) => void socket.end() });

    expect(await send(client)).toEqual(inDoubt("reset_after_request"));
  });

  it("a reset is in doubt", async () => {
    const { client } = await start({ answer: (socket) => void socket.resetAndDestroy() });

    expect(await send(client)).toEqual(inDoubt("reset_after_request"));
  });

  it("a reset on connecting is called not sent only if no byte has left", async () => {
    const { server, client } = await start({
      connected: (socket) => void socket.resetAndDestroy(),
    });

    const outcomes: SendOutcome[] = [];
    for (let i = 0; i < 30; i += 1) outcomes.push(await send(client));

    const kinds = new Set(outcomes.map((it) => it.kind));
    expect([...kinds].filter((kind) => kind !== "unknown" && kind !== "not_sent")).toEqual([]);
    if (!kinds.has("unknown")) expect(server.bytes).toBe(0);
  });

  it("what is no HTTP is in doubt", async () => {
    const { client } = await start(answering("220 mail.example ESMTP\r\n"));

    expect(await send(client)).toEqual(inDoubt("answer_unreadable"));
  });

  it("an upgrade nobody asked for is in doubt", async () => {
    const { client } = await start(
      answering("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
    );

    expect(await send(client)).toMatchObject({ kind: "unknown" });
  });

  it("an early hint is passed over", async () => {
    const { client } = await start(answering(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}`));

    expect(await send(client)).toEqual(ACCEPTED);
  });

  it("an early hint is no answer yet", async () => {
    const { client } = await start({
      answer: (socket) => void socket.end("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"),
    });

    expect(await send(client)).toEqual(inDoubt("reset_after_request"));
  });

  it("an answer above 256 KiB is in doubt, and is not read to its end", async () => {
    const { server, client } = await start(
      answering(httpAnswer("200 OK", `{"id":"wamid.A","x":"${"x".repeat(256 * 1024)}"}`)),
    );

    expect(await send(client)).toEqual(inDoubt("answer_too_long", 200));
    await server.idle();
  });

  it("an answer of just 256 KiB is read", async () => {
    const frame = '{"id":"wamid.A","x":""}';
    const body = frame.replace('""', `"${"x".repeat(256 * 1024 - frame.length)}"`);
    const { client } = await start(answering(httpAnswer("200 OK", body)));

    expect(await send(client)).toEqual(ACCEPTED);
  });

  it("headers without end are in doubt", async () => {
    const { client } = await start(answering(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(64 * 1024)}`));

    expect(await send(client)).toMatchObject({ kind: "unknown", reason: "answer_unreadable" });
  });

  it("a length longer than the body is in doubt", async () => {
    const text = 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"id":"wamid.A"}';
    const { client } = await start({ answer: (socket) => void socket.end(text) });

    expect(await send(client)).toEqual(inDoubt("answer_cut", 200));
  });

  it("a length shorter than the body leaves it in doubt, and the connection is not used again", async () => {
    const text = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n{"id":"wamid.A"}';
    const { server, client } = await start(answering(text, OK), { connections: 1 });

    const outcomes = [await send(client), await send(client)];

    expect(outcomes).toEqual([inDoubt("answer_unclear", 200), ACCEPTED]);
    expect(server.connections).toBe(2);
  });

  it("two lengths at once are in doubt", async () => {
    const { client } = await start(
      answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} "),
    );

    expect(await send(client)).toMatchObject({ kind: "unknown" });
  });

  it("headers named like members of an object are harmless", async () => {
    const { client } = await start(
      answering(
        httpAnswer("200 OK", '{"id":"wamid.A"}', ["__proto__: x", "constructor: y", "toString: z"]),
      ),
    );

    expect(await send(client)).toEqual(ACCEPTED);
  });
});

describe("a connection", () => {
  it("is ended after a complete answer that leaves the message in doubt", async () => {
    const { server, client } = await start(
      answering(httpAnswer("503 Service Unavailable", "{}"), OK),
      { connections: 1 },
    );

    const outcomes = [await send(client), await send(client)];

    expect(outcomes).toEqual([inDoubt("http_5xx", 503, 503), ACCEPTED]);
    expect(server.connections).toBe(2);
  });

  it("that gives a second answer unasked never answers the next message with it", async () => {
    const stale = httpAnswer("200 OK", '{"messages":[{"id":"wamid.STALE"}]}');
    const { server, client } = await start(
      {
        answer: (socket, request) => void socket.write(request.connection === 0 ? OK + stale : OK),
      },
      { connections: 1 },
    );

    const outcomes = [await send(client), await send(client)];

    expect(outcomes).toEqual([ACCEPTED, ACCEPTED]);
    expect(server.connections).toBe(2);
  });

  it("closed by the server after its answer is not written to again", async () => {
    const { server, client } = await start({ answer: (socket) => void socket.end(OK) });

    for (let i = 0; i < 30; i += 1) expect(await send(client, `{"to":"${i}"}`)).toEqual(ACCEPTED);

    expect(server.requests.map((it) => it.body)).toEqual(
      Array.from({ length: 30 }, (_, i) => `{"to":"${i}"}`),
    );
  });

  it("closed by the server while a message is under way never leads to a second POST", async () => {
    const { server, client } = await start({
      answer: (socket, request) => {
        const isOdd = Number(JSON.parse(request.body).to) % 2 === 1;
        if (isOdd) socket.destroy();
        else socket.write(OK);
      },
    });

    const outcomes: SendOutcome[] = [];
    for (let i = 0; i < 40; i += 1) outcomes.push(await send(client, `{"to":"${i}"}`));

    expect(outcomes.map((it) => it.kind)).toEqual(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 1 ? "unknown" : "accepted")),
    );
    expect(server.requests).toHaveLength(40);
  });

  it("is not led elsewhere by a redirect", async () => {
    const elsewhere = await startRawServer(answering(OK));
    open.push(elsewhere);
    for (const status of [301, 302, 303, 307, 308]) {
      const { server, client } = await start(
        answering(httpAnswer(`${status} Moved`, "", [`location: ${elsewhere.url}/x`])),
      );

      expect(await send(client)).toEqual(
        status === 302 || status === 303
          ? inDoubt("http_3xx", status, status)
          : { kind: "account", code: status, httpStatus: status },
      );
      expect(server.requests).toHaveLength(1);
    }
    expect(elsewhere.connections).toBe(0);
  });

  it("is not tried again for a 421, 425, 408 or 503", async () => {
    for (const [status, reason] of [
      [421, "http_421"],
      [425, "http_425"],
      [408, "http_408"],
      [503, "http_5xx"],
    ] as const) {
      const { server, client } = await start(
        answering(httpAnswer(`${status} No`, "", ["retry-after: 0"])),
      );

      expect(await send(client)).toEqual(inDoubt(reason, status, status));
      await server.idle();
      expect(server.requests).toHaveLength(1);
    }
  });
});

describe("a complete answer", () => {
  it.each([
    ["200 OK", "<html>fine</html>", inDoubt("answer_unclear", 200)],
    ["202 Accepted", "", { kind: "accepted", id: null, isWamid: false, held: false }],
    ["200 OK", '{"error":{"code":131026}}', inDoubt("answer_contradicts", 200, 131026)],
    [
      "400 Bad Request",
      '{"error":{"code":"131050"}}',
      { kind: "failed", code: 131050, httpStatus: 400, optOut: true },
    ],
    ["401 Unauthorized", "no", { kind: "account", code: 401, httpStatus: 401 }],
    [
      "500 Oops",
      '{"error":{"code":131057}}',
      { kind: "later", code: 131057, httpStatus: 500, retryAfterMs: null },
    ],
  ])("%s %s", async (status, body, outcome) => {
    const { client } = await start(answering(httpAnswer(status, body)));

    expect(await send(client)).toEqual(outcome);
  });

  it("429 tells how long to hold, in seconds or as a date", async () => {
    const inSeconds = httpAnswer("429 Slow", "", ["retry-after: 7"]);
    const asDate = httpAnswer("429 Slow", "", [
      "date: Sun, 22 Nov 2026 10:00:00 GMT",
      "retry-after: Sun, 22 Nov 2026 10:00:30 GMT",
    ]);
    const { client } = await start(answering(inSeconds, asDate));

    expect(await send(client)).toEqual({
      kind: "slow",
      code: 429,
      httpStatus: 429,
      retryAfterMs: 7_000,
    });
    expect(await send(client)).toEqual({
      kind: "slow",
      code: 429,
      httpStatus: 429,
      retryAfterMs: 30_000,
    });
  });

  it("204 without a body and without a length is accepted", async () => {
    const { client } = await start(answering("HTTP/1.1 204 No Content\r\n\r\n"));

    expect(await send(client)).toMatchObject({ kind: "accepted", id: null });
  });
});

describe("asking by GET", () => {
  it("fetches the template messages as they come", async () => {
    const { server, client } = await start(answering(httpAnswer("418 Teapot", "as it is")));

    expect(await client.fetchTemplates()).toEqual({
      ok: true,
      value: { status: 418, text: "as it is" },
    });
    expect(server.requests[0]?.head).toMatch(/^GET \/whatsapp-numbers\/n1\/template-messages /);
    expect(server.requests[0]?.head).not.toMatch(/^content-/m);
  });

  it("says why it could not fetch", async () => {
    const { client } = await start({ answer: (socket) => void socket.destroy() });

    expect(await client.fetchTemplates()).toMatchObject({
      ok: false,
      refusal: { code: "api_unreachable" },
    });
  });

  it.each([
    ["200 OK", "ok"],
    ["401 Unauthorized", "wrong_token"],
    ["403 Forbidden", "wrong_token"],
    ["404 Not Found", "wrong_number"],
    ["500 Oops", "unclear"],
    ["302 Found", "unclear"],
  ])("%s means %s", async (status, verdict) => {
    const { client } = await start(answering(httpAnswer(status, "[]")));

    expect(await client.probe()).toMatchObject({ verdict, status: Number(status.slice(0, 3)) });
  });

  it("says that and why the API cannot be reached, and never shows the token", async () => {
    const probe = await connect("http://nonexistent.invalid").probe();

    expect(probe.verdict).toBe("unreachable");
    expect(probe.explanation).toMatch(
      /^nonexistent\.invalid: The API's name .* \((ENOTFOUND|EAI_AGAIN)\)$/,
    );
    expect(JSON.stringify(probe)).not.toContain("dG9rZW4=");
  });
});

function inDoubt(reason: string, httpStatus = 0, code = 0): unknown {
  return { kind: "unknown", reason, code, httpStatus, id: null, isWamid: false };
}
