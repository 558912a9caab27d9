import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { STATES } from "../../src/core/message.ts";
import { campaignKeys, numberKeys } from "../../src/store/keys.ts";
import { createNumberStore, type NumberStore } from "../../src/store/number-store.ts";
import { importTestCampaign } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place } from "./run-cli.ts";

async function openStore({ number }: Place): Promise<NumberStore> {
  const store = await createNumberStore({ redis: connectTestRedis(), number });
  await store.join();
  return store;
}

async function counterOf({ number }: NumberStore): Promise<{ count: number }> {
  return { count: Number(await connectTestRedis().hget(numberKeys(number).guard, "count")) };
}

/** What a worker finds after Redis went back in time: it remembers claims that are missing. */
async function noticeRollback(store: NumberStore): Promise<void> {
  const { count } = await counterOf(store);
  store.counter.saw(`${count + 12} ${Date.now()} 0 0`);
  await store.campaigns.dispatch("sandbox", 1);
}

test("a Redis that went back in time is told by list, show and doctor until it is accepted", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 3 });
  await noticeRollback(store);

  const listed = await runHere(place, ["list"]);
  const shown = await runHere(place, ["show", id, "--json"]);
  const checked = await runHere(place, ["doctor"]);
  const accepted = await runHere(place, ["doctor", "--accept-rollback", "--json"]);
  const again = await runHere(place, ["doctor", "--accept-rollback"]);
  const decided = await runHere(place, ["resolve", id, "2-3", "resend"]);

  expect(listed.stdout).toContain("Redis was rolled back: at least");
  expect(json(shown)).toMatchObject({ rollback: { claimsLost: 12 } });
  expect(checked.code).toBe(1);
  expect(checked.stdout).toContain("dropcast doctor --accept-rollback");
  expect(json(accepted)).toEqual({
    accepted: {
      [place.number]: {
        unknown: [{ campaign: id, rows: 3 }],
        ...{ dropped: [], left: [], lostActs: 0, lostSerials: null },
      },
    },
    elsewhere: expect.any(Array),
  });
  expect(again).toMatchObject({ code: 0 });
  expect(again.stdout).toContain("Nothing to accept");
  expect(decided.stdout).toContain("2 messages of");
  expect((await store.campaigns.find(id))?.counts).toMatchObject({ unknown: 1, pending: 2 });
});

test("what is lost besides claims is named when it is accepted, and the rows that are left as they are", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const outcome = { kind: "rejected", code: "phone_invalid", column: "phone" } as const;
  const id = await importTestCampaign(store, { rows: 2, outcomes: new Map([[1, outcome]]) });
  store.counter.saw(`12 ${Date.now()} 5 4`);
  await store.campaigns.dispatch("sandbox", 1);

  const accepted = await runHere(place, ["doctor", "--accept-rollback"]);

  expect(accepted.stdout).toContain("Changes made in the lost period");
  expect(accepted.stdout).toContain(`${place.number}-2 to ${place.number}-4: imported`);
  expect(accepted.stdout).toContain("Before you retry or correct any of these");
  expect(accepted.stdout).toContain(`    ${id}: 1 row rejected`);
});

test("where no worker remembers what Redis held, a person is asked, and may say that nothing is lost", async () => {
  const place = makePlace();
  const store = await openStore(place);
  await importTestCampaign(store, { rows: 3 });
  const { guard } = numberKeys(place.number);
  await connectTestRedis().hset(guard, "run", "0".repeat(40));

  const settling = await runHere(place, ["list"]);
  await (await openStore(place)).campaigns.dispatch("sandbox", 1);
  await connectTestRedis().hincrby(guard, "newRunAt", -60_000);
  await (await openStore(place)).campaigns.dispatch("sandbox", 1);
  const listed = await runHere(place, ["list"]);
  const scripted = await runHere(place, ["list", "--json"]);
  const confirmed = await runHere(place, ["doctor", "--nothing-lost"]);
  const again = await runHere(place, ["doctor", "--nothing-lost", "--json"]);

  expect(settling.stdout).toContain("Redis was restarted and may have been rolled back: number");
  expect(listed.stdout).toContain("may have been rolled back: no worker of number");
  expect(listed.stdout).toContain("`dropcast doctor --nothing-lost`");
  expect(json(scripted)).toMatchObject([{ rollback: { claimsLost: null } }]);
  expect(confirmed.stdout).toContain(`Number ${place.number} sends again.`);
  expect(json(again)).toEqual({ confirmed: [] });
});

