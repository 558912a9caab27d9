import { createRequire } from "node:module";
import { afterEach, describe, expect, it } from "vitest";
import type { SendOutcome } from "../../src/livechat/client.ts";
import { httpAnswer, startRawServer } from "../support/raw-server.ts";
import {
  ACCEPTED,
  answering,
  BODY,
  closeOpened,
  connect,
  inDoubt,
  OK,
  open,
  send,
  start,
} from "./raw-client.ts";

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

afterEach(closeOpened);

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

  it("takes a list of templates of just 8 MiB, and none that is longer", async () => {
    const max = 8 * 1024 * 1024;
    const { client } = await start(
      answering(httpAnswer("200 OK", "x".repeat(max)), httpAnswer("200 OK", "x".repeat(max + 1))),
    );

    expect(await client.fetchTemplates()).toMatchObject({ ok: true });
    expect(await client.fetchTemplates()).toMatchObject({
      ok: false,
      refusal: { code: "api_unreachable" },
    });
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

  it("an answer that was cut proves neither the token nor the number", async () => {
    const cut = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n[";
    const { client } = await start({ answer: (socket) => void socket.end(cut) });

    expect(await client.probe()).toMatchObject({ verdict: "unreachable", status: null });
    expect(await client.fetchTemplates()).toMatchObject({
      ok: false,
      refusal: { code: "api_unreachable" },
    });
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
