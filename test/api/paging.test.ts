import { expect, it } from "vitest";
import { problemCode } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { openApi } from "./support.ts";

it("a cursor leads through the campaigns of all numbers, each once, while new ones come", async () => {
  const [one, two] = [await openTestStore(), await openTestStore()];
  const stores = { [one.number]: one.store, [two.number]: two.store };
  const { ask } = await openApi({ test: one, stores });
  const made: string[] = [];
  for (let at = 0; at < 3; at++) made.push(await one.import(1), await two.import(1));
  const seen: string[] = [];

  let query = "?limit=2";
  for (let pages = 0; query !== "" && pages < 9; pages++) {
    const answer = await ask(`/api/campaigns${query}`);
    const page = (await answer.json()) as {
      campaigns: { id: string }[];
      nextCursor: string | null;
    };
    seen.push(...page.campaigns.map(({ id }) => id));
    query = page.nextCursor === null ? "" : `?limit=2&cursor=${page.nextCursor}`;
    await one.import(1);
  }

  expect(seen).toEqual(made.toReversed());
});

it.each(["x", "1", "1~", "~main-1", "1~MAIN 1"])("a cursor %j is refused", async (cursor) => {
  const { ask } = await openApi();

  const answer = await ask(`/api/campaigns?cursor=${encodeURIComponent(cursor)}`);

  expect([answer.status, await problemCode(answer)]).toEqual([400, "dashboard_query_invalid"]);
});

it("health says what doctor says of Redis, the numbers and the processes", async () => {
  const { ask, test } = await openApi();
  const id = await test.import(2);
  await test.send(id, 1, "suspend", { code: 190 });

  const answer = await ask("/api/health");
  const { ok, checks } = (await answer.json()) as { ok: boolean; checks: { name: string }[] };

  expect(ok).toBe(false);
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["Redis", "Redis room", "Clock", `Number ${test.number}`, "Workers"]),
  );
  expect(JSON.stringify(checks)).toContain("is suspended (190");
});
