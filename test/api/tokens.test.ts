import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createTokens } from "../../src/store/access/tokens.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
import { accessOf, openDashboard, problemCode } from "../dashboard/support.ts";
import { startOwnRedis } from "../support/redis.ts";

/** The tokens are the whole deployment's, so each of these tests has a Redis of its own. */
async function openTokens() {
  const redis = (await startOwnRedis()).connect();
  return { redis, keys: deploymentKeys("sandbox"), tokens: createTokens(redis, "sandbox") };
}

async function makeToken(
  tokens: ReturnType<typeof createTokens>,
  role: "viewer" | "operator" | "admin",
): Promise<string> {
  const made = await tokens.add({ name: role, role, numbers: null, lastsMs: null });
  if (made.kind !== "added") throw new Error(made.kind);
  return made.token;
}

async function openWithTokens() {
  const { tokens } = await openTokens();
  const dashboard = await openDashboard({ access: { ...accessOf(), tokens } });
  const as = async (role: "viewer" | "operator" | "admin") => {
    const authorization = `Bearer ${await makeToken(tokens, role)}`;
    return (path: string, init: RequestInit = {}) =>
      fetch(`${dashboard.url}${path}`, {
        ...init,
        headers: { authorization, ...(init.headers as Record<string, string>) },
      });
  };
  return { ...dashboard, tokens, as };
}

describe("the tokens in Redis", () => {
  it("are stored as digests only, and a removed one leaves nothing", async () => {
    const { redis, keys, tokens } = await openTokens();

    const made = await tokens.add({
      name: "crm",
      role: "operator",
      numbers: null,
      lastsMs: 60_000,
    });
    const token = made.kind === "added" ? made.token : "";
    const stored = await redis.hgetall(keys.tokens);
    const found = await tokens.find(token);
    const used = await redis.hgetall(keys.tokensUsed);
    const listed = await tokens.list();

    const digest = createHash("sha256").update(token).digest("hex");
    expect(stored["crm"]).toMatch(new RegExp(`^operator\\|\\d+\\|\\d+\\|${digest}$`));
    expect(await redis.hgetall(keys.tokensByDigest)).toEqual({ [digest]: "crm" });
    expect(found).toEqual({ name: "crm", role: "operator", numbers: null });
    expect(listed).toEqual([
      {
        ...{ name: "crm", role: "operator", numbers: null, createdAt: expect.any(Number) },
        ...{ expiresAt: expect.any(Number), lastUsedAt: Number(used["crm"]) },
      },
    ]);

    expect(await tokens.remove("crm")).toBe(true);
    expect(await tokens.remove("crm")).toBe(false);
    expect(await tokens.find(token)).toBeUndefined();
    expect(await redis.keys("*token*")).toEqual([]);
  });

  it("are found by their exact text, once each, and not after their end", async () => {
    const { redis, keys, tokens } = await openTokens();
    const token = await makeToken(tokens, "viewer");

    expect(
      await tokens.add({ name: "viewer", role: "admin", numbers: null, lastsMs: null }),
    ).toEqual({
      kind: "taken",
    });
    expect(await tokens.find(`${token}x`)).toBeUndefined();
    expect(await tokens.find(token.slice(0, -1))).toBeUndefined();
    expect(await createTokens(redis, "live").find(token)).toBeUndefined();
    const [role, created, , digest] = (await redis.hget(keys.tokens, "viewer"))?.split("|") ?? [];
    await redis.hset(keys.tokens, "viewer", `${role}|${created}|${Date.now() - 1}|${digest}`);
    expect(await tokens.find(token)).toBeUndefined();
  });

  it("note their use at most once a minute", async () => {
    const { redis, keys, tokens } = await openTokens();
    const token = await makeToken(tokens, "viewer");
    const usedAgo = (ms: number) => redis.hset(keys.tokensUsed, "viewer", Date.now() - ms);

    await usedAgo(1_000);
    const before = await redis.hget(keys.tokensUsed, "viewer");
    await tokens.find(token);
    const same = await redis.hget(keys.tokensUsed, "viewer");
    await usedAgo(61_000);
    await tokens.find(token);
    const later = Number(await redis.hget(keys.tokensUsed, "viewer"));

    expect(same).toBe(before);
    expect(Date.now() - later).toBeLessThan(30_000);
  });
});

describe("a request with a token", () => {
  it("may do what its role says, and no more", async () => {
    const { as, test } = await openWithTokens();
    const id = await test.import(1);
    const [viewer, operator] = [await as("viewer"), await as("operator")];

    const read = await viewer(`/api/campaigns/${id}`);
    const refused = await viewer(`/api/campaigns/${id}/pause`, { method: "POST" });
    const queue = await viewer(`/queues/api/queues/failed-${test.number}/retry/failed`, {
      method: "PUT",
    });
    const status = (await test.found(id)).status;
    const paused = await operator(`/api/campaigns/${id}/pause`, { method: "POST" });

    expect(read.status).toBe(200);
    expect([refused.status, await problemCode(refused)]).toEqual([403, "api_role_too_low"]);
    expect([queue.status, await problemCode(queue)]).toEqual([403, "api_role_too_low"]);
    expect(status).toBe("running");
    expect(paused.status).toBe(200);
  });

  it("needs no proof that it comes from our own pages", async () => {
    const { as, test } = await openWithTokens();
    const id = await test.import(1);
    const operator = await as("operator");

    const answer = await operator(`/api/campaigns/${id}/pause`, {
      method: "POST",
      headers: { origin: "https://crm.example" },
    });

    expect(answer.status).toBe(200);
  });

  it("that is not known is refused and throttled, and never written to the log", async () => {
    const { url, logged, as } = await openWithTokens();
    const guess = `dropcast_${"x".repeat(43)}`;
    const ask = () =>
      fetch(`${url}/api/campaigns`, { headers: { authorization: `Bearer ${guess}` } });

    const first = await ask();
    const all = await Promise.all(Array.from({ length: 15 }, ask));
    const right = await (await as("viewer"))("/api/campaigns");

    expect([first.status, await problemCode(first)]).toEqual([401, "api_token_invalid"]);
    expect(first.headers.get("www-authenticate")).toContain("Bearer");
    expect(all.some(({ status }) => status === 429)).toBe(true);
    expect(right.status).toBe(200);
    expect(logged.join()).not.toContain(guess);
  });
});
