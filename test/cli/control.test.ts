import { expect, test } from "vitest";
import { STATE_NAMES } from "../../src/core/message.ts";
import { REASONS } from "../../src/core/reasons.ts";
import { createNumberStore, type NumberStore } from "../../src/store/number-store.ts";
import { importTestCampaign, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place, runShell } from "./run-cli.ts";

function openStore({ number }: Place): Promise<NumberStore> {
  return createNumberStore({ redis: connectTestRedis(), number });
}

/** Claims rows 1 to 3 and records them: accepted, unknown, failed. */
async function sendThree(store: NumberStore, id: string): Promise<void> {
  await store.campaigns.dispatch("sandbox", 1);
  const nonce = Buffer.alloc(8, 7);
  const person = (row: number) => store.ledger.person(testPhone(row));
  await store.ledger.claim({
    campaign: id,
    batch: 0,
    run: 1,
    nonce,
    mode: "sandbox",
    ratePerSecond: 1_000,
    reachMs: 1_000,
    answerMs: 0,
    rows: [1, 2, 3].map((row) => ({ row, person: person(row) })),
  });
  const none = { code: 0, reason: 0, waitMs: 0, held: false, optOut: false };
  const base = { nonce, attempt: 1, ...none };
  await store.ledger.record(id, [
    {
      ...base,
      row: 1,
      person: person(1),
      outcome: "accepted",
      id: { text: "wamid.AAAA", isWamid: true },
    },
    {
      ...base,
      row: 2,
      person: person(2),
      outcome: "unknown",
      reason: REASONS.answer_timeout,
      id: null,
    },
    { ...base, row: 3, person: person(3), outcome: "failed", code: 131026, id: null },
  ]);
}

test("show --json has exactly the 13 states, the errors with titles and the reason", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 5 });
  await sendThree(store, id);
  await store.campaigns.pause(id, "account:190");

  const ended = await runHere(place, ["show", id, "--json"]);

  expect(ended).toMatchObject({ code: 0, stderr: "" });
  const shown = json<{ counts: object }>(ended);
  expect(Object.keys(shown.counts)).toEqual(STATE_NAMES);
  expect(shown).toMatchObject({
    id,
    name: "Test",
    status: "paused",
    reason: expect.stringContaining("190"),
    reasonCode: "account:190",
    rows: 5,
    counts: { pending: 2, accepted: 1, unknown: 1, failed: 1, read: 0 },
    errors: [{ code: 131026, reason: null, title: "Message undeliverable", count: 1 }],
    startedAt: expect.stringMatching(/^\d{4}-.+Z$/),
    finishedAt: null,
  });
});

test("pause, resume and cancel do what they say, and giving them again does no harm", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 3 });
  const verb = async (name: string) => {
    const ended = await runHere(place, [name, id, "--json"]);
    return { code: ended.code, ...json(ended) };
  };

  expect(await verb("pause")).toMatchObject({ code: 0, status: "paused", changed: true });
  expect(await verb("pause")).toMatchObject({ code: 0, status: "paused", changed: false });
  expect(await verb("resume")).toMatchObject({ code: 0, status: "running", changed: true });
  expect(await verb("cancel")).toMatchObject({ code: 0, status: "cancelled", changed: true });
  expect(await verb("cancel")).toMatchObject({ code: 0, changed: false });
  expect(await verb("resume")).toMatchObject({ code: 1, error: { code: "cannot_resume" } });
});

test("rate changes a campaign's rate and takes it back", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 1 });

  await runHere(place, ["rate", id, "0.5"]);
  const changed = await store.campaigns.find(id);
  const back = await runHere(place, ["rate", id, "default", "--json"]);

  expect(changed?.ratePerSecond).toBe(0.5);
  expect(json(back)).toEqual({ id, ratePerSecond: null });
  expect((await store.campaigns.find(id))?.ratePerSecond).toBeNull();
});

test("retry counts first, then sends the failed rows of a code again", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 5 });
  await sendThree(store, id);

  const dry = await runHere(place, ["retry", id, "--dry-run", "--json"]);
  const other = await runHere(place, ["retry", id, "--code", "131049", "--json"]);
  const before = (await store.campaigns.find(id))?.counts.failed;
  const real = await runHere(place, ["retry", id, "--code", "131026", "--json"]);

  expect(json(dry)).toMatchObject({
    retried: 0,
    matching: 1,
    byCode: [{ code: 131026, title: "Message undeliverable", count: 1 }],
  });
  expect(json(other)).toMatchObject({ matching: 0 });
  expect(before).toBe(1);
  expect(json(real)).toMatchObject({ retried: 1 });
  expect((await store.campaigns.find(id))?.counts).toMatchObject({ failed: 0, pending: 3 });
});

test("retry refuses the code of people who have stopped marketing, alone and among others", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 3 });
  await sendThree(store, id);

  const alone = await runHere(place, ["retry", id, "--code", "131050", "--json"]);
  const among = await runHere(place, ["retry", id, "--code=131026", "--code=131050", "--json"]);

  for (const ended of [alone, among]) {
    expect(ended.code).toBe(1);
    expect(json(ended)).toMatchObject({
      error: { code: "retry_opted_out", message: expect.stringContaining("131050") },
    });
  }
  expect((await store.campaigns.find(id))?.counts).toMatchObject({ failed: 1, pending: 0 });
});

test("resolve decides an unknown row, and no other", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 5 });
  await sendThree(store, id);

  const decided = await runHere(place, ["resolve", id, "2", "sent", "--json"]);
  const again = await runHere(place, ["resolve", id, "2", "resend", "--json"]);
  const beyond = await runHere(place, ["resolve", id, "6", "sent", "--json"]);

  expect(json(decided)).toEqual({ id, row: 2, state: "accepted" });
  expect(again.code).toBe(1);
  expect(json(again)).toMatchObject({ error: { code: "row_not_unknown" } });
  expect(json(beyond)).toMatchObject({ error: { code: "no_such_row" } });
});

test("export has a line for each row, in the list's order, and survives a reader that leaves", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const rows = 5_000;
  const id = await importTestCampaign(store, { rows });
  await sendThree(store, id);

  const csv = await runHere(place, ["export", id]);
  const failed = await runHere(place, ["export", id, "--state", "failed", "--format", "ndjson"]);
  const cut = await runShell(place, `set -o pipefail; $BIN export ${id} | head -n 2`);

  const lines = csv.stdout.trimEnd().split("\r\n");
  expect(lines).toHaveLength(rows + 1);
  expect(lines[0]).toMatch(/^\uFEFFphone,first_name,row,state,code,/);
  expect(lines[1]).toMatch(new RegExp(`^${testPhone(1)},Name 1,1,accepted,.*,wamid\\.AAAA,`));
  expect(lines.at(-1)).toContain(`${testPhone(rows)},Name ${rows},${rows},pending`);
  expect(json(failed)).toMatchObject({
    row: 3,
    state: "failed",
    code: 131026,
    reason: "Message undeliverable",
    input: { phone: testPhone(3), first_name: "Name 3" },
  });
  expect(cut).toMatchObject({ code: 0, stderr: "" });
  expect(cut.stdout.trimEnd().split("\n")).toHaveLength(2);
});
