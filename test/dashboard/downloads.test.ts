import { Hono } from "hono";
import { expect, test } from "vitest";
import type { ApiEnv } from "../../src/api/access.ts";
import { createDownload } from "../../src/api/download.ts";
import { openDashboard } from "./support.ts";

const FILES = ["export.csv", "export.xlsx", "rejects.csv"];

/** A campaign of rejected rows, of which a later part cannot be read. */
async function openDamaged() {
  const dashboard = await openDashboard();
  const { test: its } = dashboard;
  const why = { kind: "rejected", code: "phone_missing", column: "phone" } as const;
  const rows = Array.from({ length: 1_500 }, (_, index) => [index + 1, why] as const);
  const id = await its.import(rows.length, { outcomes: new Map(rows) });
  const [key = ""] = await its.redis.keys(`*{${its.number}}*${id}:batch:14`);
  await its.redis.del(key);
  await its.redis.lpush(key, "damaged");
  return { ...dashboard, id };
}

test.each(FILES)("%s whose rows cannot be read to the end never looks whole", async (file) => {
  const { ask, id, logged } = await openDamaged();

  const read = async () => (await ask(`/api/campaigns/${id}/${file}`)).arrayBuffer();

  await expect(read()).rejects.toThrow();
  expect(logged.join("")).toContain("a download was cut off");
});

test("a download that fails at once is answered as any other failure", async () => {
  const download = createDownload({ error: () => {} });
  const app = new Hono<ApiEnv>();
  app.get("/", (context) => download(context, { name: "x", type: "text/csv", chunks: FAILING }));
  app.onError((_, context) => context.body(null, 503));

  expect((await app.request("/")).status).toBe(503);
});

const FAILING = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("away")) }),
};

const HELD: readonly ((id: string) => string)[] = [
  () => "/api/events",
  (id) => `/api/campaigns/${id}/events`,
  (id) => `/live?page=/campaigns/${id}`,
];

test.each(HELD.map((path) => [path("ID"), path]))("HEAD of %s holds no seat", async (_, path) => {
  const { ask, test: its } = await openDashboard();
  const address = path(await its.import(1));

  // More than there are seats for one person.
  for (let each = 0; each < 25; each++) await ask(address, { method: "HEAD" });
  const answer = await ask(address);
  await answer.body?.cancel();

  expect(answer.status).toBe(200);
});

test.each(FILES)("HEAD of %s has the headers of GET", async (file) => {
  const { ask, test: its } = await openDashboard();
  const path = `/api/campaigns/${await its.import(1)}/${file}`;
  const shown = ({ status, headers }: Response) => [
    ...[status, headers.get("content-type"), headers.get("content-disposition")],
  ];

  const [head, get] = [await ask(path, { method: "HEAD" }), await ask(path)];
  await get.body?.cancel();

  expect(shown(head)).toEqual(shown(get));
});
