import { createHash } from "node:crypto";
import { Hono } from "hono";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ApiEnv } from "../../src/api/access.ts";
import { problemResponse } from "../../src/api/answer.ts";
import { createIdempotency } from "../../src/api/idempotency.ts";
import { createRequests, REQUESTS_KEPT_MS } from "../../src/store/access/requests.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
import { problemCode } from "../dashboard/support.ts";
import { connectTestRedis } from "../support/redis.ts";
import { freshKey, OPERATOR, openApi } from "./support.ts";

const post = { method: "POST" };

function keyOf(key: string, who = "me"): string {
  const digest = createHash("sha256").update(`${who}\n${key}`).digest("hex");
  return deploymentKeys("sandbox").request(digest);
}

describe("a request with an Idempotency-Key", () => {
  it("acts once and gets the same answer again", async () => {
    const { ask, test } = await openApi();
    const id = await test.import(1);
    const key = freshKey();

    const first = await ask(`/api/campaigns/${id}/pause`, { ...post, key });
    await test.store.campaigns.resume(id);
    const again = await ask(`/api/campaigns/${id}/pause`, { ...post, key });

    const answer = {
      id,
      status: "paused",
      changed: true,
      suspensionLifted: false,
      haltLifted: false,
    };
    expect([first.status, await first.json()]).toEqual([200, answer]);
    expect([again.status, await again.json()]).toEqual([200, answer]);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect((await test.found(id)).status).toBe("running");
  });

  it("gets its refusal again, too, although it would be granted now", async () => {
    const { ask, test } = await openApi();
    const id = await test.import(1);
    await test.send(id, 1, "accepted");
    const key = freshKey();
    const body = { decision: "sent", row: 1 };

    const first = await ask(`/api/campaigns/${id}/resolve`, { json: body, key });
    const again = await ask(`/api/campaigns/${id}/resolve`, { json: body, key });

    expect(first.status).toBe(409);
    expect(again.headers.get("content-type")).toBe("application/problem+json");
    expect(await again.text()).toBe(await first.text());
  });

  it("is refused if the key was used for another body, another address or another query", async () => {
    const { ask, test } = await openApi();
    const [one, two] = [await test.import(1), await test.import(1)];
    const key = freshKey();

    await ask(`/api/campaigns/${one}/rate`, { json: { ratePerSecond: 5 }, key });
    const body = await ask(`/api/campaigns/${one}/rate`, { json: { ratePerSecond: 6 }, key });
    const address = await ask(`/api/campaigns/${two}/rate`, { json: { ratePerSecond: 5 }, key });

    expect([body.status, await problemCode(body)]).toEqual([422, "idempotency_key_reused"]);
    expect([address.status, await problemCode(address)]).toEqual([422, "idempotency_key_reused"]);
    expect((await test.found(one)).ratePerSecond).toBe(5);
    expect((await test.found(two)).ratePerSecond).toBeNull();
  });

  it("has its key to itself: another client's is another one", async () => {
    const { ask, test } = await openApi();
    const id = await test.import(1);
    const key = freshKey();

    await ask(`/api/campaigns/${id}/pause`, { ...post, key });
    const other = await ask(`/api/campaigns/${id}/resume`, {
      ...{ ...post, key },
      access: { ...OPERATOR, who: "token:other" },
    });

    expect(other.status).toBe(200);
  });

  it.each(["", "x".repeat(256), "a b", "żółć"])("has no key like %j", async (key) => {
    const { ask, test } = await openApi();
    const id = await test.import(1);
    const encoded = Buffer.from(key).toString("latin1");

    const answer = await ask(`/api/campaigns/${id}/pause`, { ...post, key: encoded });

    expect([answer.status, await problemCode(answer)]).toEqual([400, "idempotency_key_invalid"]);
    expect((await test.found(id)).status).toBe("running");
  });

  it("that failed on our side may be repeated, and then acts", async () => {
    const requests = createRequests(connectTestRedis(), "sandbox");
    const idempotency = createIdempotency(requests, (_, problem) => problemResponse(problem));
    const answers = [new Response("not now", { status: 503 }), new Response("done")];
    const app = new Hono<ApiEnv>();
    app.post("/act", (context) => {
      context.set("access", OPERATOR);
      return idempotency.run(context, "body", async () => answers.shift() as Response);
    });
    const headers = { "idempotency-key": freshKey() };
    const act = async () => (await app.request("/act", { ...post, headers })).text();

    expect([await act(), await act(), await act()]).toEqual(["not now", "done", "done"]);
  });
});

describe("the requests in Redis", () => {
  const open = () => {
    const redis = connectTestRedis();
    return { redis, requests: createRequests(redis, "sandbox"), key: freshKey() };
  };

  it("one acts, and others with its key wait for it, until it gives no sign", async () => {
    const { redis, requests, key } = open();
    const input = { who: "me", key, body: "b" };

    const first = await requests.begin(input);
    const second = await requests.begin(input);
    await redis.hset(keyOf(key), "until", Date.now() - 1);
    const third = await requests.begin(input);
    if (first.kind === "begun") await first.request.end("late");
    const stored = await redis.hgetall(keyOf(key));
    if (third.kind === "begun") await third.request.end("done");
    const last = await requests.begin(input);

    expect(second).toEqual({ kind: "busy", waitMs: expect.any(Number) });
    expect(third.kind).toBe("begun");
    expect(stored["answer"]).toBeUndefined();
    expect(last).toEqual({ kind: "answered", answer: "done" });
    expect(await redis.hgetall(keyOf(key))).toEqual({ body: "b", answer: "done" });
    const ttl = await redis.pttl(keyOf(key));
    expect(ttl).toBeGreaterThan(REQUESTS_KEPT_MS - 60_000);
    expect(ttl).toBeLessThanOrEqual(REQUESTS_KEPT_MS);
  });

  it("keep the campaign that a lost try began, and no answer that is too large", async () => {
    const { redis, requests, key } = open();
    const input = { who: "me", key, body: "b" };

    const first = await requests.begin(input);
    if (first.kind === "begun") {
      await first.request.note("main-7");
      await first.request.end("x".repeat(16 * 1024 + 1));
    }
    const second = await requests.begin(input);
    if (second.kind === "begun") await second.request.end(null);
    const other = await requests.begin({ ...input, body: "c" });

    expect(second).toMatchObject({ kind: "begun", request: { campaign: "main-7" } });
    expect(other).toEqual({ kind: "other" });
    expect(await redis.hgetall(keyOf(key))).toEqual({ body: "b", campaign: "main-7" });
  });

  it("let a try note its campaign only while no other try acts or has begun one", async () => {
    const { redis, requests, key } = open();
    const input = { who: "me", key, body: "b" };
    const begin = async () => {
      const begun = await requests.begin(input);
      if (begun.kind !== "begun") throw new Error(begun.kind);
      onTestFinished(() => begun.request.end(null));
      return begun.request;
    };

    const first = await begin();
    await redis.hset(keyOf(key), "until", Date.now() - 1);
    const second = await begin();
    const whileItActs = await first.note("main-7");
    const own = [await second.note("main-8"), await second.note("main-8")];
    await second.end(null);
    const third = await begin();
    const afterIt = await third.note("main-9");

    expect([whileItActs, own, afterIt]).toEqual([false, [true, true], false]);
    expect(await redis.hgetall(keyOf(key))).toEqual({
      ...{ body: "b", campaign: "main-8" },
      ...{ token: expect.any(String), until: expect.any(String) },
    });
  });
});
