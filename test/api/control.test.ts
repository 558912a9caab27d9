import { expect, it } from "vitest";
import { problemCode } from "../dashboard/support.ts";
import { testDefinition } from "../support/campaigns.ts";
import { openApi } from "./support.ts";

async function paused(rows: number) {
  const api = await openApi();
  const id = await api.test.import(rows);
  await api.test.store.campaigns.pause(id, "operator");
  const post = (verb: string, json: object) => api.ask(`/api/campaigns/${id}/${verb}`, { json });
  const status = async () => (await api.test.found(id)).status;
  return { ...api, id, post, status };
}

it("resume with a probe lets so many messages go before the rest", async () => {
  const { id, post, test } = await paused(5);

  const answer = await post("resume", { probe: 2 });

  expect(await answer.json()).toEqual({
    ...{ id, status: "running", changed: true, suspensionLifted: false, haltLifted: false },
    ...{ probe: 2, probeThen: "go" },
  });
  expect((await test.found(id)).trial).toMatchObject({ kind: "probe", size: 2 });
});

it("resume without a probe sends the rest at once", async () => {
  const { id, post, test } = await paused(5);

  expect(await (await post("resume", {})).json()).toMatchObject({ status: "running" });
  expect((await test.found(id)).trial).toBeNull();
});

it.each([
  ["resume", { probe: 2, nonsense: 1 }],
  ["resume", { probe: 0 }],
  ["resume", { probe: 1_001 }],
  ["resume", { probe: "2" }],
  ["resume", { probe: null }],
  ["pause", { until: "tomorrow" }],
  ["cancel", { dryRun: true }],
  ["rate", { ratePerSecond: 5, reset: true }],
  ["rate", { reset: false }],
  ["rate", {}],
])("%s does not pass over a part of %j", async (verb, json) => {
  const { post, status } = await paused(2);

  const answer = await post(verb, json);

  expect([answer.status, await problemCode(answer)]).toEqual([400, "dashboard_body_invalid"]);
  expect(await status()).toBe("paused");
});

it("what is not JSON is no body to pause or cancel with", async () => {
  const { ask, id, status } = await paused(2);

  const answer = await ask(`/api/campaigns/${id}/cancel`, { method: "POST", body: "force" });

  expect([answer.status, await problemCode(answer)]).toEqual([400, "dashboard_body_invalid"]);
  expect(await status()).toBe("paused");
});

it("rate goes back to what the campaign's file or the configuration says", async () => {
  const { ask, test } = await openApi();
  const rampUp = { from: 1, to: 7, overMs: 60_000 };
  const delivery = { guarantee: "at-most-once", ratePerSecond: 7, priority: "normal" } as const;
  const definition = testDefinition(test.number, { delivery: { ...delivery, rampUp } });
  const id = await test.import(1, { definition });
  const set = async (path: string, json: object) => (await ask(path, { json })).json();
  await set(`/api/campaigns/${id}/rate`, { ratePerSecond: 3 });
  await set(`/api/numbers/${test.number}/rate`, { ratePerSecond: 9 });

  const own = await set(`/api/campaigns/${id}/rate`, { reset: true });
  const number = await set(`/api/numbers/${test.number}/rate`, { reset: true });

  expect(own).toEqual({ id, ratePerSecond: 7, rampUp });
  expect(number).toEqual({ number: test.number, ratePerSecond: null });
  expect((await test.store.pace.read()).ratePerSecond).toBeNull();
});

it("rate of a cancelled campaign is refused", async () => {
  const { ask, id, post, test } = await paused(1);
  await ask(`/api/campaigns/${id}/cancel`, { method: "POST" });

  const answer = await post("rate", { ratePerSecond: 5 });

  expect([answer.status, await problemCode(answer)]).toEqual([409, "campaign_closed"]);
  expect((await test.found(id)).ratePerSecond).toBeNull();
});
