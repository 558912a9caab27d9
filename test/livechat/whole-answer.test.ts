import { afterEach, describe, expect, it } from "vitest";
import type { SendOutcome } from "../../src/livechat/client.ts";
import { httpAnswer } from "../support/raw-server.ts";
import { ACCEPTED, answering, closeOpened, inDoubt, OK, send, start } from "./raw-client.ts";

afterEach(closeOpened);

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
