import { expect, it } from "vitest";
import type { ActionJson } from "../../src/campaigns/action-json.ts";
import { problemCode } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis, startOwnRedis } from "../support/redis.ts";
import { importFailed } from "../support/retry.ts";
import { freshKey, OPERATOR, openApi, type TestApi } from "./support.ts";

async function openFailed(codes: readonly number[], redis = connectTestRedis()) {
  const api = await openApi({ test: await openTestStore({}, redis) });
  const id = await api.test.import(codes.length);
  for (const [at, code] of codes.entries()) await api.test.send(id, at + 1, "failed", { code });
  return { ...api, id };
}

/** What a worker does. */
async function carryOut({ test }: Pick<TestApi, "test">, id: string) {
  const step = () => test.store.actions.step(id, { runner: "w" });
  while ((await step()) === "stepped");
}

it("a retry is previewed, begun, followed and found in the list", async () => {
  const api = await openFailed([131026, 131026, 131000]);
  const { ask, id } = api;
  const json = { kind: "retry", codes: [131026] };

  const preview = await (await ask(`/api/campaigns/${id}/actions/preview`, { json })).json();
  const begun = await ask(`/api/campaigns/${id}/actions`, { json: { ...json, expected: 1 } });
  const first = (await begun.json()) as ActionJson;
  await carryOut(api, first.id);
  const shown = await (await ask(`/api/actions/${first.id}`)).json();
  const { actions, nextCursor } = (await (await ask("/api/actions")).json()) as {
    actions: ActionJson[];
    nextCursor: string | null;
  };

  expect(preview).toMatchObject({
    ...{ kind: "retry", matching: 2, name: "Retry 131026 of Test", leftOut: [] },
    byCause: [{ code: 131026, count: 2 }],
  });
  expect(begun.status).toBe(202);
  expect(first).toMatchObject({
    ...{ kind: "retry", name: "Retry 131026 of Test", campaign: id, who: "token:test" },
    ...{ state: "running", total: 2, done: 0, left: 2, expected: 1, difference: 1 },
    filter: { codes: [131026], reasons: [], all: false },
  });
  expect(shown).toMatchObject({ state: "finished", done: 2, skipped: 0, failed: 0, left: 0 });
  expect(actions.map((one) => one.id)).toEqual([first.id]);
  expect(nextCursor).toBeNull();
  expect(await api.test.counts(id)).toEqual({ pending: 2, failed: 1 });
});

it("an action that names nothing is refused, and all must be meant", async () => {
  const { ask, id, test } = await openFailed([131000]);
  const begin = (json: object) => ask(`/api/campaigns/${id}/actions`, { json });

  for (const json of [
    { kind: "retry" },
    { kind: "retry", codes: [], reasons: [], all: false },
    { kind: "resolve", decision: "sent" },
    { kind: "resolve", decision: "sent", reasons: [] },
  ]) {
    const answer = await begin(json);
    expect([answer.status, await problemCode(answer)]).toEqual([422, "action_filter_empty"]);
  }
  for (const json of [
    ...[{}, { kind: "move" }, { kind: "retry", codes: ["x"] }],
    { kind: "resolve", decision: "maybe", all: true },
    { kind: "resolve", decision: "sent", reasons: ["bad_luck"] },
    { kind: "resolve", decision: "sent", olderThanMinutes: -1 },
  ]) {
    const answer = await begin(json);
    expect([answer.status, await problemCode(answer)]).toEqual([400, "dashboard_body_invalid"]);
  }
  const nothing = await begin({ kind: "retry", codes: [131026] });
  expect([nothing.status, await problemCode(nothing)]).toEqual([409, "action_nothing_matches"]);
  expect(await test.counts(id)).toEqual({ failed: 1 });
  const all = await begin({ kind: "retry", all: true });
  expect(all.status).toBe(202);
});

it("sending unknown messages again needs exactly their number, confirmed", async () => {
  const api = await openApi();
  const { ask, test } = api;
  const id = await test.import(3);
  for (const row of [1, 2, 3]) await test.send(id, row, "unknown");
  const begin = (more: object) =>
    ask(`/api/campaigns/${id}/actions`, {
      json: { kind: "resolve", decision: "resend", all: true, ...more },
    });

  const answers = [await begin({}), await begin({ confirm: 2 }), await begin({ confirm: 4 })];
  for (const answer of answers) {
    expect([answer.status, await problemCode(answer)]).toEqual([409, "action_not_confirmed"]);
  }
  const begun = (await (await begin({ confirm: 3 })).json()) as ActionJson;
  await carryOut(api, begun.id);

  expect(await test.counts(id)).toEqual({ pending: 3 });
});

it("the same Idempotency-Key begins one action, also after its answer was lost", async () => {
  // Its own: it takes the answers of all requests away.
  const own = (await startOwnRedis()).connect();
  const { ask, id, test } = await openFailed([131000], own);
  const key = freshKey();
  const begin = async () => {
    const answer = await ask(`/api/campaigns/${id}/actions`, {
      ...{ json: { kind: "retry", all: true }, key },
    });
    return ((await answer.json()) as ActionJson).id;
  };

  const first = await begin();
  const replayed = await begin();
  // The process died before it kept the answer, and a worker has done all of it.
  await carryOut({ test }, first);
  const kept = await test.redis.keys("*:requests:*");
  for (const one of kept) await test.redis.hdel(one, "answer");
  const again = await begin();

  expect([replayed, again]).toEqual([first, first]);
  expect((await test.store.actions.newest({ size: 9 })).length).toBe(1);
});

