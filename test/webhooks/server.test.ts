import { describe, expect, test } from "vitest";
import type { ApplyResult } from "../../src/store/ledger/status-events.ts";
import {
  OTHER_WEBHOOK_SECRET,
  signWebhook,
  WEBHOOK_SAMPLES,
  WEBHOOK_SECRET,
} from "../support/webhook-samples.ts";
import { codeOf, deferred, runServer } from "./running-server.ts";

const FAILED = {
  kind: "moved",
  campaign: "main-1",
  row: 7,
  attempt: 1,
  state: "failed",
  code: 131026,
} as const satisfies ApplyResult;

describe("a signed status event", () => {
  test.each(["sent", "delivered", "read", "failed"] as const)(
    "%s is applied, then acknowledged with 204",
    async (name) => {
      const { post, applied } = await runServer();

      const response = await post(WEBHOOK_SAMPLES[name]);

      expect(response.status).toBe(204);
      expect(applied).toMatchObject([
        { number: "main", unmatched: "park", event: { status: name } },
      ]);
    },
  );

  test("is acknowledged only after the store has answered", async () => {
    const answer = deferred<ApplyResult>();
    const asked = deferred<void>();
    const { post, url } = await runServer({
      apply: () => {
        asked.resolve();
        return answer.promise;
      },
    });
    let acknowledged = false;

    const response = post(WEBHOOK_SAMPLES.sent).then((given) => {
      acknowledged = true;
      return given.status;
    });
    await asked.promise;
    await fetch(`${url}/healthz`);
    const early = acknowledged;
    answer.resolve({ kind: "unmatched", waits: "none" });

    expect(early).toBe(false);
    expect(await response).toBe(204);
  });

  test("sent again is applied again and acknowledged: ranks make repeats harmless", async () => {
    const { post, applied } = await runServer();

    const first = await post(WEBHOOK_SAMPLES.sent);
    const second = await post(WEBHOOK_SAMPLES.sent);

    expect([first.status, second.status]).toEqual([204, 204]);
    expect(applied).toHaveLength(2);
  });

  test.each([
    "application/json",
    "text/plain",
    "application/json\t;charset=x",
    "multipart/form-data",
    "nonsense",
  ])("is taken with the content type %j", async (type) => {
    const { post } = await runServer();
    const response = await post(WEBHOOK_SAMPLES.sent, { headers: { "content-type": type } });
    expect(response.status).toBe(204);
  });

  test("of a failed message adds its job before the 204, on a repeat too", async () => {
    const { post, jobs } = await runServer({ apply: async () => FAILED });

    await post(WEBHOOK_SAMPLES.failed);
    await post(WEBHOOK_SAMPLES.failed);

    const { kind: _kind, state: _state, code: _code, ...message } = FAILED;
    const job = { number: "main", ...message };
    expect(jobs).toEqual([job, job]);
  });

  test("is acknowledged when its type, its status or its shape is not known, and counted", async () => {
    const { post, applied, results, log } = await runServer();
    const bodies = [
      { type: "message.received", data: {} },
      { type: "message.status", data: { id: "wamid.A", status: "played" } },
      { type: "message.status", data: { status: "sent", recipient_id: "48635625362" } },
    ];

    const statuses = [];
    for (const body of bodies) statuses.push((await post(JSON.stringify(body))).status);

    expect(statuses).toEqual([204, 204, 204]);
    expect(applied).toEqual([]);
    expect(await results()).toEqual({ other_type: 1, other_status: 1, unreadable: 1 });
    expect(log()).toContain('"field":"data.id"');
  });
});

describe("when the event cannot be stored", () => {
  test("the answer is 503 with Retry-After, and the next one is tried afresh", async () => {
    let isDown = true;
    const { post, log } = await runServer({
      apply: async () => {
        if (isDown) throw new Error("READONLY You can't write against wamid.SECRET 48635625362");
        return { kind: "unmatched", waits: "none" };
      },
    });

    const down = await post(WEBHOOK_SAMPLES.sent);
    isDown = false;
    const up = await post(WEBHOOK_SAMPLES.sent);

    expect(down.status).toBe(503);
    expect(down.headers.get("retry-after")).toBe("5");
    expect(await codeOf(down)).toBe("webhooks_store_unavailable");
    expect(up.status).toBe(204);
    expect(log()).toContain('"reason":"READONLY"');
    expect(log()).not.toMatch(/wamid|48609/);
  });

  test("a failed job that cannot be added makes it a 503: the sender repeats it", async () => {
    const { post } = await runServer({
      apply: async () => FAILED,
      onFailed: async () => {
        throw new Error("Connection is closed.");
      },
    });
    expect((await post(WEBHOOK_SAMPLES.failed)).status).toBe(503);
  });
});

