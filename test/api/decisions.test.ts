import { expect, it } from "vitest";
import { problemCode } from "../dashboard/support.ts";
import { openApi } from "./support.ts";

it("resolve decides one unknown message, or those of several rows", async () => {
  const { ask, test } = await openApi();
  const id = await test.import(9);
  for (const row of [1, 3, 4, 5, 9]) await test.send(id, row, "unknown");
  const resolve = (json: object) => ask(`/api/campaigns/${id}/resolve`, { json });

  const one = await resolve({ decision: "sent", row: 1 });
  const twice = await resolve({ decision: "sent", row: 1 });
  const some = await resolve({ decision: "failed", rows: [3, [5, 8]] });
  const unconfirmed = await resolve({ decision: "resend", rows: "all" });
  const fewer = await resolve({ decision: "resend", rows: "all", confirm: 1 });
  const left = await test.counts(id);
  const all = await resolve({ decision: "resend", rows: "all", confirm: 2 });

  expect(await one.json()).toEqual({ id, row: 1, state: "accepted" });
  expect([twice.status, await problemCode(twice)]).toEqual([409, "row_not_unknown"]);
  expect(await some.json()).toMatchObject({ id, decision: "failed", rows: [3, 5] });
  for (const refused of [unconfirmed, fewer]) {
    expect(await problemCode(refused)).toBe("action_not_confirmed");
  }
  expect(left).toMatchObject({ unknown: 2 });
  expect(await all.json()).toMatchObject({ id, decision: "resend", rows: [4, 9] });
});

it.each([
  {},
  { decision: "sent" },
  { decision: "maybe", row: 1 },
  { decision: "sent", row: 0 },
  { decision: "sent", row: 1, rows: "all" },
  { decision: "sent", rows: [] },
  { decision: "sent", rows: [[1]] },
])("resolve does not guess what %j means", async (json) => {
  const { ask, test } = await openApi();
  const id = await test.import(1);
  await test.send(id, 1, "unknown");

  const answer = await ask(`/api/campaigns/${id}/resolve`, { json });

  expect([answer.status, await problemCode(answer)]).toEqual([400, "dashboard_body_invalid"]);
  expect(await test.counts(id)).toEqual({ unknown: 1 });
});

it("a dry run of retry counts and sends nothing, also by the reason of a failure", async () => {
  const { ask, test } = await openApi();
  const id = await test.import(2);
  for (const row of [1, 2]) await test.send(id, row, "failed", { code: 131000 });
  const retry = async (json: object) =>
    (await ask(`/api/campaigns/${id}/retry`, { json })).json() as Promise<object>;

  const dry = await retry({ codes: [131000], dryRun: true });
  const other = await retry({ reasons: ["not_sent_connect"], dryRun: true });
  const wrong = await retry({ reasons: ["bad_luck"] });

  expect(dry).toMatchObject({ id, dryRun: true, retried: 0, matching: 2 });
  expect(other).toMatchObject({ matching: 0 });
  expect(wrong).toMatchObject({ code: "retry_unknown_reason" });
  expect(await test.counts(id)).toEqual({ failed: 2 });
});

it.each([0, -1, 100_001, "5", undefined])("a rate of %j is refused", async (ratePerSecond) => {
  const { ask, test } = await openApi();
  const id = await test.import(1);

  const answer = await ask(`/api/campaigns/${id}/rate`, { json: { ratePerSecond } });

  expect([answer.status, await problemCode(answer)]).toEqual([400, "dashboard_body_invalid"]);
});
