import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { allowAddresses } from "../../../src/producer/recurring/addresses.ts";
import { fetchList, readToken } from "../../../src/producer/recurring/fetch-list.ts";
import { testFolder } from "../list/read-list.ts";

const LIST = "phone\n+48600100200\n";

interface Asked {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A source on loopback, and what it was asked. */
async function serve(answer: (response: ServerResponse, asked: Asked) => void) {
  const asked: Asked[] = [];
  const listener: RequestListener = (request, response) => {
    const one = { url: request.url ?? "", headers: request.headers };
    asked.push(one);
    answer(response, one);
  };
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { asked, url: `http://127.0.0.1:${port}/bills.csv?key=secret` };
}

async function fetchFrom(url: string, input: Partial<Parameters<typeof fetchList>[0]> = {}) {
  const to = join(await testFolder(), "incoming");
  const fetched = await fetchList({
    ...{ url, to, token: null, etag: "", timeoutMs: 60_000 },
    ...{ isAllowed: allowAddresses([]), signal: new AbortController().signal },
    ...input,
  });
  return { fetched, to };
}

test("a list is written as it comes, with its digest and its etag, which is asked with next time", async () => {
  const { url, asked } = await serve((response, { headers }) => {
    response.setHeader("etag", '"v1"');
    if (headers["if-none-match"] === '"v1"') response.writeHead(304).end();
    else response.end(LIST);
  });

  const { fetched, to } = await fetchFrom(url, { token: "abc" });
  const again = await fetchFrom(url, { etag: '"v1"' });

  expect(fetched).toEqual({
    ...{ kind: "list", etag: '"v1"' },
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(await readFile(to, "utf8")).toBe(LIST);
  expect(again.fetched).toMatchObject({ kind: "none", outcome: "unchanged" });
  expect(existsSync(again.to)).toBe(false);
  expect(asked.map(({ headers }) => headers["authorization"])).toEqual(["Bearer abc", undefined]);
});

test("up to three redirects are followed, and the token stays with its origin", async () => {
  const other = await serve((response) => response.end(LIST));
  const { url, asked } = await serve((response, { url: path }) => {
    const hop = Number(/hop=(\d)/.exec(path)?.[1] ?? 0);
    response.writeHead(302, { location: hop < 2 ? `/?hop=${hop + 1}` : other.url }).end("x");
  });
  const endless = await serve((response) => response.writeHead(301, { location: "/" }).end());

  const three = await fetchFrom(url, { token: "abc" });
  const more = await fetchFrom(endless.url);

  expect(three.fetched.kind).toBe("list");
  expect(asked.map(({ headers }) => headers["authorization"])).toEqual(Array(3).fill("Bearer abc"));
  expect(other.asked[0]?.headers["authorization"]).toBeUndefined();
  expect(more.fetched).toEqual({
    ...{ kind: "trouble", why: "it was redirected more than 3 times" },
  });
  expect(endless.asked).toHaveLength(4);
});

test.each(["http://example.com/x.csv", "ftp://127.0.0.1/x.csv", "file:///etc/passwd", ""])(
  "a redirect to %s is not followed",
  async (location) => {
    const { url } = await serve((response) => response.writeHead(302, { location }).end());
    const { fetched, to } = await fetchFrom(url);
    expect(fetched.kind).toBe("trouble");
    expect(existsSync(to)).toBe(false);
  },
);

test("an address that is not on the internet is not connected to, also after a redirect or by name", async () => {
  let connections = 0;
  const inside = createServer((_, response) => response.end(LIST));
  inside.on("connection", () => connections++);
  inside.listen(0, "127.0.0.1");
  await new Promise((resolve) => inside.once("listening", resolve));
  onTestFinished(() => void inside.close());
  const { port } = inside.address() as AddressInfo;
  const addresses = [
    `https://127.0.0.1.nip.invalid:${port}/`,
    `https://10.0.0.1:${port}/`,
    `https://[::ffff:10.0.0.1]:${port}/`,
    `https://[fd00::1]:${port}/`,
    `https://169.254.169.254/latest/meta-data`,
  ];
  for (const address of addresses) {
    const { url } = await serve((response) => response.writeHead(302, { location: address }).end());
    const { fetched } = await fetchFrom(url, { timeoutMs: 3_000 });
    expect([address, fetched.kind]).toEqual([address, "trouble"]);
  }
  // The name of a public address may lead inside: what it resolves to counts.
  const byName = await fetchFrom(`https://localtest.invalid:${port}/`, { timeoutMs: 3_000 });
  expect(byName.fetched.kind).toBe("trouble");
  expect(connections).toBe(0);
});

test.each([
  ["127.0.0.1", false],
  ["10.1.2.3", false],
  ["172.31.255.255", false],
  ["192.168.0.1", false],
  ["169.254.169.254", false],
  ["100.64.0.1", false],
  ["0.0.0.0", false],
  ["255.255.255.255", false],
  ["::1", false],
  ["::ffff:127.0.0.1", false],
  ["::ffff:7f00:1", false],
  ["fe80::1%eth0", false],
  ["fd12::1", false],
  ["64:ff9b::a00:1", false],
  ["2002:a00:1::", false],
  ["", false],
  ["not an address", false],
  ["93.184.216.34", true],
  ["172.32.0.1", true],
  ["2606:2800:220:1:248:1893:25c8:1946", true],
])("%s is on the internet: %s", (address, isPublic) => {
  expect(allowAddresses([])(address)).toBe(isPublic);
});

test("networks that are allowed by configuration are, and no others", () => {
  const isAllowed = allowAddresses(["10.0.0.0/8", "fd12::/16", "192.168.7.7"]);
  expect(["10.1.2.3", "fd12::9", "192.168.7.7"].map(isAllowed)).toEqual([true, true, true]);
  expect(["192.168.7.8", "fd13::9", "127.0.0.1"].map(isAllowed)).toEqual([false, false, false]);
});

test("a list that is too large is not kept, whether the source says so or not", async () => {
  const told = await serve((response) => response.end("x".repeat(2_000)));
  const untold = await serve((response) => {
    for (let at = 0; at < 100; at++) response.write("x".repeat(100));
    response.end();
  });
  for (const { url } of [told, untold]) {
    const { fetched } = await fetchFrom(url, { bytesMax: 1_000 });
    expect(fetched).toEqual({ kind: "trouble", why: "its list is too large" });
  }
});

test("a source that is slow, or breaks off in the middle, gives no list", async () => {
  const slow = await serve((response) => void response.write("phone\n"));
  const silent = await serve(() => {});
  const cut = await serve((response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write(LIST, () => response.destroy());
  });
  const cutChunks = await serve((response) => {
    response.write(LIST, () => response.destroy());
  });

  const late = [await fetchFrom(slow.url, { timeoutMs: 300 })];
  late.push(await fetchFrom(silent.url, { timeoutMs: 300 }));
  const broken = [await fetchFrom(cut.url), await fetchFrom(cutChunks.url)];

  for (const { fetched } of late) {
    expect(fetched).toEqual({ kind: "trouble", why: "it was not fetched within 0.3 s" });
  }
  for (const { fetched } of broken) {
    expect(fetched).toEqual({
      kind: "trouble",
      why: expect.stringMatching(/^it cannot be fetched/),
    });
  }
});

test("an answer whose end cannot be known, that is coded, or that is an error gives no list", async () => {
  const open = await serve((response) => {
    response.shouldKeepAlive = false;
    response.useChunkedEncodingByDefault = false;
    response.removeHeader("transfer-encoding");
    response.write(LIST);
    response.end();
  });
  const coded = await serve((response) => {
    response.writeHead(200, { "content-encoding": "gzip" }).end(LIST);
  });
  const error = await serve((response) => response.writeHead(503).end(LIST));
  const empty = await serve((response) => response.writeHead(204).end());

  expect((await fetchFrom(open.url)).fetched).toMatchObject({ kind: "trouble" });
  expect((await fetchFrom(coded.url)).fetched).toMatchObject({ kind: "trouble" });
  expect((await fetchFrom(error.url)).fetched).toEqual({ kind: "trouble", why: "it answered 503" });
  expect((await fetchFrom(empty.url)).fetched).toMatchObject({ kind: "none", outcome: "empty" });
});

test("what is said of trouble has neither the token nor the query of the address", async () => {
  const { url } = await serve((response) => response.socket?.destroy());
  const { fetched } = await fetchFrom(url, { token: "secret-token" });
  expect(JSON.stringify(fetched)).not.toMatch(/secret/);
});

test("a token file holds one token", async () => {
  const path = join(await testFolder(), "token");
  expect(await readToken(path)).toEqual({ ok: false, why: "its tokenFile cannot be read" });
  await writeFile(path, "abc.def\n");
  expect(await readToken(path)).toEqual({ ok: true, token: "abc.def" });
  await writeFile(path, "two tokens\n");
  expect(await readToken(path)).toMatchObject({ ok: false });
});
