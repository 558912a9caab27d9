import { expect, it } from "vitest";
import { REFUSALS } from "../../src/core/refusals.ts";
import { openDashboard } from "../dashboard/support.ts";

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, { operationId: string; responses: object }>>;
}

it("describes every address of the API, as JSON and as a page of our own host", async () => {
  const { ask } = await openDashboard();

  const document = (await (await ask("/api/openapi.json")).json()) as Document;
  const page = await (await ask("/api/docs")).text();

  expect(document.openapi).toBe("3.1.0");
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );
  expect(operations.length).toBeGreaterThan(5);
  for (const { path, method, operationId } of operations) {
    expect(page).toContain(`${method.toUpperCase()} ${path}`);
    expect(page).toContain(`id="${operationId}"`);
  }
  const names = operations.map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  expect(page).not.toContain("undefined");
});

it("names no refusal that does not exist", async () => {
  const { ask } = await openDashboard();

  const text = await (await ask("/api/openapi.json")).text();

  const named = [...text.matchAll(/`([a-z]+_[a-z_]+)`/g)].map(([, code]) => code ?? "");
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((code) => !Object.hasOwn(REFUSALS, code))).toEqual([]);
});

it("answers an unchanged GET with 304, and a changed one in full", async () => {
  const { ask, test } = await openDashboard();
  const id = await test.import(1);
  const path = `/api/campaigns/${id}`;

  const first = await ask(path);
  const etag = first.headers.get("etag") ?? "";
  const same = await ask(path, { headers: { "if-none-match": etag } });
  await test.store.campaigns.pause(id, "operator");
  const changed = await ask(path, { headers: { "if-none-match": etag } });

  expect(etag).toMatch(/^"[0-9a-f]+"$/);
  expect([same.status, await same.text()]).toEqual([304, ""]);
  expect(changed.status).toBe(200);
  expect(changed.headers.get("etag")).not.toBe(etag);
});