it("a form of a page that is sent twice begins one action and leads to its page", async () => {
  const { ask, id, test } = await openFailed([131026, 131000]);
  const press = () =>
    ask(`/api/campaigns/${id}/actions`, {
      method: "POST",
      headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" },
      body: "kind=retry&code=131026&expected=1&key=page-1&name=",
    });

  const [first, second] = [await press(), await press()];

  expect(first.status).toBe(303);
  expect(first.headers.get("location")).toMatch(new RegExp(`^/actions/${id}\\.[a-z0-9]{8}$`));
  expect(second.headers.get("location")).toBe(first.headers.get("location"));
  expect((await test.store.actions.newest({ size: 9 })).length).toBe(1);
});

it("stop ends it, once; both are noted with who did it", async () => {
  const { ask, test } = await openApi();
  const id = await importFailed(test, 120);
  const begun = await ask(`/api/campaigns/${id}/actions`, { json: { kind: "retry", all: true } });
  const { id: action } = (await begun.json()) as ActionJson;
  await test.store.actions.step(action, { runner: "w" });
  const stop = async () => (await ask(`/api/actions/${action}/stop`, { method: "POST" })).json();

  expect(await stop()).toMatchObject({
    ...{ changed: true, state: "stopped", done: 100, left: 20 },
    end: { code: "stopped" },
  });
  expect(await stop()).toMatchObject({ changed: false, state: "stopped" });
  const { lines } = await test.store.acts.read({
    ...{ campaign: id, sinceMs: 0, limit: 10, lookedAtMax: 10_000 },
  });
  expect(lines.map(({ what, who, details }) => [what, who, details])).toEqual([
    ["stop action", "token:test", { action, done: 100, left: 20 }],
    ["stop action", "token:test", { action, done: 100, left: 20 }],
    ["retry", "token:test", { action, messages: 120 }],
  ]);
});

it("a viewer may preview and read, not begin or stop; another number's action is not there", async () => {
  const { ask, id, test } = await openFailed([131000]);
  const json = { kind: "retry", all: true };
  const begun = await ask(`/api/campaigns/${id}/actions`, { json });
  const { id: action } = (await begun.json()) as ActionJson;
  const viewer = { ...OPERATOR, role: "viewer" as const };
  const stranger = { ...OPERATOR, numbers: new Set(["other"]) };
  const status = async (asked: Promise<Response>) => (await asked).status;

  expect(
    await Promise.all([
      status(ask(`/api/campaigns/${id}/actions/preview`, { json, access: viewer })),
      status(ask(`/api/actions/${action}`, { access: viewer })),
      status(ask(`/api/campaigns/${id}/actions`, { json, access: viewer })),
      status(ask(`/api/actions/${action}/stop`, { method: "POST", access: viewer })),
      status(ask(`/api/actions/${action}`, { access: stranger })),
      status(ask(`/api/actions/${action}/stop`, { method: "POST", access: stranger })),
      status(ask("/api/actions/nonsense")),
    ]),
  ).toEqual([200, 200, 403, 403, 404, 404, 404]);
  const list = await ask("/api/actions", { access: stranger });
  expect(await list.json()).toEqual({ actions: [], nextCursor: null });
  expect((await test.store.actions.find(action))?.state).toBe("running");
});

it("the list is paged by cursor and skips none", async () => {
  const { ask, id, test } = await openFailed([131000]);
  const begun = await Promise.all(
    Array.from({ length: 7 }, async () => {
      const answer = await ask(`/api/campaigns/${id}/actions`, {
        json: { kind: "retry", all: true },
      });
      return ((await answer.json()) as ActionJson).id;
    }),
  );
  const seen: string[] = [];
  for (let after: string | null = "", pages = 0; after !== null && pages < 9; pages++) {
    const query: string = after === "" ? "" : `&cursor=${encodeURIComponent(after)}`;
    const page = await (await ask(`/api/actions?limit=2${query}`)).json();
    const { actions, nextCursor } = page as { actions: ActionJson[]; nextCursor: string | null };
    seen.push(...actions.map((one) => one.id));
    after = nextCursor;
  }

  expect(seen.slice().sort()).toEqual(begun.slice().sort());
  expect(seen.length).toBe(7);
  expect(await test.counts(id)).toEqual({ failed: 1 });
});

it("one page is used for several decisions, by several people, and again after Stop", async () => {
  const { ask, id, test } = await openFailed([131000, 131026]);
  const begin = async (what: object) => {
    const answer = await ask(`/api/campaigns/${id}/actions`, { json: { key: "page-1", ...what } });
    return ((await answer.json()) as ActionJson).id;
  };
  const all = { kind: "retry", all: true };

  const first = await begin(all);
  const pressedTwice = await begin(all);
  const other = await begin({ kind: "retry", codes: [131000] });
  await ask(`/api/actions/${first}/stop`, { json: {} });
  const afterStop = await begin(all);
  const afterStopTwice = await begin(all);

  expect(pressedTwice).toBe(first);
  expect(afterStopTwice).toBe(afterStop);
  expect(new Set([first, other, afterStop]).size).toBe(3);
  expect((await test.store.actions.find(first))?.state).toBe("stopped");
  expect((await test.store.actions.find(afterStop))?.state).toBe("running");
});
