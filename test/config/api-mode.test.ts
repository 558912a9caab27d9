import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { askApiMode } from "../../src/config/api-mode.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";

async function sandboxApi(): Promise<{ url: string; port: number }> {
  const sandbox = createSandbox();
  onTestFinished(() => sandbox.stop());
  return sandbox.start();
}

async function api(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("the sandbox says itself that it is one, also through a tunnel", async () => {
  const { url, port } = await sandboxApi();
  const tunnel = await startTcpProxy({ targetPort: port });
  onTestFinished(() => tunnel.close());

  expect(await askApiMode(url)).toEqual({ ok: true, value: "sandbox" });
  expect(await askApiMode(tunnel.url)).toEqual({ ok: true, value: "sandbox" });
});

test.each([
  ["knows no such page", 404, "Not found"],
  ["wants a token first", 401, '{"error":{"type":"authentication"}}'],
  ["answers everything", 200, "[]"],
  ["answers in words", 200, "dropcast-sandbox"],
  ["answers with something else", 200, '{"api":"livechat"}'],
  ["has a bug", 500, ""],
  ["answers without end", 200, "x".repeat(1_000_000)],
])(
  "an API on loopback that %s is live: it may be a tunnel to the real one",
  async (_, status, body) => {
    const heard: (string | undefined)[] = [];
    const url = await api((request, response) => {
      heard.push(request.headers.authorization);
      response.writeHead(status).end(body);
    });

    expect(await askApiMode(url)).toEqual({ ok: true, value: "live" });
    // Whoever listens there may be anybody.
    expect(heard).toEqual([undefined]);
  },
);

test("a redirect to a sandbox is not followed: POSTs would not be, either", async () => {
  const { url: sandbox } = await sandboxApi();
  const url = await api((request, response) =>
    response.writeHead(307, { location: `${sandbox}${request.url}` }).end(),
  );

  expect(await askApiMode(url)).toEqual({ ok: true, value: "live" });
});

test("an API that gives no answer is not guessed", async () => {
  const silent = await startTcpProxy({ targetPort: 9 });
  onTestFinished(() => silent.close());
  silent.plan(() => ({ refuse: "reset" }));
  const nobodyBehind = await api((_, response) => response.writeHead(502).end());

  for (const url of ["http://127.0.0.1:9", silent.url, nobodyBehind]) {
    const asked = await askApiMode(url);
    expect(asked).toMatchObject({ ok: false, refusal: { code: "api_mode_unknown" } });
    expect(asked.ok ? "" : asked.refusal.message).toContain(url);
  }
});
