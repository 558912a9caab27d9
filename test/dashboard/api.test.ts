import { describe, expect, it, onTestFinished, vi } from "vitest";
import { noneLeft } from "../../src/core/failure.ts";
import { STATE_NAMES } from "../../src/core/message.ts";
import { createLedgerClient } from "../../src/redis/ledger-client.ts";
import type { ImportOutcome } from "../../src/store/ledger/batch-rows.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { openDashboard, openQueueClient, problemCode, SOON } from "./support.ts";

const post = (body?: string, type = "application/json") => ({
  method: "POST",
  ...(body === undefined ? {} : { body, headers: { "content-type": type } }),
});

describe("GET /api/campaigns", () => {
  it("lists every campaign with all thirteen counts and the suspensions of numbers", async () => {
    const { ask, test } = await openDashboard();
    const first = await test.import(3);
    const second = await test.import(2);
    await test.send(first, 1, "failed", { code: 131026 });
    await test.send(second, 1, "suspend", { code: 190 });

    const { campaigns, halts } = (await (await ask("/api/campaigns")).json()) as {
      campaigns: { id: string; counts: Record<string, number> }[];
      halts: object[];
    };

    expect(campaigns.map(({ id }) => id)).toEqual([second, first]);
    expect(Object.keys(campaigns[1]?.counts ?? {})).toEqual(STATE_NAMES);
    expect(campaigns[1]).toMatchObject({
      rows: 3,
      counts: { failed: 1, pending: 2, delivered: 0 },
      errors: [{ code: 131026, count: 1 }],
      status: "paused",
    });
    expect(halts).toMatchObject([{ number: test.number, code: 190, campaign: second }]);
  });

  it("tells why one is paused, in words", async () => {
    const { ask, test } = await openDashboard();
    const campaign = await test.import(1);
    await test.store.campaigns.pause(campaign, "operator");

    const answer = await ask(`/api/campaigns/${campaign}`);

    expect(await answer.json()).toMatchObject({
      id: campaign,
      status: "paused",
      reason: expect.stringContaining("Paused by an operator."),
      halt: null,
      finishedAt: null,
    });
  });

  it.each(["main-1", "x", "..%2F..", "__proto__-1", "constructor-1"])(
    "has no campaign %s",
    async (id) => {
      const { ask } = await openDashboard();

      const answer = await ask(`/api/campaigns/${id}`);

      expect(answer.status).toBe(404);
      expect(await problemCode(answer)).toBe("no_such_campaign");
    },
  );
});

describe("POST /api/campaigns/:id", () => {
  it("pause, resume and cancel do it once, and again they change nothing", async () => {
    const { ask, test } = await openDashboard();
    const id = await test.import(1);
    const act = async (verb: string) =>
      (await ask(`/api/campaigns/${id}/${verb}`, post())).json() as Promise<object>;

    expect(await act("pause")).toMatchObject({ id, status: "paused", changed: true });
    expect(await act("pause")).toMatchObject({ id, status: "paused", changed: false });
    expect(await act("resume")).toMatchObject({ id, status: "running", changed: true });
    expect(await act("cancel")).toMatchObject({ id, status: "cancelled", changed: true });
    expect(await act("cancel")).toMatchObject({ id, status: "cancelled", changed: false });
    expect(await act("resume")).toMatchObject({ status: 409, code: "cannot_resume" });
    expect(await act("pause")).toMatchObject({ status: 409, code: "cannot_pause" });
    expect(await test.counts(id)).toEqual({ cancelled: 1 });
  });

  it("a form of our page comes back to the campaign, or to a page that says why not", async () => {
    const { ask, test } = await openDashboard();
    const id = await test.import(1);
    const form = { method: "POST", headers: { accept: "text/html" } };

    const paused = await ask(`/api/campaigns/${id}/pause`, form);
    await ask(`/api/campaigns/${id}/cancel`, form);
    const refused = await ask(`/api/campaigns/${id}/pause`, form);

    expect([paused.status, paused.headers.get("location")]).toEqual([303, `/campaigns/${id}`]);
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain(`${id} is cancelled, so there is nothing to pause.`);
  });

  it("retry sends again the failed messages of the given codes, over every batch", async () => {
    const { ask, test } = await openDashboard();
    const id = await test.import(150);
    for (const row of [1, 2, 120]) await test.send(id, row, "failed", { code: 131026 });
    await test.send(id, 3, "failed", { code: 131000 });
    await test.send(id, 4, "failed", { code: 131050 });
    const retry = async (body?: string, type?: string) =>
      (await ask(`/api/campaigns/${id}/retry`, post(body, type))).json();

    expect(await retry('{"codes":[131026]}')).toMatchObject({ id, retried: 3 });
    expect(await retry('{"codes":[131026]}')).toMatchObject({ id, retried: 0 });
    expect(await test.counts(id)).toEqual({ pending: 148, failed: 2 });
    expect(await retry("code=1", "application/x-www-form-urlencoded")).toMatchObject({
      id,
      retried: 0,
    });
    expect(await retry('{"codes":[131000,131050]}')).toMatchObject({ code: "retry_opted_out" });
    expect(await retry()).toEqual({
      ...{ id, retried: 1, matching: 1, dryRun: false, waiting: null },
      action: expect.stringContaining(`${id}.`),
      left: { ...noneLeft(), opted_out: 1 },
      leftOut: [
        { why: "opted_out", code: 131050, reason: null, title: expect.any(String), count: 1 },
      ],
      byCode: [{ code: 131000, reason: null, title: expect.any(String), count: 1 }],
    });
    expect(await test.counts(id)).toEqual({ pending: 149, failed: 1 });
  });

  it.each([
    ["{}", "application/json"],
    ['{"codes":[]}', "application/json"],
    ['{"codes":["131026"]}', "application/json"],
    ['{"codes":[1],"all":true}', "application/json"],
    ["codes", "application/json"],
    ["code=all", "application/x-www-form-urlencoded"],
  ])("retry does not guess what %s means", async (body, type) => {
    const { ask, test } = await openDashboard();
    const id = await test.import(1);
    await test.send(id, 1, "failed", { code: 131026 });

    const answer = await ask(`/api/campaigns/${id}/retry`, post(body, type));

    expect(answer.status).toBe(400);
    expect(await problemCode(answer)).toBe("dashboard_body_invalid");
    expect(await test.counts(id)).toEqual({ failed: 1 });
  });

  it("retry of a cancelled campaign is refused", async () => {
    const { ask, test } = await openDashboard();
    const id = await test.import(2);
    await test.send(id, 1, "failed", { code: 131026 });
    await test.store.campaigns.cancel(id);

    const answer = await ask(`/api/campaigns/${id}/retry`, post());

    expect([answer.status, await problemCode(answer)]).toEqual([409, "campaign_closed"]);
  });
});

