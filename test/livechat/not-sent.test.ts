import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { startRawServer } from "../support/raw-server.ts";
import {
  ACCEPTED,
  answering,
  BODY,
  closeOpened,
  connect,
  OK,
  open,
  send,
  start,
} from "./raw-client.ts";

afterEach(closeOpened);

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
