import { request } from "undici";
import { describe, expect, it } from "vitest";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { AUTH, message, runSandbox, SEND_PATH } from "./running-sandbox.ts";

const TO = "48600000001";

describe("the API", () => {
  it.each([
    ["another path", { path: "/v1/messages" }, 404],
    ["another number", { path: "/whatsapp-numbers/other/template-messages" }, 404],
    ["a wrong token", { headers: { authorization: "Basic d3Jvbmc6d3Jvbmc=" } }, 401],
    ["another scheme", { headers: { authorization: "Bearer abc" } }, 401],
    ["another content type", { headers: { "content-type": "text/plain" } }, 400],
    ["another method", { method: "PUT" as const }, 405],
    ["a body that is too large", { body: "x".repeat(1024 * 1024 + 1) }, 413],
  ])("answers %s with its status", async (_, change, status) => {
    const running = await runSandbox();

    expect((await running.post(TO, change)).status).toBe(status);
    expect(running.sandbox.stats().accepted).toBe(0);
  });

  it("answers a GET with the last messages, and only to who may ask", async () => {
    const running = await runSandbox({ webhookUrl: null });
    await running.post(TO);
    await running.post("48600000002");

    const listed = await running.get(SEND_PATH);
    const refused = await running.get(SEND_PATH, { authorization: "Basic wrong" });

    const { template_messages } = JSON.parse(listed.text) as { template_messages: object[] };
    expect(template_messages).toMatchObject([
      { to: "48600000002", template: "spring_sale" },
      { to: TO, id: running.requests()[0]?.wamid },
    ]);
    expect(refused.status).toBe(401);
  });

  it("answers 429 above its limit a second, without using up a recipient's POSTs", async () => {
    const running = await runSandbox({ ratePerSecondLimit: 3, webhookUrl: null });

    const seen = await Promise.all(Array.from({ length: 12 }, () => running.post(TO)));

    const limited = running.requests().filter(({ fault }) => fault === "rate-limit");
    expect(limited.length).toBeGreaterThan(0);
    expect(seen.filter(({ status }) => status === 429).length).toBe(limited.length);
    expect(limited.every(({ nth }) => nth === 0)).toBe(true);
    expect(Math.max(...running.requests().map(({ nth }) => nth))).toBe(12 - limited.length);
  });

  it("turns every request away when the account fails, until that is mended", async () => {
    const running = await runSandbox({ unauthorizedAfter: 2, webhookUrl: null });

    const before = [await running.post(TO), await running.post(TO), await running.post(TO)];
    const probe = await running.get(SEND_PATH);
    running.sandbox.change({ unauthorizedAfter: null });
    const after = await running.post(TO);

    expect(before.map(({ status }) => status)).toEqual([200, 200, 401]);
    expect([probe.status, after.status]).toEqual([401, 200]);
  });

  it("takes its time when it is told to", async () => {
    const running = await runSandbox({ latencyMs: [60, 90], webhookUrl: null });
    const start = performance.now();

    await running.post(TO);

    expect(performance.now() - start).toBeGreaterThanOrEqual(55);
  });

  it.each([
    ["reject429", 429, "refused"],
    ["acceptThen500", 500, "accepted"],
    ["dropThen500", 500, "dropped"],
  ] as const)("with %s at 1 answers %i to everybody", async (knob, status, decision) => {
    const running = await runSandbox({ [knob]: 1, webhookUrl: null });

    expect((await running.post(TO)).status).toBe(status);
    expect(running.requests()).toMatchObject([{ decision }]);
  });

  it.each([
    [2, 503],
    [190, 401],
    [131031, 403],
    [131056, 400],
    [132001, 404],
    [999999, 400],
  ])("answers Meta's code %i with HTTP %i and Meta's body", async (code, status) => {
    const running = await runSandbox({ errorCodes: { [code]: 1 }, webhookUrl: null });

    const seen = await running.post(TO);

    expect(seen.status).toBe(status);
    expect(JSON.parse(seen.text)).toMatchObject({
      error: { code, type: "OAuthException", error_data: { messaging_product: "whatsapp" } },
    });
  });
});