describe("GET /api/campaigns/:id/messages", () => {
  it("pages through the rows of a state, with phones masked and no wamid", async () => {
    const { ask, test } = await openDashboard();
    const rejected: ImportOutcome = { kind: "rejected", code: "phone_missing", column: "phone" };
    const id = await test.import(250, { outcomes: new Map([[7, rejected]]) });
    await test.send(id, 1, "accepted", { wamid: "wamid.SECRET" });
    for (const row of [2, 101, 249]) await test.send(id, row, "failed", { code: 131026 });
    const page = async (query: string) => {
      const text = await (await ask(`/api/campaigns/${id}/messages${query}`)).text();
      expect(text).not.toContain(testPhone(1).slice(2));
      expect(text).not.toMatch(/48600\d{3}/);
      expect(text).not.toContain("wamid");
      return JSON.parse(text) as { messages: { row: number }[]; next: number | null };
    };

    const first = await page("?state=failed&limit=2");
    const second = await page(`?state=failed&limit=2&after=${first.next}`);
    const all = await page("?limit=1000");

    expect(first.messages.map(({ row }) => row)).toEqual([2, 101]);
    expect(first.messages[0]).toMatchObject({ state: "failed", to: "48******02", code: 131026 });
    expect(second).toMatchObject({ messages: [{ row: 249 }], next: null });
    expect(all.messages.map(({ row }) => row)).toEqual(
      Array.from({ length: 250 }, (_, i) => i + 1),
    );
    expect(all.messages[6]).toMatchObject({ state: "rejected", to: null });
  });

  it.each(["?state=lost", "?limit=0", "?limit=1001", "?after=-1", "?after=x", "?phone=48"])(
    "refuses the query %s",
    async (query) => {
      const { ask, test } = await openDashboard();
      const id = await test.import(1);

      const answer = await ask(`/api/campaigns/${id}/messages${query}`);

      expect([answer.status, await problemCode(answer)]).toEqual([400, "dashboard_query_invalid"]);
    },
  );
});

it("export.csv streams every row, and says so when the rows were deleted", async () => {
  const { ask, test } = await openDashboard();
  const id = await test.import(1_250);

  const answer = await ask(`/api/campaigns/${id}/export.csv`);
  const lines = (await answer.text()).split("\r\n");

  expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="${id}.csv"`);
  expect(lines).toHaveLength(1_252);
  expect(lines[0]).toContain("phone,first_name,row,state,code,reason,");
  expect(lines[1_250]).toContain(",Name 1250,1250,pending,");

  await test.redis.hset(test.own(id).campaign, "purgedAt", Date.now());
  const gone = await ask(`/api/campaigns/${id}/export.csv`);

  expect([gone.status, await problemCode(gone)]).toEqual([410, "rows_deleted"]);
});

it("serves the registry at /metrics", async () => {
  const metrics = { contentType: "text/plain", text: async () => "seen_total 1\n" };
  const { ask } = await openDashboard({ metrics });

  const answer = await ask("/metrics");

  expect(answer.headers.get("content-type")).toContain("text/plain");
  expect(await answer.text()).toContain("seen_total 1");
});

it.each(["/api/campaigns/x/nothing", "/nowhere", "/campaigns"])("%s is not there", async (path) => {
  const { ask } = await openDashboard();

  const answer = await ask(path);

  expect([answer.status, await problemCode(answer)]).toEqual([404, "dashboard_not_found"]);
});

it("without Redis it says so at once, and goes on when Redis is back", async () => {
  const server = await startOwnRedis();
  const redis = createLedgerClient(server.address);
  redis.on("error", () => {
    // The server is killed on purpose.
  });
  onTestFinished(() => redis.disconnect());
  await redis.connect();
  const test = await openTestStore({}, redis);
  const client = openQueueClient(server.address);
  const { ask, url } = await openDashboard({ test, queueClient: () => client });
  const paths = ["/", "/api/campaigns", "/queues/api/queues"];

  await server.kill();
  for (const path of paths) {
    const answer = await ask(path);
    expect([path, answer.status]).toEqual([path, 503]);
    expect(await problemCode(answer)).toBe("dashboard_store_unavailable");
  }
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await server.restart();

  for (const path of paths) {
    await vi.waitFor(async () => expect((await ask(path)).status).toBe(200), SOON);
  }
});
