import { createServer } from "node:net";
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ApplyResult } from "../../src/store/ledger/status-events.ts";
import { createWebhookServer } from "../../src/webhooks/server.ts";
import { signWebhook, WEBHOOK_SAMPLES, WEBHOOK_SECRET } from "../support/webhook-samples.ts";
import { deferred, rawConnection, requestHead, runServer } from "./running-server.ts";

describe("starting and stopping", () => {
  test("starting twice opens one port, stopping twice closes it once", async () => {
    const { server, url } = await runServer();

    const again = await server.start();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();

    expect(again).toMatchObject({ ok: true, value: { host: "127.0.0.1" } });
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  test("a taken port and a missing secret are refused with what to do", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => {
      taken.close();
    });
    await new Promise((resolve) => taken.once("listening", resolve));
    const address = taken.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const base = {
      host: "127.0.0.1",
      apply: async () => ({ kind: "unmatched", waits: "none" }) as const,
      onFailed: async () => {},
      logger: pino({ level: "silent" }),
      ready: () => true,
    };
    const numbers = [{ name: "main", webhookSecrets: [WEBHOOK_SECRET] }];

    const onTaken = createWebhookServer({ ...base, port, numbers });
    const onNoSecret = createWebhookServer({ ...base, port: 0, numbers: [] });

    expect(await onTaken.start()).toMatchObject({ refusal: { code: "webhooks_cannot_listen" } });
    expect(await onNoSecret.start()).toMatchObject({
      refusal: { code: "webhook_secret_missing" },
    });
    await onTaken.stop();
    await onNoSecret.stop();
  });

  test("stop answers what runs, cuts what idles or dawdles, and takes nothing new", async () => {
    const answer = deferred<ApplyResult>();
    const asked = deferred<void>();
    const { server, port, url } = await runServer({
      apply: () => {
        asked.resolve();
        return answer.promise;
      },
    });
    const running = await rawConnection(port);
    const body = WEBHOOK_SAMPLES.sent;
    const length = String(Buffer.byteLength(body));
    running.socket.write(requestHead({ ...signWebhook(body), "content-length": length }) + body);
    await asked.promise;
    const silent = await rawConnection(port);
    const idle = await rawConnection(port);
    idle.socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    await idle.status();
    const half = await rawConnection(port);
    half.socket.write("POST /webhooks/livechat HTTP/1.1\r\nho");
    // Whatever was written before has been read when a later connection is answered.
    await fetch(`${url}/healthz`, { headers: { connection: "close" } });

    const stopped = server.stop();
    await Promise.all([silent.ended(), idle.ended(), half.ended()]);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    answer.resolve({ kind: "unmatched", waits: "none" });
    await stopped;

    expect(await running.status()).toBe(204);
    expect(running.received().toLowerCase()).toContain("connection: close");
  });

  test("a store that never answers does not keep stop from ending", async () => {
    const asked = deferred<void>();
    const { server, post } = await runServer({
      apply: () => {
        asked.resolve();
        return new Promise<ApplyResult>(() => {});
      },
      limits: { requestTimeoutMs: 300, headersTimeoutMs: 300 },
    });
    const cut = post(WEBHOOK_SAMPLES.sent).then(
      () => "answered",
      () => "cut",
    );
    await asked.promise;

    await server.stop();

    expect(await cut).toBe("cut");
  });
});
