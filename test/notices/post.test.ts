import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { expect, onTestFinished, test } from "vitest";
import { isPublicAddress } from "../../src/config/public-address.ts";
import { createPoster } from "../../src/notices/post.ts";
import { SOON } from "../support/soon.ts";
import { endpointOf, openReceiver } from "./receiver.ts";

const WEBHOOK = { id: "msg_1", body: JSON.stringify({ type: "dropcast.test" }) };

function openPoster(timeoutMs: number = SOON.timeout) {
  const poster = createPoster({ timeoutMs });
  onTestFinished(() => poster.close());
  return poster.post;
}

test.each([
  [200, { kind: "delivered" }],
  [204, { kind: "delivered" }],
  [299, { kind: "delivered" }],
  [301, { kind: "failed", why: "HTTP 301 (redirects are not followed)" }],
  [304, { kind: "failed", why: "HTTP 304 (redirects are not followed)" }],
  [400, { kind: "failed", why: "HTTP 400" }],
  [410, { kind: "gone", why: "HTTP 410 (gone)" }],
  [429, { kind: "failed", why: "HTTP 429" }],
  [503, { kind: "failed", why: "HTTP 503" }],
])("HTTP %d: %j", async (status, expected) => {
  const other = await openReceiver();
  const receiver = await openReceiver((_, answer) => {
    answer.writeHead(status, { location: other.url }).end();
  });

  expect(await openPoster()(endpointOf(receiver.url), WEBHOOK)).toEqual(expected);
  expect(receiver.received).toHaveLength(1);
  expect(other.received).toEqual([]);
});

test("every secret signs, so that one can replace another without a gap", async () => {
  const [old, next] = [Buffer.alloc(24, 1), Buffer.alloc(24, 2)].map((key) =>
    key.toString("base64"),
  );
  const seen: Record<string, string>[] = [];
  const server = createServer((request, answer) => {
    seen.push(request.headers as Record<string, string>);
    answer.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  await openPoster()(endpointOf(url, { secrets: [old ?? "", next ?? ""] }), WEBHOOK);

  const [headers = {}] = seen;
  for (const secret of [old, next]) {
    expect(new Webhook(secret ?? "").verify(WEBHOOK.body, headers)).toEqual({
      type: "dropcast.test",
    });
  }
});

test("an answer that does not come, or does not end, does not hold a delivery up", async () => {
  const silent = await openReceiver(() => {
    // No answer.
  });
  const endless = await openReceiver((_, answer) => {
    answer.writeHead(200).write("x".repeat(100_000));
  });
  const post = openPoster(2_000);

  expect(await post(endpointOf(silent.url, { id: "a" }), WEBHOOK)).toEqual({
    ...{ kind: "failed", why: "no answer in time" },
  });
  expect(await post(endpointOf(endless.url, { id: "b" }), WEBHOOK)).toEqual({ kind: "delivered" });
});

test("a name that leads to this machine or into a private network is not connected to", async () => {
  const receiver = await openReceiver();
  const { port } = new URL(receiver.url);
  const post = openPoster();
  const refused = { kind: "failed", why: expect.stringContaining("private network") };

  const named = endpointOf(`http://127.0.0.1:${port}/`, { id: "literal" });
  const disguised = { ...named, url: `http://[::ffff:127.0.0.1]:${port}/`, id: "mapped" };
  const metadata = { ...named, url: "http://169.254.169.254/latest/", id: "metadata" };

  expect(await post(disguised, WEBHOOK)).toEqual(refused);
  expect(await post(metadata, WEBHOOK)).toEqual(refused);
  expect(await post(named, WEBHOOK)).toEqual({ kind: "delivered" });
  expect(receiver.received).toHaveLength(1);
});

test.each([
  ["hooks.example.com", "127.0.0.1", false, "refused"],
  ["hooks.example.com", "127.0.0.1", true, "delivered"],
  ["localhost", "127.0.0.1", false, "delivered"],
  ["localhost", "10.0.0.1", false, "refused"],
])("%s that resolves to %s, with allowPrivate %s: %s", async (host, address, allowPrivate, end) => {
  const receiver = await openReceiver();
  const resolved: string[] = [];
  const poster = createPoster({
    timeoutMs: SOON.timeout,
    resolve: (name, _, found) => {
      resolved.push(name);
      found(null, [{ address, family: 4 }]);
    },
  });
  onTestFinished(() => poster.close());
  const url = receiver.url.replace("127.0.0.1", host);

  const posted = await poster.post(endpointOf(url, { allowPrivate }), WEBHOOK);

  expect(resolved).toEqual([host]);
  expect(receiver.received).toHaveLength(end === "delivered" ? 1 : 0);
  expect(JSON.stringify(posted)).toContain(end === "delivered" ? "delivered" : "private network");
});

test("no failure tells the URL or an address", async () => {
  const post = openPoster();
  const urls = [
    "http://127.0.0.1:1/secret-path",
    "https://dropcast-no-such-host.invalid/secret-path",
    "http://10.1.2.3/secret-path",
  ];
  for (const [index, url] of urls.entries()) {
    const posted = await post(endpointOf(url, { id: String(index) }), WEBHOOK);

    expect(posted.kind).toBe("failed");
    expect(JSON.stringify(posted)).not.toMatch(/secret-path|127\.0|10\.1|invalid/);
  }
});

test.each([
  ...["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
])("%s is public", (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  ...["0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1"],
  ...["172.31.255.255", "192.168.1.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"],
  ...["::", "::1", "::ffff:10.0.0.1", "::ffff:7f00:1", "64:ff9b::10.0.0.1", "fe80::1", "fc00::1"],
  ...["fd00:ec2::254", "ff02::1", "2001:db8::1", "2002:7f00:1::", "fe80::1%eth0", "localhost", ""],
])("%s is not public", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});
