import { describe, expect, test } from "vitest";
import { signWebhook, WEBHOOK_SAMPLES } from "../support/webhook-samples.ts";
import { rawConnection, requestHead, runServer } from "./running-server.ts";

const BODY = WEBHOOK_SAMPLES.sent;
const KIB = 1024;

/** What a sender that nobody knows may do with a body that it never ends. */
const HALF_BODIES: [string, string][] = [
  ["declared", `${requestHead({ "content-length": "65536" })}${"x".repeat(60 * KIB)}`],
  [
    "in chunks",
    `${requestHead({ "transfer-encoding": "chunked" })}${`400\r\n${"x".repeat(KIB)}\r\n`.repeat(60)}`,
  ],
  [
    "to one number",
    `${requestHead({ "content-length": "65536" }, "/webhooks/livechat/main")}${"x".repeat(60 * KIB)}`,
  ],
];

describe.each(HALF_BODIES)("half bodies (%s) that are more than may be held", (_, half) => {
  test("make room, the oldest first, and signed webhooks are taken all the while", async () => {
    const { port, post, results } = await runServer({
      limits: { bodiesBytesMax: 512 * KIB, requestTimeoutMs: 60_000 },
    });
    const flood = await Promise.all(Array.from({ length: 40 }, () => rawConnection(port)));
    const statuses: number[] = [];

    for (const sender of flood) {
      sender.socket.write(half);
      if (flood.indexOf(sender) % 8 === 0) statuses.push((await post(BODY)).status);
    }
    const [first] = flood;
    const refused = await Promise.all(flood.slice(0, 24).map((sender) => sender.status()));
    expect(new Set(refused)).toEqual(new Set([503]));
    statuses.push((await post(BODY)).status);

    expect(first?.received()).toMatch(/\r\nretry-after: 5\r\n/);
    expect(first?.received()).toContain('"code":"webhooks_crowded"');
    expect(new Set(statuses)).toEqual(new Set([204]));
    // Eight fit into 512 KiB; the newest of them are still under way.
    expect(flood.at(-1)?.received()).toBe("");
    expect((await results())["webhooks_crowded"]).toBeGreaterThanOrEqual(24);
  });
});

test("a body in single bytes takes no more room than another", async () => {
  const { port } = await runServer({ limits: { bodiesBytesMax: 4 * KIB } });
  const sender = await rawConnection(port);
  sender.socket.setNoDelay(true);
  const headers = { ...signWebhook(BODY), "content-length": String(Buffer.byteLength(BODY)) };
  sender.socket.write(requestHead(headers));

  for (const byte of BODY) {
    await new Promise((resolve) => sender.socket.write(byte, resolve));
  }

  expect(await sender.status()).toBe(204);
});

test("a webhook that arrives in one piece needs no room, and is taken where there is none", async () => {
  const { port } = await runServer({ limits: { bodiesBytesMax: 100 } });
  const sender = await rawConnection(port);
  const headers = { ...signWebhook(BODY), "content-length": String(Buffer.byteLength(BODY)) };

  sender.socket.write(requestHead(headers) + BODY);

  expect(await sender.status()).toBe(204);
});

describe("more connections than there may be", () => {
  test("take the place of the oldest that nobody knows, and a new one is served", async () => {
    const { port, post } = await runServer({ limits: { connectionsMax: 20 } });
    const idle = await Promise.all(Array.from({ length: 60 }, () => rawConnection(port)));

    expect((await post(BODY)).status).toBe(204);

    await idle[0]?.ended();
    await idle[30]?.ended();
  });

  test("do not take the place of one over which a webhook was verified", async () => {
    const { port } = await runServer({ limits: { connectionsMax: 5 } });
    const known = await rawConnection(port);
    const signed = requestHead({
      ...signWebhook(BODY),
      "content-length": String(Buffer.byteLength(BODY)),
    });
    known.socket.write(signed + BODY);
    expect(await known.status()).toBe(204);

    const others = await Promise.all(Array.from({ length: 20 }, () => rawConnection(port)));
    await others[0]?.ended();
    known.socket.write(signed + BODY);

    await known.until(() => known.received().split("HTTP/1.1 204 ").length === 3);
  });

  test("are turned away when all others are known", async () => {
    const { port } = await runServer({ limits: { connectionsMax: 2 } });
    const known = await Promise.all([rawConnection(port), rawConnection(port)]);
    for (const sender of known) {
      const headers = { ...signWebhook(BODY), "content-length": String(Buffer.byteLength(BODY)) };
      sender.socket.write(requestHead(headers) + BODY);
      expect(await sender.status()).toBe(204);
    }

    const next = await rawConnection(port);

    await next.ended();
    expect(next.received()).toBe("");
  });
});
