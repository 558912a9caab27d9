import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { signWebhook, WEBHOOK_SAMPLES } from "../support/webhook-samples.ts";
import { codeOf, rawConnection, requestHead, runServer } from "./running-server.ts";

const BODY = WEBHOOK_SAMPLES.sent;
const KIB = 1024;

/** A signed event of exactly `bytes` bytes. */
function eventOf(bytes: number): string {
  const empty = JSON.stringify({ type: "message.received", pad: "" });
  return JSON.stringify({ type: "message.received", pad: "x".repeat(bytes - empty.length) });
}

describe("size", () => {
  test("64 KiB are taken, one byte more is not, whether declared or counted", async () => {
    const { post, port, url } = await runServer();
    const most = eventOf(64 * KIB);
    const tooMuch = eventOf(64 * KIB + 1);
    const chunked = (body: string) =>
      fetch(`${url}/webhooks/livechat`, {
        method: "POST",
        headers: signWebhook(body),
        body: new Blob([body]).stream(),
        duplex: "half",
      } as RequestInit);

    const declared = await post(tooMuch);
    const counted = await chunked(tooMuch);

    expect((await post(most)).status).toBe(204);
    expect((await chunked(most)).status).toBe(204);
    expect([declared.status, counted.status]).toEqual([413, 413]);
    expect(await codeOf(declared)).toBe("webhooks_body_too_large");
    expect(port).toBeGreaterThan(0);
  });

  test("a length that is too large is refused before the body, and the connection closed", async () => {
    const { port, applied } = await runServer();
    const sender = await rawConnection(port);

    sender.socket.write(requestHead({ ...signWebhook(BODY), "content-length": "1000000000" }));

    expect(await sender.status()).toBe(413);
    await sender.ended();
    expect(sender.received()).toContain("connection: close");
    expect(applied).toEqual([]);
  });

  test("a sender that waits for 100-continue is not asked for a body that is too large", async () => {
    const { port } = await runServer();
    const large = await rawConnection(port);
    const small = await rawConnection(port);
    const signed = signWebhook(BODY);
    const length = String(Buffer.byteLength(BODY));

    large.socket.write(
      requestHead({ ...signed, expect: "100-continue", "content-length": "65537" }),
    );
    small.socket.write(
      requestHead({ ...signed, expect: "100-continue", "content-length": length }),
    );
    await small.until(() => small.received().startsWith("HTTP/1.1 100 "));
    small.socket.write(BODY);

    expect(await large.status()).toBe(413);
    await small.until(() => small.received().includes("HTTP/1.1 204 "));
  });

  test("100 MB in chunks are refused without being read, in bounded memory", async () => {
    const { port, post } = await runServer();
    const sender = await rawConnection(port);
    const chunk = Buffer.from(`${(KIB * KIB).toString(16)}\r\n${"x".repeat(KIB * KIB)}\r\n`);
    const before = process.memoryUsage().rss;
    sender.socket.write(requestHead({ ...signWebhook(BODY), "transfer-encoding": "chunked" }));

    let written = 0;
    let isOver = false;
    const over = sender.ended().then(() => {
      isOver = true;
    });
    while (written < 100 && !isOver) {
      const isFull = !sender.socket.write(chunk);
      written += 1;
      if (isFull) await Promise.race([once(sender.socket, "drain").catch(() => {}), over]);
    }
    const good = await post(BODY);

    expect(await sender.status()).toBe(413);
    // What the kernel's buffers swallow is all that a sender gets rid of.
    expect(written).toBeLessThan(50);
    expect(good.status).toBe(204);
    expect((process.memoryUsage().rss - before) / KIB / KIB).toBeLessThan(64);
  });

  test("a body to a path that takes none is not read either", async () => {
    const { port } = await runServer();
    const sender = await rawConnection(port);

    sender.socket.write(requestHead({ "content-length": "1000000000" }, "/none"));

    expect(await sender.status()).toBe(404);
    await sender.ended();
  });

  test("headers above 16 KiB are refused", async () => {
    const { port } = await runServer();
    const sender = await rawConnection(port);

    sender.socket.write(requestHead({ "x-large": "x".repeat(17 * KIB) }));

    expect(await sender.status()).toBe(431);
    await sender.ended();
    expect(sender.received()).toContain("webhooks_headers_too_large");
  });
});