describe("the sandbox's own pages", () => {
  it("count what happened without naming anybody", async () => {
    const running = await runSandbox({ readShare: 0 });
    await running.post(TO);
    await running.post("48505559012");
    await running.sandbox.drained();

    const seen = await running.get("/sandbox/stats");

    expect(JSON.parse(seen.text)).toEqual({
      posts: 2,
      accepted: 1,
      refused: 1,
      dropped: 0,
      byStatus: { 200: 1, 400: 1 },
      byFault: { none: 1, "code-132000": 1 },
      webhooks: { open: 0, queued: 0, delivered: 2, retried: 0, givenUp: 0 },
    });
    expect(seen.text).not.toContain(TO);
  });

  it("turn knobs while it runs", async () => {
    const running = await runSandbox({ webhookUrl: null });
    const turn = (body: unknown, headers = {}) =>
      running.post("", { path: "/sandbox/knobs", body, headers });

    expect((await turn({ reject429: "1" })).status).toBe(200);
    expect((await running.post(TO)).status).toBe(429);
    expect((await turn({ reject429: 0 })).status).toBe(200);
    expect((await running.post(TO)).status).toBe(200);
  });

  it.each([
    ["a knob that is fixed", { port: "1" }, "sandbox_knob_fixed"],
    ["a knob that does not exist", { speed: "1" }, "sandbox_knob_unknown"],
    ["a value that is none", { hang: "often" }, "sandbox_knob_invalid"],
    ["shares above 1 beside those that are set", { hang: "0.6" }, "sandbox_shares_above_one"],
    ["a body that is no object", [1], "sandbox_knob_invalid"],
  ])("refuse %s", async (_, body, code) => {
    const running = await runSandbox({ webhookUrl: null, reject429: 0.5 });

    const seen = await running.post("", { path: "/sandbox/knobs", body });

    expect(seen.status).toBe(400);
    expect(JSON.parse(seen.text)).toMatchObject({ error: { code } });
  });

  it("do not let a web page turn knobs", async () => {
    const running = await runSandbox({ webhookUrl: null });

    const seen = await running.post("", {
      path: "/sandbox/knobs",
      body: { hang: "1" },
      headers: { "content-type": "text/plain" },
    });

    expect(seen.status).toBe(400);
  });

  it("are 404 elsewhere", async () => {
    const running = await runSandbox();

    expect((await running.get("/sandbox/")).status).toBe(404);
  });
});

describe("stopping", () => {
  it("ends hanging requests, waiting webhooks and those who wait for them", async () => {
    const running = await runSandbox({ hang: 1, webhookDelayMs: 60_000 });
    const hanging = running.post(TO).catch((error: unknown) => error);
    await expect.poll(() => running.sandbox.stats().accepted).toBe(1);
    const drained = running.sandbox.drained();

    await running.sandbox.stop();
    await running.sandbox.stop();

    expect(await hanging).toBeInstanceOf(Error);
    await drained;
    await expect(running.post(TO)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("leaves nothing that would keep a process alive", async () => {
    const sandbox = createSandbox({ webhookUrl: "http://127.0.0.1:1/", webhookDelayMs: 60_000 });
    const { url } = await sandbox.start();
    for (let n = 0; n < 20; n++) {
      const answer = await request(`${url}${SEND_PATH}`, {
        method: "POST",
        headers: { authorization: AUTH, "content-type": "application/json", connection: "close" },
        body: JSON.stringify(message(TO)),
      });
      await answer.body.dump();
    }
    const timersWaiting = runningTimers();

    await sandbox.stop();

    expect(timersWaiting - runningTimers()).toBeGreaterThanOrEqual(20);
    await expect.poll(openHandles).toEqual([]);
  });
});

function runningTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}

/** What of a sandbox could keep the process alive: its sockets. */
function openHandles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => /TCP/.test(kind))
    .sort();
}

it("shares that add up to more than 1 are a mistake of the caller", () => {
  expect(() => createSandbox({ hang: 0.6, reject429: 0.6 })).toThrow(RangeError);
  expect(() => createSandbox().change({ failStatusCodes: { 1: 0.6, 2: 0.6 } })).toThrow(RangeError);
  expect(() => createSandbox().change({ port: 1 })).toThrow(RangeError);
});
