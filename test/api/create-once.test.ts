import { describe, expect, it, vi } from "vitest";
import { problemCode, SOON } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { type Created, imported, listOf, open } from "./sending.ts";
import { apiDepsOf, freshKey, openApi } from "./support.ts";

describe("POST /api/campaigns, twice or by two at once", () => {
  it("sends a list once: the same bytes are refused, and again needs a key", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(2) };
    const first = (await (await api.send(parts)).json()) as Created;
    await imported(api, first.id);

    const second = await api.send(parts);
    const again = await api.send({ ...parts, again: "true" });
    const keyed = await api.send({ ...parts, again: "true" }, freshKey());
    const { id } = (await keyed.json()) as Created;
    await imported(api, id);

    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ code: "already_imported", campaign: first.id });
    expect([again.status, await problemCode(again)]).toEqual([400, "idempotency_key_needed"]);
    expect(id).toBe(`${api.test.number}-2`);
    expect(api.onDisk()).toEqual([]);
  });

  it("answers a repeated request alike, whatever the boundary, and another body with 422", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(2) };
    const key = freshKey();

    const first = await api.send(parts, key);
    const created = (await first.json()) as Created;
    await imported(api, created.id);
    const again = await api.send(parts, key);
    const other = await api.send({ ...parts, list: listOf(2) }, key);

    expect([again.status, await again.json()]).toEqual([202, created]);
    expect(again.headers.get("location")).toBe(`/api/campaigns/${created.id}`);
    expect([other.status, await problemCode(other)]).toEqual([422, "idempotency_key_reused"]);
    expect(await api.test.store.campaigns.count()).toBe(1);
    expect(api.onDisk()).toEqual([]);
  });

  it("of two requests with one key at once, one acts", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(2_000) };
    const key = freshKey();

    const answers = await Promise.all([api.send(parts, key), api.send(parts, key)]);
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    await imported(api, `${api.test.number}-1`);

    expect([
      [202, 202],
      [202, 409],
    ]).toContainEqual(statuses);
    for (const answer of answers) {
      if (answer.status === 409) expect(await problemCode(answer)).toBe("idempotency_in_flight");
      if (answer.status === 409) expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    }
    expect(await api.test.store.campaigns.count()).toBe(1);
  });

  it("of two requests with the same bytes at once, both name the one campaign", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(3_000) };

    const answers = await Promise.all([api.send(parts), api.send(parts)]);
    const named = await Promise.all(
      answers.map(async (one) => (await one.json()) as Partial<Created> & { campaign?: string }),
    );
    await imported(api, `${api.test.number}-1`);

    // The second may come while the first is imported, or when it is stored.
    for (const { id, campaign } of named) expect(id ?? campaign).toBe(`${api.test.number}-1`);
    expect(answers.map(({ status }) => status)).toContain(202);
    expect(await api.test.store.campaigns.count()).toBe(1);
  });

  it("is answered as before after a crash lost the answer, also for a list sent again", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(2), again: "true" };
    const key = freshKey();
    const first = (await (await api.send(parts, key)).json()) as Created;
    await imported(api, first.id);
    // As if the process had died between the campaign's first row and its answer.
    const keys = await api.test.redis.keys("dropcast:{all.numbers.sandbox}:requests:*");
    for (const one of keys) {
      if ((await api.test.redis.hget(one, "campaign")) === first.id) {
        await api.test.redis.hdel(one, "answer");
      }
    }

    const again = (await (await api.send(parts, key)).json()) as Created;

    expect(again).toMatchObject({ id: first.id, status: "running", messages: null });
    expect(await api.test.store.campaigns.count()).toBe(1);
    expect(api.onDisk()).toEqual([]);
  });

  it("is not carried out by a try that gave no sign for so long that another was", async () => {
    // Its own: it ends the time of all requests that have come meanwhile.
    const test = await openTestStore({}, (await startOwnRedis()).connect());
    const { checkFile } = apiDepsOf(test);
    let meanwhile = async () => {};
    const api = await open({
      test,
      checkFile: async () => async (input) => {
        await meanwhile();
        return (await checkFile())(input);
      },
    });
    const parts = { campaign: api.campaign, list: listOf(2), again: "true" };
    const key = freshKey();
    const keys = "dropcast:{all.numbers.sandbox}:requests:*";
    const before = await test.redis.keys(keys);
    const seconds: Response[] = [];
    meanwhile = async () => {
      meanwhile = async () => {};
      for (const one of await test.redis.keys(keys)) {
        if (!before.includes(one)) await test.redis.hset(one, "until", Date.now() - 1);
      }
      const second = await api.send(parts, key);
      seconds.push(second.clone());
      const { id } = (await second.json()) as Created;
      await vi.waitFor(async () => expect((await test.found(id)).status).toBe("running"), SOON);
    };

    const first = await api.send(parts, key);
    const campaigns = await test.store.campaigns.list({ max: 9 });

    expect(seconds.map(({ status }) => status)).toEqual([202]);
    expect([first.status, await problemCode(first)]).toEqual([409, "import_lost"]);
    expect(campaigns.map(({ status }) => status).sort()).toEqual(["rejected", "running"]);
  });
});

describe("an import over HTTP", () => {
  it("that was interrupted is continued under its id by the next process", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(10_000) };
    const { id } = (await (await api.send(parts)).json()) as Created;

    await api.api.stop(0);
    const left = (await api.test.found(id)).status;
    const kept = api.onDisk();
    const next = await openApi({ test: api.test, uploadsDir: api.uploadsDir });
    next.api.start();
    await imported({ test: api.test, onDisk: api.onDisk }, id);

    expect(left).toBe("importing");
    expect(kept).toHaveLength(1);
    expect(await api.test.counts(id)).toEqual({ pending: 10_000 });
    expect(await api.test.store.campaigns.count()).toBe(1);
  });

  it("is not begun again if a person cancelled it meanwhile", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(10_000) };
    const { id } = (await (await api.send(parts)).json()) as Created;
    await api.api.stop(0);
    await api.test.store.campaigns.cancel(id);

    const next = await openApi({ test: api.test, uploadsDir: api.uploadsDir });
    next.api.start();
    await vi.waitFor(() => expect(api.onDisk()).toEqual([]), SOON);

    const { campaigns } = { campaigns: await api.test.store.campaigns.list({ max: 9 }) };
    expect(campaigns.map(({ status }) => status).sort()).toEqual(["cancelled", "rejected"]);
  });

  it("of the sandbox is not continued by a live process", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(10_000) };
    await api.send(parts);
    await api.api.stop(0);

    const live = await openApi({
      test: await openTestStore(),
      uploadsDir: api.uploadsDir,
      mode: "live",
    });
    live.api.start();
    const lists = await live.ask("/api/lists");

    expect(await lists.json()).toEqual({ lists: [] });
    expect(api.onDisk()).toHaveLength(1);
  });
});
