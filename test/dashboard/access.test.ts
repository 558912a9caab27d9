import { once } from "node:events";
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { createDashboard } from "../../src/dashboard/server.ts";
import { createLogger } from "../../src/logger.ts";
import { apiDepsOf } from "../api/support.ts";
import {
  accessOf,
  basic,
  openDashboard,
  openQueueClient,
  PASSWORD,
  problemCode,
} from "./support.ts";

/** By node:http, since fetch does not let a caller write Host or Sec-Fetch-Site. */
async function askRaw(
  port: number,
  input: { method?: string; path: string; headers: Readonly<Record<string, string>> },
): Promise<{ status: number; code: string | undefined }> {
  const { method = "GET", path, headers } = input;
  const asked = request({ host: "127.0.0.1", port, method, path, headers });
  asked.end();
  const [answer] = await once(asked, "response");
  let body = "";
  for await (const chunk of answer) body += chunk;
  const code = /"code":"([a-z_]+)"/.exec(body)?.[1];
  return { status: answer.statusCode, code };
}

describe("the password", () => {
  it("is needed for every path but /healthz", async () => {
    const { url } = await openDashboard();

    for (const path of [
      "/",
      "/campaigns/x-1",
      "/queues",
      "/queues/api/queues",
      "/queues/static/x",
      "/api/campaigns",
      "/metrics",
      "/nowhere",
    ]) {
      const answer = await fetch(`${url}${path}`);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers.get("www-authenticate")).toBe(
        'Basic realm="Dropcast", charset="UTF-8"',
      );
      expect(await problemCode(answer)).toBe("dashboard_login_needed");
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it("may hold colons and letters beyond ASCII, with any user name", async () => {
    const { url, ask } = await openDashboard();
    const nobody = Buffer.from(`:${PASSWORD}`).toString("base64");

    expect((await ask("/api/campaigns")).status).toBe(200);
    const answer = await fetch(`${url}/`, { headers: { authorization: `Basic ${nobody}` } });
    expect(answer.status).toBe(200);
  });

  it.each([
    ["another", basic("wrong")],
    ["an empty one", basic("")],
    ["the right one with more behind it", basic(`${PASSWORD}x`)],
    ["no Basic", "Bearer correct"],
    ["no base64", "Basic %%%"],
    ["no colon", `Basic ${Buffer.from(PASSWORD).toString("base64").slice(0, 4)}`],
  ])("is not %s", async (_, authorization) => {
    const { url } = await openDashboard();

    const answer = await fetch(`${url}/api/campaigns`, { headers: { authorization } });

    expect(answer.status).toBe(401);
  });

  it("opens the door whatever strangers behind the same proxy guess, whose guesses are throttled", async () => {
    const { url, ask } = await openDashboard({ loginLimits: { burst: 3, refillMs: 600_000 } });
    const guess = () => fetch(`${url}/`, { headers: { authorization: basic("guess") } });

    for (let asked = 0; asked < 5; asked++) await fetch(`${url}/`);
    const guesses = [await guess(), await guess(), await guess()];
    const fourth = await guess();
    const right = await ask("/api/campaigns");

    expect(guesses.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(fourth.status).toBe(429);
    expect(Number(fourth.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(await problemCode(fourth)).toBe("dashboard_throttled");
    expect(right.status).toBe(200);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it("never comes back in an answer or a log line", async () => {
    const { ask, logged, test } = await openDashboard();
    await test.import(1);

    const page = await (await ask("/")).text();

    expect(page + logged.join()).not.toContain(PASSWORD);
    expect(logged.join()).not.toContain(basic(PASSWORD));
  });
});

describe("the probes", () => {
  it("need no password, and tell of the process and of Redis", async () => {
    let isThere = true;
    const { url } = await openDashboard({ ready: async () => isThere });
    const statuses = async () =>
      Promise.all(["/healthz", "/readyz"].map(async (path) => (await fetch(url + path)).status));

    const before = await statuses();
    isThere = false;
    const after = await statuses();

    expect(before).toEqual([200, 200]);
    expect(after).toEqual([200, 503]);
  });

  it("tell strangers nothing else: neither what is unsafe about Redis nor the metrics", async () => {
    const { url } = await openDashboard({ unsafe: () => "Redis has appendfsync everysec." });

    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ready" });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
  });
});

describe("a write", () => {
  const origins: [string, Record<string, string>, number][] = [
    ["of our own page", { "sec-fetch-site": "same-origin" }, 200],
    ["of another site", { "sec-fetch-site": "cross-site" }, 403],
    ["of a sibling domain", { "sec-fetch-site": "same-site" }, 403],
    ["that a browser made of its own accord", { "sec-fetch-site": "none" }, 403],
    [
      "of another site that claims our origin",
      { "sec-fetch-site": "cross-site", origin: "OWN" },
      403,
    ],
    ["with our origin, of an old browser", { origin: "OWN" }, 200],
    ["with another origin", { origin: "https://evil.example" }, 403],
    ["with another port's origin", { origin: "http://127.0.0.1:1" }, 403],
    ["with the origin null", { origin: "null" }, 403],
    ["of a script, with neither", {}, 200],
  ];

  it.each(origins)("%s is answered accordingly", async (_, headers, status) => {
    const { port, test } = await openDashboard();
    const campaign = await test.import(1);
    const own = `http://127.0.0.1:${port}`;
    const sent = { ...headers, ...(headers["origin"] === "OWN" ? { origin: own } : {}) };

    const answer = await askRaw(port, {
      method: "POST",
      path: `/api/campaigns/${campaign}/pause`,
      headers: { authorization: basic(PASSWORD), ...sent },
    });

    expect(answer.status).toBe(status);
    expect(answer.code).toBe(status === 200 ? undefined : "dashboard_cross_site");
    expect((await test.found(campaign)).status).toBe(status === 200 ? "paused" : "running");
  });

  it("of another site does not reach Bull Board either", async () => {
    const { port, test } = await openDashboard();

    const answer = await askRaw(port, {
      method: "PUT",
      path: `/queues/api/queues/failed-${test.number}/retry/failed`,
      headers: { authorization: basic(PASSWORD), "sec-fetch-site": "cross-site" },
    });

    expect(answer).toEqual({ status: 403, code: "dashboard_cross_site" });
  });
});

describe("the Host header on loopback", () => {
  it.each([
    ["127.0.0.1", 200],
    ["localhost:8080", 200],
    ["LOCALHOST", 200],
    ["[::1]:8080", 200],
    ["evil.example:8080", 421],
    ["127.0.0.1.evil.example", 421],
    ["localhost.evil.example", 421],
  ])("%s is answered %i", async (host, status) => {
    const { port } = await openDashboard();

    const answer = await askRaw(port, {
      path: "/api/campaigns",
      headers: { authorization: basic(PASSWORD), host },
    });

    expect(answer.status).toBe(status);
  });
});

it("every answer carries the security headers, and data is never cached", async () => {
  const { ask, url } = await openDashboard();
  const answers = [await ask("/"), await ask("/queues"), await ask("/nowhere"), await fetch(url)];

  for (const { headers } of answers) {
    expect(headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("content-security-policy")).not.toMatch(/script-src|unsafe-eval|https?:/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("same-origin");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});

it("a body that is too large is refused", async () => {
  const { ask, test } = await openDashboard();
  const campaign = await test.import(1);

  const answer = await ask(`/api/campaigns/${campaign}/retry`, {
    method: "POST",
    body: "x".repeat(70_000),
  });

  expect(answer.status).toBe(413);
  expect(await problemCode(answer)).toBe("dashboard_body_too_large");
});

it("a port that is taken is a refusal, and leaves nothing open", async () => {
  const { port, test } = await openDashboard();

  const second = await createDashboard({
    host: "127.0.0.1",
    port,
    password: PASSWORD,
    access: accessOf(),
    api: apiDepsOf(test),
    stores: { [test.number]: test.store },
    queueClient: () => openQueueClient(),
    ready: async () => true,
    unsafe: () => undefined,
    clientAddress: (remote) => remote,
    logger: createLogger({ level: "silent" }),
  }).start();

  expect(second).toMatchObject({ ok: false, refusal: { code: "dashboard_cannot_listen" } });
});
