import { describe, expect, test } from "vitest";
import { actionJson } from "../../src/campaigns/action-json.ts";
import { actionName, actionWords } from "../../src/campaigns/action-words.ts";
import { carryOut, listActions, stopAction } from "../../src/campaigns/actions.ts";
import { beginAction } from "../../src/campaigns/begin-action.ts";
import { resolveMany, resolveWhat } from "../../src/campaigns/resolve.ts";
import { retryCampaign } from "../../src/campaigns/retry.ts";
import type { ActionWhat, ResolveWhat } from "../../src/core/action.ts";
import { openTestStore } from "../support/campaigns.ts";
import { importFailed, RETRY_ALL } from "../support/retry.ts";
import { ANNA } from "./stages.ts";

const UNKNOWN: ResolveWhat = {
  ...{ kind: "resolve", decision: "sent", reasons: [], olderThanMs: null, rows: null },
};

async function failed(rows: number) {
  const bench = await openTestStore();
  const id = await importFailed(bench, rows);
  const found = { campaign: await bench.found(id), store: bench.store };
  return { bench, id, found };
}

describe("the words of an action", () => {
  test.each([
    [{ ...RETRY_ALL, codes: [131026] }, "Retry 131026 of Spring sale"],
    [{ ...RETRY_ALL, codes: [1, 2, 3, 4] }, "Retry 1, 2, 3 and 1 more of Spring sale"],
    [RETRY_ALL, "Retry Spring sale"],
    [UNKNOWN, "Mark unknown messages of Spring sale as sent"],
    [{ ...UNKNOWN, decision: "resend" }, "Send unknown messages of Spring sale again"],
  ] as const)("%j is named %s", (what, name) => {
    expect(actionName(what, "Spring sale")).toBe(name);
  });

  test.each([
    [
      { ...RETRY_ALL, codes: [131026, 0], reasons: ["not_sent_dns"] },
      "Send again the messages that failed with 131026 (Message undeliverable) or without a code or as not_sent_dns",
    ],
    [RETRY_ALL, "Send again each failed message for which that may help"],
    [
      {
        ...UNKNOWN,
        reasons: ["http_5xx"],
        olderThanMs: 7_200_000,
        rows: [
          [3, 3],
          [5, 9],
        ],
      },
      "Mark as sent the messages that are unknown for longer than 2 h because of http_5xx, of the rows 3, 5-9",
    ],
  ] as [ActionWhat, string][])("%j is told in full", (what, words) => {
    expect(actionWords(what)).toBe(words);
  });
});

test("a retry whose command dies or detaches is finished by a worker, and each message is sent once", async () => {
  const { bench, id, found } = await failed(250);
  const left = new AbortController();

  const detached = await retryCampaign(found, { codes: new Set(), mode: "send" }, ANNA, {
    ...{ signal: left.signal, onStep: () => left.abort() },
  });
  const [action = ""] = await bench.store.actions.live();
  await bench.later(5_000);
  await carryOut(bench.store, action);

  expect(detached).toMatchObject({ value: { action, retried: 100, matching: 250 } });
  expect(await bench.store.actions.find(action)).toMatchObject({
    ...{ state: "finished", done: 250, left: 0 },
  });
  expect(await bench.counts(id)).toEqual({ pending: 250 });
});

test("a person who gives up while the messages are chosen begins nothing", async () => {
  const { bench, id, found } = await failed(1);
  await bench.store.campaigns.pause(id, "operator");
  const signal = AbortSignal.abort();

  const retried = await retryCampaign(found, { codes: new Set(), mode: "send" }, ANNA, { signal });
  const resolved = await resolveMany(found, resolveWhat([[1, 1]], "sent"), ANNA, { signal });

  expect(retried).toMatchObject({ refusal: { code: "not_confirmed" } });
  // Nothing was unknown: there was nothing to give up.
  expect(resolved).toMatchObject({ value: { rows: [], action: null } });
  expect(await bench.store.actions.newest({ size: 9 })).toEqual([]);
});

