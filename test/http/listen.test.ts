import { createServer } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { closeServer, explainListen, listen } from "../../src/http/listen.ts";

const DASHBOARD = {
  refusal: "dashboard_cannot_listen",
  portVariable: "DROPCAST_DASHBOARD_PORT",
} as const;

async function open(port = 0, host = "127.0.0.1") {
  const server = createServer((_, response) => response.end("ok"));
  const listening = await listen(server, { host, port, ...DASHBOARD });
  onTestFinished(() => closeServer(server, 0));
  return { server, listening };
}

describe("a port", () => {
  test("that is free is opened, and 0 takes any", async () => {
    const { listening } = await open();

    expect(listening).toMatchObject({ ok: true, value: { host: "127.0.0.1" } });
    expect(listening.ok && listening.value.port).toBeGreaterThan(0);
  });

  test("that is taken is refused under its own code, with the variable that sets it", async () => {
    const { listening: first } = await open();
    const port = first.ok ? first.value.port : 0;

    const { listening } = await open(port);

    expect(listening).toEqual({
      ok: false,
      refusal: {
        code: "dashboard_cannot_listen",
        message: `Port ${port} of 127.0.0.1 is in use by another program (EADDRINUSE).`,
        fix: "Stop that program, or set DROPCAST_DASHBOARD_PORT to a free port.",
      },
    });
  });

  test("of an address that is not this host's is refused for the address", async () => {
    // TEST-NET-1 (RFC 5737) belongs to no host.
    const { listening } = await open(0, "192.0.2.1");

    expect(listening).toMatchObject({
      refusal: {
        message: expect.stringContaining("192.0.2.1 is not an address of this host"),
        fix: expect.stringContaining("DROPCAST_HTTP_HOST"),
      },
    });
  });

  test.each([
    ["EACCES", "may not be opened by this user", "from 1024 up"],
    ["ENOTFOUND", "is not an address of this host", "DROPCAST_HTTP_HOST"],
    ["EMFILE", "cannot be opened (EMFILE)", "DROPCAST_DASHBOARD_PORT"],
  ])("that fails with %s is explained", (code, message, fix) => {
    const error = Object.assign(new Error("no"), { code });

    const words = explainListen(error, { host: "127.0.0.1", port: 80, ...DASHBOARD });

    expect(words.message).toContain(message);
    expect(words.fix).toContain(fix);
  });
});

describe("closing", () => {
  test("of a server that never listened does nothing", async () => {
    await closeServer(createServer(), 0);
  });

  test("waits for what is under way, and cuts it when its time is over", async () => {
    const server = createServer();
    const asked = new Promise((resolve) => server.once("request", resolve));
    const listening = await listen(server, { host: "127.0.0.1", port: 0, ...DASHBOARD });
    const port = listening.ok ? listening.value.port : 0;
    const answer = fetch(`http://127.0.0.1:${port}/`).catch(() => "cut");
    await asked;

    await closeServer(server, 1);

    expect(await answer).toBe("cut");
    expect(server.listening).toBe(false);
  });
});