describe("forged and broken requests", () => {
  test.each([
    ["a missing header", 400, { "webhook-id": "" }, "webhooks_header_missing"],
    ["a malformed time", 400, { "webhook-timestamp": "12x" }, "webhooks_header_malformed"],
    ["a stale time", 401, { "webhook-timestamp": "1" }, "webhooks_timestamp_stale"],
    ["a wrong signature", 401, { "webhook-signature": "v1,AAAA" }, "webhooks_signature_mismatch"],
  ])("%s is a %i", async (_, status, headers, code) => {
    const { post, applied } = await runServer();

    const response = await post(BODY, { headers });

    expect(response.status).toBe(status);
    expect(await codeOf(response)).toBe(code);
    expect(applied).toEqual([]);
  });

  test("a header sent twice is refused, although node joins the two", async () => {
    const { port, applied } = await runServer();
    const sender = await rawConnection(port);
    const signed = signWebhook(BODY);
    const head = requestHead({
      ...signed,
      "Webhook-Id": signed["webhook-id"],
      "content-length": String(Buffer.byteLength(BODY)),
    });

    sender.socket.write(head + BODY);

    expect(await sender.status()).toBe(400);
    await sender.until(() => sender.received().includes("webhooks_header_repeated"));
    expect(applied).toEqual([]);
  });

  test.each([
    ["no JSON", "hello", "webhooks_body_not_json"],
    ["nothing", "", "webhooks_body_not_json"],
    ["no object", "[1]", "webhooks_body_not_event"],
    ["depth 33", `${'{"type":'.repeat(33)}1${"}".repeat(33)}`, "webhooks_body_too_deep"],
    ["depth 60,000", "[".repeat(60_000), "webhooks_body_too_deep"],
  ])("a signed body that is %s is a 400", async (_, body, code) => {
    const { post } = await runServer();

    const response = await post(body);

    expect(response.status).toBe(400);
    expect(await codeOf(response)).toBe(code);
  });

  test("signature comes before JSON: an unsigned body that is no JSON is a 401", async () => {
    const { post } = await runServer();
    const response = await post("hello", { headers: signWebhook("other") });
    expect(response.status).toBe(401);
  });

  test("bytes that are no UTF-8 and compressed bodies are a 400", async () => {
    const { post } = await runServer();
    const gzip = Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0xff, 0xfe, 0x00]);

    const response = await post(gzip, { headers: { "content-encoding": "gzip" } });

    expect(await codeOf(response)).toBe("webhooks_body_not_utf8");
  });

  test.each([
    ["garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls hello\r\n\r\n", 400],
    ["no host", "POST /webhooks/livechat HTTP/1.1\r\n\r\n", 400],
    ["two lengths", requestHead({ "content-length": "1", "Content-Length": "2" }), 400],
    [
      "a length and chunks",
      requestHead({ "content-length": "4", "transfer-encoding": "chunked" }),
      400,
    ],
    ["a negative length", requestHead({ "content-length": "-1" }), 400],
    ["a bad chunk", `${requestHead({ "transfer-encoding": "chunked" })}zz\r\n`, 400],
  ])("%s is a %i and ends the connection", async (_, bytes, status) => {
    const { port, post } = await runServer();
    const sender = await rawConnection(port);

    sender.socket.write(bytes, "latin1");

    expect(await sender.status()).toBe(status);
    sender.socket.end();
    await sender.ended();
    expect((await post(BODY)).status).toBe(204);
  });

  test("a sender that leaves in the middle of the body does no harm", async () => {
    const { port, post, results } = await runServer();
    const sender = await rawConnection(port);
    sender.socket.write(`${requestHead({ ...signWebhook(BODY), "content-length": "300" })}{`);
    await post(BODY);

    sender.socket.resetAndDestroy();
    await sender.ended();

    expect((await post(BODY)).status).toBe(204);
    await expect.poll(results).toMatchObject({ cut: 1 });
  });

  test("nothing of a request is logged, whatever is wrong with it", async () => {
    const { post, log } = await runServer();
    const forged = {
      ...signWebhook(BODY, { id: "msg_PLANTED" }),
      "webhook-signature": "v1,PLANTED",
    };

    await post(BODY, { headers: forged });
    await post("hello 48635625362 wamid.PLANTED");
    await post(BODY.replace('"sent"', "7"));

    expect(log()).toContain("webhooks_signature_mismatch");
    expect(log()).toContain("unreadable");
    expect(log()).not.toMatch(/PLANTED|48635625362|wamid|127\.0\.0\.1/);
  });
});

describe("floods", () => {
  test("only what fails verification is throttled, and logged once", async () => {
    const { post, log } = await runServer({
      limits: { failuresPerSecond: 0.01, failuresBurst: 3 },
    });
    const forge = () => post(BODY, { headers: { "webhook-signature": "v1,AAAA" } });

    const statuses = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await forge()).status);
    const throttled = await forge();
    const good = await post(BODY);

    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect(Number(throttled.headers.get("retry-after"))).toBeGreaterThan(1);
    expect(await codeOf(throttled)).toBe("webhooks_throttled");
    expect(good.status).toBe(204);
    expect(log().match(/webhooks_throttled/g)).toHaveLength(1);
  });

  test("slow senders are cut, and good ones are served meanwhile", async () => {
    const { port, post } = await runServer({
      // Good ones have that time, too, also on a busy machine.
      limits: { headersTimeoutMs: 2_000, requestTimeoutMs: 4_000, checkEveryMs: 50 },
    });
    const signed = { ...signWebhook(BODY), "content-length": "300" };
    const slow = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const sender = await rawConnection(port);
        // A third says nothing, a third stops in the headers, a third in the body.
        if (index % 3 === 1) sender.socket.write("POST /webhooks/livechat HTTP/1.1\r\nx: ");
        if (index % 3 === 2) sender.socket.write(`${requestHead(signed)}{`);
        return sender;
      }),
    );

    const good = await post(BODY);
    const statuses = await Promise.all(slow.map((sender) => sender.status()));
    await Promise.all(slow.map((sender) => sender.ended()));

    expect(good.status).toBe(204);
    expect(new Set(statuses)).toEqual(new Set([408]));
  });
});