test("warnings without a fault are counted at the end, not passed over as well", async () => {
  const place = makePlace();
  await openStore(place);

  const { code, stdout } = await runHere(place, ["doctor"]);

  const warnings = stdout.split("\n").filter((line) => line.startsWith("warn")).length;
  const faults = stdout.split("\n").filter((line) => line.startsWith("FAIL")).length;
  expect(warnings).toBeGreaterThan(0);
  expect(stdout).not.toContain("All is well");
  if (code === 0) expect(stdout).toContain(`No faults; ${warnings} warnings.`);
  else expect(stdout).toContain(`${faults} problem`);
});

test("one mistake of the configuration ends with one mark", async () => {
  const place = makePlace();
  writeFileSync(join(place.dir, "numbers.yaml"), "portfolois: {}\nnumbers: {}\n");

  const { stderr } = await runHere(place, ["list"]);

  expect(stderr).toContain('did you mean "portfolios"?');
  expect(stderr).not.toContain("?.");
});

test("nobody can say that nothing is lost while a worker remembers more", async () => {
  const place = makePlace();
  const store = await openStore(place);
  await importTestCampaign(store, { rows: 3 });
  await noticeRollback(store);

  const refused = await runHere(place, ["doctor", "--nothing-lost", "--json"]);

  expect(refused.code).toBe(1);
  expect(json(refused)).toMatchObject({ error: { code: "redis_went_back" } });
  expect(await store.rollback.read()).toBeDefined();
});

test("a number that went back in time and is not in this configuration is told, not accepted", async () => {
  const place = makePlace();
  const other = await openStore(makePlace());
  await noticeRollback(other);

  const accepted = await runHere(place, ["doctor", "--accept-rollback"]);

  expect(accepted.stdout).toContain(`Number ${other.number} is not accepted`);
  expect(await other.rollback.read()).toBeDefined();
  await other.rollback.accept(1);
});

test("show says for how long messages are unknown, and why", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 3 });
  await noticeRollback(store);
  await store.rollback.accept(1);
  const hourAgo = Date.now() - 3_600_000;
  await connectTestRedis().zadd(campaignKeys(place.number, id).unknown, hourAgo, "1");

  const shown = await runHere(place, ["show", id]);
  const scripted = await runHere(place, ["show", id, "--json"]);

  expect(shown.stdout).toContain("Unknown, the oldest for 1 h:\n  3  Redis was rolled back");
  expect(json(scripted)).toMatchObject({
    unknown: { oldestSince: new Date(hourAgo).toISOString(), reasons: [{ reason: "rollback" }] },
  });
});

test("resolve decides many rows at once, and leaves alone those that are not unknown", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 3 });
  await noticeRollback(store);
  await store.rollback.accept(1);

  const some = await runHere(place, ["resolve", id, "1,3", "failed", "--json"]);
  const rest = await runHere(place, ["resolve", id, "all", "sent", "--json"]);
  const none = await runHere(place, ["resolve", id, "1-3", "sent"]);
  const wrong = await runHere(place, ["resolve", id, "3-1", "sent"]);

  const action = expect.stringContaining(`${id}.`);
  expect(json(some)).toEqual({ id, action, decision: "failed", rows: [1, 3] });
  expect(json(rest)).toEqual({ id, action, decision: "sent", rows: [2] });
  expect(none.stdout).toContain("nothing was changed");
  expect(wrong.code).toBe(2);
});

test("counters that differ from their rows suspend the number, and --recount mends them", async () => {
  const place = makePlace();
  const store = await openStore(place);
  const id = await importTestCampaign(store, { rows: 3 });
  const redis = connectTestRedis();
  await redis.hset(campaignKeys(place.number, id).counts, String(STATES.read), 1);
  await store.audit.look(id);
  await store.audit.look(id);

  const listed = await runHere(place, ["list"]);
  const mended = await runHere(place, ["doctor", "--recount", "--json"]);
  const resumed = await runHere(place, ["resume", id]);

  expect(listed.stdout).toContain("the counters of a campaign do not match its rows");
  expect(listed.stdout).toContain(
    "`dropcast doctor --recount` corrects them. That lifts the suspension too.",
  );
  expect(json(mended)).toEqual({
    mended: [{ campaign: id, state: "read", counted: 1, rows: 0 }],
    busy: [],
  });
  expect(resumed.code).toBe(0);
  expect(await redis.exists(numberKeys(place.number).halt)).toBe(0);
});
