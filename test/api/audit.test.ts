import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { openApi, type TestApi } from "./support.ts";

interface Page {
  readonly acts: readonly { readonly what: string; readonly who: string; campaigns: string[] }[];
  readonly next: string | null;
}

/** The audit is the whole deployment's, so each of these tests has a Redis of its own. */
async function open() {
  const redis = (await startOwnRedis()).connect();
  const api = await openApi({ test: await openTestStore({}, redis) });
  const { acts } = api.test.store;
  const note = (who: string, what: "pause" | "resume" | "rate", campaign: string) =>
    acts.end("", {
      ...{ who, via: "command line", from: "host-1", what, campaigns: [campaign] },
      ...{ details: {}, result: "done", code: null },
    });
  return { ...api, note };
}

async function read(api: Pick<TestApi, "ask">, query = "", access?: object): Promise<Page> {
  const given = { who: "token:test", role: "viewer", from: "127.0.0.1", numbers: null, ...access };
  const answer = await api.ask(`/api/audit${query}`, { access: given as never });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Page;
}

test("the audit is filtered by campaign, by who, by what and by time", async () => {
  const api = await open();
  await api.note("ana", "pause", "main-1");
  await api.note("bo", "resume", "main-1");
  await api.note("ana", "rate", "main-2");
  const whats = async (query: string) => (await read(api, query)).acts.map(({ what }) => what);
  const soon = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());

  expect(await whats("")).toEqual(["rate", "resume", "pause"]);
  expect(await whats("?campaign=main-1")).toEqual(["resume", "pause"]);
  expect(await whats("?who=AN")).toEqual(["rate", "pause"]);
  expect(await whats("?what=resume")).toEqual(["resume"]);
  expect(await whats(`?since=${soon}`)).toEqual([]);
  expect(await whats(`?until=${soon}`)).toHaveLength(3);
  expect((await api.ask("/api/audit?what=dance")).status).toBe(400);
  expect((await api.ask("/api/audit?since=yesterday")).status).toBe(400);
});

test("pages follow each other without a gap or a repeat, while new acts come", async () => {
  const api = await open();
  for (let nth = 1; nth <= 7; nth++) await api.note("ana", "pause", `main-${nth}`);
  const seen: string[] = [];

  for (let cursor = ""; ; ) {
    const page = await read(api, `?limit=3${cursor}`);
    seen.push(...page.acts.flatMap(({ campaigns }) => campaigns));
    await api.note("bo", "resume", "main-99");
    if (page.next === null) break;
    cursor = `&cursor=${page.next}`;
  }

  expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1].map((nth) => `main-${nth}`));
});

test("who is limited to some numbers sees what was done with their campaigns only", async () => {
  const api = await open();
  await api.note("ana", "pause", "main-1");
  await api.note("ana", "pause", "other-1");
  await api.test.store.acts.end("", {
    ...{ who: "ana", via: "command line", from: "host-1", what: "suppress add", campaigns: [] },
    ...{ details: {}, result: "done", code: null },
  });

  const { acts } = await read(api, "", { numbers: new Set(["main"]) });

  expect(acts.map(({ campaigns }) => campaigns)).toEqual([["main-1"]]);
});

test("one request looks at five thousand acts, and says where to go on", async () => {
  const api = await open();
  await api.note("ana", "pause", "main-1");
  const { redis } = api.test;
  const key = (await redis.keys("*:audit"))[0] ?? "";
  const line = JSON.stringify({
    ...{ who: "bo", via: "command line", from: "host-1", what: "rate", campaigns: ["main-2"] },
    ...{ details: {}, result: "done", code: null },
  });
  const pipeline = redis.pipeline();
  for (let nth = 0; nth < 6_000; nth++) pipeline.xadd(key, "*", "act", line);
  await pipeline.exec();

  const first = await read(api, "?who=ana");
  const second = await read(api, `?who=ana&cursor=${first.next}`);

  expect(first).toMatchObject({ acts: [], next: expect.any(String) });
  expect(second).toMatchObject({ acts: [{ who: "ana" }], next: null });
});