describe("numbers", () => {
  const numbers = [
    { name: "main", webhookSecrets: [WEBHOOK_SECRET] },
    { name: "shop", webhookSecrets: [OTHER_WEBHOOK_SECRET] },
  ];
  const byShop = signWebhook(WEBHOOK_SAMPLES.sent, { secret: OTHER_WEBHOOK_SECRET });

  test("without one in the path, the one whose secret verifies is meant", async () => {
    const { post, applied } = await runServer({ numbers });

    await post(WEBHOOK_SAMPLES.sent);
    await post(WEBHOOK_SAMPLES.sent, { headers: byShop });

    expect(applied.map(({ number }) => number)).toEqual(["main", "shop"]);
  });

  test("with one in the path, another's signature is refused", async () => {
    const { post, applied } = await runServer({ numbers });

    const own = await post(WEBHOOK_SAMPLES.sent, { path: "/webhooks/livechat/main" });
    const other = await post(WEBHOOK_SAMPLES.sent, { path: "/webhooks/livechat/shop" });
    const unknown = await post(WEBHOOK_SAMPLES.sent, { path: "/webhooks/livechat/none" });

    expect([own.status, other.status, unknown.status]).toEqual([204, 401, 404]);
    expect(await codeOf(unknown)).toBe("webhooks_number_unknown");
    expect(applied).toHaveLength(1);
  });

  test("that share a secret are each asked, then an event of nobody is parked once", async () => {
    const { post, applied } = await runServer({
      numbers: ["main", "shop"].map((name) => ({ name, webhookSecrets: [WEBHOOK_SECRET] })),
    });

    await post(WEBHOOK_SAMPLES.sent);

    expect(applied.map(({ number, unmatched }) => `${unmatched} ${number}`)).toEqual([
      "ask main",
      "ask shop",
      "park_unmatched main",
    ]);
  });
});

describe("other routes", () => {
  test("readyz tells of a Redis that is not safe, and stays ready: what is heard is stored all the same", async () => {
    const { url } = await runServer({ problem: () => "Redis has appendfsync everysec." });

    const answer = await fetch(`${url}/readyz`);

    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ problem: "Redis has appendfsync everysec." });
  });

  test("healthz speaks for the process, readyz for Redis; metrics are not for strangers", async () => {
    let isReady: boolean | Error = true;
    const { url, post } = await runServer({
      ready: () => {
        if (isReady instanceof Error) throw isReady;
        return isReady;
      },
    });
    await post(WEBHOOK_SAMPLES.sent);
    const get = (path: string) => fetch(`${url}${path}`);

    const ready = await get("/readyz");
    isReady = false;
    const notReady = await get("/readyz");
    isReady = new Error("no");
    const broken = await get("/readyz");
    const metrics = await get("/metrics?x=1");

    expect(ready.status).toBe(200);
    expect(await codeOf(notReady)).toBe("webhooks_not_ready");
    expect(broken.status).toBe(503);
    expect((await get("/healthz")).status).toBe(200);
    expect((await fetch(`${url}/healthz`, { method: "HEAD" })).status).toBe(200);
    expect(metrics.status).toBe(404);
  });

  test("metrics are served on this port when they are asked for", async () => {
    const { url } = await runServer({
      scrape: { contentType: "text/plain", text: async () => "things 1\n" },
    });

    const metrics = await fetch(`${url}/metrics`);

    expect(metrics.headers.get("content-type")).toContain("text/plain");
    expect(await metrics.text()).toBe("things 1\n");
    expect((await fetch(`${url}/metrics`, { method: "DELETE" })).status).toBe(405);
  });

  test.each(["/webhooks/livechat/", "/webhooks/livechat/main/", "/webhooks/livechat/?from=x"])(
    "a slash at the end of %s, as copying leaves it, is no other path",
    async (path) => {
      const { post, applied } = await runServer();

      const answer = await post(WEBHOOK_SAMPLES.sent, { path });

      expect(answer.status).toBe(204);
      expect(applied).toHaveLength(1);
    },
  );

  test("webhooks to a wrong path are told in the log, without the path", async () => {
    const { post, log, results } = await runServer();

    const answer = await post(WEBHOOK_SAMPLES.sent, { path: "/webhooks/48600111222//main" });
    const problem = (await answer.json()) as { fix: string };

    expect(problem.fix).toContain("POST /webhooks/livechat");
    expect(await results()).toEqual({ webhooks_path_unknown: 1 });
    expect(log()).toContain("perhaps webhooks with a wrong address");
    expect(log() + JSON.stringify(problem)).not.toContain("48600111222");
  });

  test.each([
    ["GET", "/", 404],
    ["GET", "/webhooks", 404],
    ["POST", "/webhooks/livechat//", 404],
    ["POST", "//webhooks/livechat", 404],
    ["POST", "/webhooks//livechat/", 404],
    ["POST", "/webhooks/livechat//main", 404],
    ["POST", "/webhook/livechat", 404],
    ["POST", "/webhooks/livechat/main/more", 404],
    ["POST", "/webhooks/livechat/%6dain", 404],
    ["GET", "/webhooks/livechat", 405],
    ["PUT", "/webhooks/livechat/main", 405],
    ["POST", "/healthz", 405],
    ["DELETE", "/metrics", 404],
  ])("%s %s is %i, as a problem", async (method, path, status) => {
    const { url } = await runServer();

    const response = await fetch(`${url}${path}`, { method });

    expect(response.status).toBe(status);
    if (status === 405) expect(response.headers.get("allow")).toMatch(/POST|GET, HEAD/);
    expect(await codeOf(response)).toMatch(/^webhooks_/);
  });
});
