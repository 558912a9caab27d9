import { expect, test } from "vitest";
import { createClientAddress, isProxyAddress } from "../../src/config/client-address.ts";

const behind = createClientAddress(["127.0.0.1", "::1", "10.0.0.0/8", "fd00::/8"]);

test.each([
  ["a stranger who is not a proxy is who connects", "203.0.113.9", "198.51.100.1", "203.0.113.9"],
  ["a proxy tells for whom it asks", "127.0.0.1", "203.0.113.9", "203.0.113.9"],
  ["of several the last that is no proxy", "10.1.2.3", "203.0.113.9, 10.9.9.9", "203.0.113.9"],
  [
    "what a stranger wrote in front is not believed",
    "127.0.0.1",
    "1.1.1.1, 203.0.113.9",
    "203.0.113.9",
  ],
  ["a proxy that says nothing is the client", "127.0.0.1", undefined, "127.0.0.1"],
  ["nor is what is no address", "127.0.0.1", "unknown", "127.0.0.1"],
  ["IPv4 on an IPv6 socket is IPv4", "::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"],
  ["brackets and ports are left out", "fd00::1", "[2001:db8::7]:4711", "2001:db8::7"],
])("%s", (_, remote, forwarded, client) => {
  expect(behind(remote, forwarded)).toBe(client);
});

test("without trusted proxies the header means nothing", () => {
  expect(createClientAddress([])("127.0.0.1", "203.0.113.9")).toBe("127.0.0.1");
});

test.each(["10.0.0.0/33", "proxy.local", "10.0.0.0/8/8", "", "10.0.0"])(
  "%j is no proxy",
  (text) => {
    expect(isProxyAddress(text)).toBe(false);
  },
);