test("an action that another process carries out is followed to its end", async () => {
  const { bench, found } = await failed(150);
  const begun = await beginAction(found, { what: RETRY_ALL, token: "t" }, ANNA);
  if (!begun.ok) throw new Error(begun.refusal.message);
  const { id } = begun.value;
  await bench.store.actions.step(id, { runner: "worker" });

  const following = carryOut(bench.store, id);
  await bench.store.actions.step(id, { runner: "worker" });

  expect(await following).toMatchObject({ value: { state: "finished", done: 150 } });
});

test("an action waits for a start of Redis to be confirmed, and says so if it is not", async () => {
  const { bench, id, found } = await failed(2);
  const begun = await beginAction(found, { what: RETRY_ALL, token: "t" }, ANNA);
  if (!begun.ok) throw new Error(begun.refusal.message);
  const run = await bench.redis.hget(bench.keys.guard, "run");
  await bench.redis.hset(bench.keys.guard, "run", "0".repeat(40));

  const refused = await carryOut(bench.store, begun.value.id, { unconfirmedMs: 1 });
  expect(refused).toMatchObject({ refusal: { code: "redis_unconfirmed" } });
  expect(await bench.counts(id)).toEqual({ failed: 2 });
  const ended = await carryOut(bench.store, begun.value.id, {
    onStep: async () => void (await bench.redis.hset(bench.keys.guard, "run", run ?? "")),
  });

  expect(ended).toMatchObject({ value: { state: "finished", done: 2 } });
});

test("a name that a person gives is kept to one line; without one it says what it does", async () => {
  const { bench, found } = await failed(1);
  const name = `  Once\nmore \u001b[31m${"x".repeat(200)}`;

  const named = await beginAction(found, { what: RETRY_ALL, token: "a", name }, ANNA);
  const plain = await beginAction(found, { what: RETRY_ALL, token: "b", name: " " }, ANNA);

  if (!named.ok || !plain.ok) throw new Error("refused");
  expect(named.value.name).toMatch(/^Once more {2}\[31mx+$/);
  expect(named.value.name.length).toBe(120);
  expect(plain.value.name).toBe("Retry Test");
  const { actions } = await listActions({ [bench.number]: bench.store }, { size: 1 });
  expect(actions.length).toBe(1);
});

test("JSON of an action adds up at every step", async () => {
  const { bench, found } = await failed(230);
  const begun = await beginAction(found, { what: RETRY_ALL, token: "t", expected: 229 }, ANNA);
  if (!begun.ok) throw new Error(begun.refusal.message);
  const { id } = begun.value;
  const seen: object[] = [];
  for (let step = 0; step < 4; step++) {
    const action = await bench.store.actions.find(id);
    if (action === undefined) throw new Error("gone");
    const one = actionJson(action, Date.now());
    expect(one.done + one.skipped + one.failed + one.left).toBe(one.total);
    expect(one.difference).toBe(1);
    seen.push([one.state, one.done, one.left]);
    if (step === 1) await stopAction({ action, store: bench.store }, ANNA);
    else await bench.store.actions.step(id, { runner: "w" });
  }

  expect(seen).toEqual([
    ["running", 0, 230],
    ["running", 100, 130],
    ["stopped", 100, 130],
    ["stopped", 100, 130],
  ]);
});

test("a request is the same for a day; then its key begins another action", async () => {
  const { bench, id, found } = await failed(1);
  const begin = () => beginAction(found, { what: RETRY_ALL, token: "key" }, ANNA);
  const [first, same] = [await begin(), await begin()];
  if (!first.ok || !same.ok) throw new Error("refused");
  const old = Date.now() - 24 * 3_600_000 - 1;
  await bench.redis.hset(bench.keys.action(first.value.id), "createdAt", old);

  const [later, again] = [await begin(), await begin()];

  if (!later.ok || !again.ok) throw new Error("refused");
  expect(same.value.id).toBe(first.value.id);
  expect(later.value.id).not.toBe(first.value.id);
  expect(again.value.id).toBe(later.value.id);
  expect(await bench.counts(id)).toEqual({ failed: 1 });
});
