import { expect, test } from "vitest";
import { STATE_NAMES } from "../../src/core/message.ts";
import { REASONS } from "../../src/core/reasons.ts";
import { numberKeys } from "../../src/store/keys.ts";
import { createNumberStore, type NumberStore } from "../../src/store/number-store.ts";
import { importTestCampaign, testDefinition, testPhone } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place, runShell } from "./run-cli.ts";

function openStore({ number }: Place): Promise<NumberStore> {
  return createNumberStore({ redis: connectTestRedis(), number });
}

/** Claims as many rows as there are codes, and records that each failed with its own. */
async function failWith(
  store: NumberStore,
  id: string,
  codes: readonly number[],
  reasons: readonly number[] = [],
): Promise<void> {
  await store.campaigns.dispatch("sandbox", 1);
  const nonce = Buffer.alloc(8, 8);
  const rows = codes.map((_, at) => ({
    row: at + 1,
    person: store.ledger.person(testPhone(at + 1)),
  }));
  await store.ledger.claim({
    ...{ campaign: id, batch: 0, run: 1, nonce, mode: "sandbox", rows },
    ...{ ratePerSecond: 1_000, reachMs: 1_000, answerMs: 0 },
  });
  const failed = { outcome: "failed", attempt: 1, nonce, waitMs: 0, held: false } as const;
  await store.ledger.record(
    id,
    rows.map((one, at) => ({
      ...{ ...failed, ...one, code: codes[at] ?? 0, reason: reasons[at] ?? 0 },
      ...{ optOut: false, id: null },
    })),
  );
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
  expect(json(back)).toEqual({ id, ratePerSecond: null, rampUp: null });
  expect((await store.campaigns.find(id))?.ratePerSecond).toBeNull();
});

test("rate --reset goes back to the rate of the campaign's file, and of the configuration", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const definition = testDefinition(place.number, {
    delivery: { guarantee: "at-most-once", ratePerSecond: 7, priority: "normal" },
  });
  const id = await importTestCampaign(store, { rows: 1, definition });
  await runHere(place, ["rate", id, "0.5"]);
  await runHere(place, ["rate", "--number", place.number, "3"]);

  const own = await runHere(place, ["rate", id, "--reset", "--json"]);
  const number = await runHere(place, ["rate", "--number", place.number, "--reset", "--json"]);

  expect(json(own)).toEqual({ id, ratePerSecond: 7, rampUp: null });
  expect((await store.campaigns.find(id))?.ratePerSecond).toBe(7);
  expect(json(number)).toEqual({ number: place.number, ratePerSecond: null });
  expect((await store.pace.read()).ratePerSecond).toBeNull();
});

test("rate --reset brings back the ramp of the campaign's file, and says so", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const rampUp = { from: 5, to: 40, overMs: 60_000 };
  const delivery = { guarantee: "at-most-once", ratePerSecond: null, priority: "normal" } as const;
  const definition = testDefinition(place.number, { delivery: { ...delivery, rampUp } });
  const id = await importTestCampaign(store, { rows: 1, definition });
  await runHere(place, ["rate", id, "3"]);

  const words = await runHere(place, ["rate", id, "--reset"]);
  const back = await runHere(place, ["rate", id, "--reset", "--json"]);

  expect(words.stdout).toContain(`${id} ramps up again, from 5/s to 40/s over 1 min`);
  expect(json(back)).toEqual({ id, ratePerSecond: null, rampUp });
});

test("show and list say how fast a campaign may send now, and why not faster", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 3 });
  const { pace: key } = numberKeys(store.space);
  await connectTestRedis().hset(key, { slow: 0.75, slowAt: Date.now() });

  const shown = await runHere(place, ["show", id, "--json"]);
  const listed = await runHere(place, ["list", "--json"]);
  const words = await runHere(place, ["show", id]);

  const pace = { fullPerSecond: 500, workersDiffer: null, slowed: { share: expect.any(Number) } };
  expect(json(shown)).toMatchObject({ pace });
  expect(json(listed)).toMatchObject([{ pace }]);
  expect(words.stdout).toMatch(/Rate +3\d\d\/s now: slowed down .* 500\/s again at /);
});

test("retry counts first, then sends the failed rows of a code again", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 5 });
  await sendThree(store, id);

  const dry = await runHere(place, ["retry", id, "--code", "131026", "--dry-run", "--json"]);
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

test("retry says whom it leaves out and why, by code, alike when it counts and when it sends", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 5 });
  await failWith(store, id, [131000, 131000, 131026, 131049, 131050]);

  const dry = await runHere(place, ["retry", id, "--dry-run"]);
  const dryJson = await runHere(place, ["retry", id, "--dry-run", "--json"]);
  const sent = await runHere(place, ["retry", id, "--yes"]);

  expect(dry.stdout).toBe(`2 failed messages of ${id} (SANDBOX) would be sent again.
  131000  2  Something went wrong at WhatsApp
1 message not sent again: the recipient has opted out of marketing messages (131050).
  131050  1  Recipient has opted out of marketing messages
1 message not sent again: WhatsApp refused to deliver less than 24 hours ago (131049), and an early retry prolongs that.
  131049  1  WhatsApp chose not to deliver
1 message not sent again: the same message would fail again; a retry sends it only if you name its code.
  131026  1  Message undeliverable
`);
  expect(json(dryJson)).toMatchObject({
    ...{ id, retried: 0, matching: 2, dryRun: true, waiting: null },
    left: { opted_out: 1, suppressed: 0, too_early: 1, in_vain: 1, not_known: 0 },
    leftOut: [
      { why: "in_vain", code: 131026, title: "Message undeliverable", count: 1 },
      { why: "too_early", code: 131049, count: 1 },
      { why: "opted_out", code: 131050, count: 1 },
    ],
  });
  expect(sent.stdout).toBe(dry.stdout.replace("would be", "will be"));
  expect((await store.campaigns.find(id))?.counts).toMatchObject({ failed: 3, pending: 2 });
});

test("retry takes reasons of failures without a code, and refuses any other name", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 2 });
  await failWith(store, id, [0, 0], [REASONS.not_sent_connect, REASONS.not_sent_dns]);

  const dry = await runHere(place, [
    "retry",
    id,
    "--reason",
    "not_sent_dns",
    "--dry-run",
    "--json",
  ]);
  const wrong = await runHere(place, ["retry", id, "--reason", "dns", "--json"]);

  expect(json(dry)).toMatchObject({ matching: 1, byCode: [{ code: 0, reason: "not_sent_dns" }] });
  expect(wrong.code).toBe(2);
  expect(json(wrong)).toMatchObject({ error: { code: "retry_unknown_reason" } });
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
