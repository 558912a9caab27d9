import { describe, expect, it } from "vitest";
import { approveCampaign } from "../../src/campaigns/approve.ts";
import { controlCampaign, probeCampaign } from "../../src/campaigns/control.ts";
import type { Actor } from "../../src/core/act.ts";
import { nowCard } from "../../src/dashboard/pages/campaign/now.ts";
import type { ImportOutcome } from "../../src/store/ledger/batch-rows.ts";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";

const by = (who: string): Actor => ({ who, via: "dashboard", from: "127.0.0.1" });

/** A campaign of so many messages that anna started; above two a second person is asked for. */
async function importBy(
  count: number,
  changes: { startAtMs?: number | null; rejected?: number } = {},
) {
  const test = await openTestStore();
  const usual = testDefinition(test.number);
  const { startAtMs = null, rejected = 0 } = changes;
  const definition = { ...usual, schedule: { ...usual.schedule, startAtMs } };
  const begun = await test.store.imports.begin({
    ...{ digest: "d", again: false, definition, file: "l.csv", columns: ["phone", "first_name"] },
    ...{ mode: "sandbox", approval: { by: "user:anna", above: 2 } },
  });
  if (begun.kind !== "begun") throw new Error(begun.kind);
  const rows = Array.from({ length: count }, (_, at) => {
    const phone = testPhone(at + 1);
    const isRejected = at >= count - rejected;
    const outcome: ImportOutcome = isRejected ? BAD : { kind: "pending", phone };
    return { cells: [phone, "Anna"], outcome };
  });
  await test.store.imports.chunk({ ...begun, firstBatch: 0, batches: [{ rows }] });
  const finished = await test.store.imports.finish({ ...begun, rows: count, batches: 1 });
  const found = async () => ({ store: test.store, campaign: await test.found(begun.campaign) });
  const id = begun.campaign;
  /** A person corrects one of the rejected rows. */
  async function correct(row: number): Promise<void> {
    const { corrections } = test.store;
    const [now, read] = [await corrections.campaign(id), await corrections.batch(id, 0)];
    if (now === undefined || read === undefined) throw new Error("There is no such batch.");
    const rows = [{ row, phone: testPhone(row), cells: [testPhone(row), "Anna"] }];
    const done = await corrections.apply(id, read, { rows, rewrites: now.rewrites });
    expect(done.kind).toBe("corrected");
  }
  return { ...test, id, finished, found, correct };
}

const BAD: ImportOutcome = { kind: "rejected", code: "phone_invalid", column: "phone" };

describe("a campaign of more messages than one person may start", () => {
  it("waits, and sends nothing until another person approves it", async () => {
    const { found, finished, id, store } = await importBy(3);
    const waiting = (await found()).campaign;
    const before = await store.campaigns.dispatch("sandbox", 4);

    const approved = await approveCampaign(await found(), by("user:bert"));
    const after = await store.campaigns.dispatch("sandbox", 4);

    expect(finished).toEqual({ kind: "stored", status: "paused" });
    expect(waiting).toMatchObject({ reason: "approval", awaitsApprovalOf: "user:anna" });
    expect([before.opened.length, after.opened.length]).toEqual([0, 1]);
    expect(approved).toMatchObject({ ok: true, value: { id, status: "running", changed: true } });
    expect((await found()).campaign.awaitsApprovalOf).toBeNull();
  });

  it.each([
    ["who started it", "user:anna", "approval_same_person"],
    ["with the dashboard's password", "dashboard", "approval_needs_user"],
    ["with a token", "token:ci", "approval_needs_user"],
    ["at the command line", "root", "approval_needs_user"],
  ])("is not approved by one %s", async (_, who, code) => {
    const { found } = await importBy(3);

    const refused = await approveCampaign(await found(), by(who));

    expect(refused).toMatchObject({ ok: false, refusal: { code } });
    expect((await found()).campaign).toMatchObject({ status: "paused", reason: "approval" });
  });

  it("says beside the button who may not press it, since all readers share the page", async () => {
    const { campaign } = await (await importBy(3)).found();
    const condition = { kind: "paused", words: [], advice: null } as const;
    const shown = { condition, suspension: undefined, nowMs: Date.now(), hasNumbers: false };

    const card = (await nowCard(campaign, { ...shown, mayAct: true })).toString();

    expect(card).toContain("Approve and start 3 messages");
    expect(card).toContain("Not by anna, who started it.");
    expect(card).toContain("needs a user who is signed in by name");
  });

  it("cannot be resumed, with a probe neither, and a pause does not change that", async () => {
    const { found } = await importBy(3);
    await controlCampaign(await found(), "pause", by("user:anna"));

    const resumed = await controlCampaign(await found(), "resume", by("user:bert"));
    const probed = await probeCampaign(await found(), 1, by("user:bert"));

    for (const one of [resumed, probed]) {
      expect(one).toMatchObject({ ok: false, refusal: { code: "approval_needed" } });
    }
    expect((await found()).campaign.status).toBe("paused");
  });

  it("can be cancelled by anybody", async () => {
    const { found } = await importBy(3);

    expect(await controlCampaign(await found(), "cancel", by("user:anna"))).toMatchObject({
      value: { status: "cancelled" },
    });
    expect(await approveCampaign(await found(), by("user:bert"))).toMatchObject({
      value: { changed: false, status: "cancelled" },
    });
  });

  it("waits for its start once it is approved", async () => {
    const { found } = await importBy(3, { startAtMs: Date.now() + 3_600_000 });

    await approveCampaign(await found(), by("oidc:bert-1"));

    expect((await found()).campaign.status).toBe("scheduled");
  });

  it.each([
    ["at once", null, "paused", "account:190"],
    ["later", Date.now() + 3_600_000, "scheduled", ""],
  ])(
    "does not lift a suspension of its number when it is approved to start %s",
    async (_, startAtMs, status, reason) => {
      const { found, id, store, redis, keys } = await importBy(3, { startAtMs });
      const halt = { code: "190", reason: "0", at: "1", campaign: "other-1", why: "account:190" };
      await redis.hset(keys.halt, halt);

      const approved = await approveCampaign(await found(), by("user:bert"));
      const again = await approveCampaign(await found(), by("user:carl"));
      const { opened } = await store.campaigns.dispatch("sandbox", 4);

      const value = { id, status, changed: true, haltLifted: false };
      expect(approved).toMatchObject({ ok: true, value });
      expect(again.ok && again.value.haltLifted).toBe(false);
      expect(await redis.hgetall(keys.halt)).toEqual(halt);
      expect(opened).toEqual([]);
      expect((await found()).campaign).toMatchObject({ status, reason, awaitsApprovalOf: null });
      // A resume lifts it knowingly.
      if (status === "paused") {
        expect(await store.campaigns.resume(id)).toMatchObject({
          kind: "changed",
          suspensionLifted: true,
        });
      }
    },
  );

  it("does not lift a suspension that names it when it is approved once more", async () => {
    const { found, id, redis, keys } = await importBy(3);
    await approveCampaign(await found(), by("user:bert"));
    await redis.hset(keys.halt, { code: "190", reason: "0", at: "1", campaign: id, why: "x" });

    const again = await approveCampaign(await found(), by("user:carl"));

    expect(again).toMatchObject({ ok: true, value: { changed: false, haltLifted: false } });
    expect(await redis.exists(keys.halt)).toBe(1);
  });

  it("is approved once, and pauses and resumes as any other from then on", async () => {
    const { found, store, id } = await importBy(3);
    await approveCampaign(await found(), by("user:bert"));

    const again = await approveCampaign(await found(), by("user:carl"));
    await controlCampaign(await found(), "pause", by("user:anna"));
    const late = await approveCampaign(await found(), by("user:carl"));
    const resumed = await controlCampaign(await found(), "resume", by("user:anna"));

    expect(again).toMatchObject({ ok: true, value: { changed: false } });
    expect(late).toMatchObject({ ok: false, refusal: { code: "approval_not_needed" } });
    expect(resumed).toMatchObject({ ok: true, value: { status: "running" } });
    const { lines } = await store.acts.read({
      ...{ campaign: id, sinceMs: 0, limit: 10, lookedAtMax: 1_000 },
    });
    expect(lines.filter(({ what }) => what === "approve").map(({ who }) => who)).toContain(
      "user:bert",
    );
  });
});

describe("rows that are corrected", () => {
  it("while it waits change the count, so that what the page showed is not approved", async () => {
    const { found, correct, id, redis, own } = await importBy(4, { rejected: 1 });
    await correct(4);
    const before = await redis.hgetall(own(id).campaign);

    const stale = await approveCampaign(await found(), by("user:bert"), 3);

    expect(stale).toMatchObject({ ok: false, refusal: { code: "approval_other_count" } });
    expect(await redis.hgetall(own(id).campaign)).toEqual(before);
    expect(await approveCampaign(await found(), by("user:bert"), 4)).toMatchObject({
      value: { changed: true, status: "running" },
    });
  });

  it.each([
    ["running", null],
    ["scheduled", Date.now() + 3_600_000],
  ])(
    "above the limit pause a %s campaign that needed no approval, until it is approved",
    async (status, startAtMs) => {
      const { found, correct, finished, store } = await importBy(3, { rejected: 1, startAtMs });
      await correct(3);

      expect(finished).toEqual({ kind: "stored", status });
      expect((await found()).campaign).toMatchObject({
        ...{ status: "paused", reason: "approval", awaitsApprovalOf: "user:anna" },
      });
      expect((await store.campaigns.dispatch("sandbox", 4)).opened).toEqual([]);
      expect(await controlCampaign(await found(), "resume", by("user:anna"))).toMatchObject({
        refusal: { code: "approval_needed" },
      });
      expect(await approveCampaign(await found(), by("user:bert"), 3)).toMatchObject({
        value: { changed: true, status },
      });
    },
  );

  it("above the limit leave the reason of a pause, and it needs an approval to go on", async () => {
    const { found, correct, id, store } = await importBy(3, { rejected: 1 });
    await store.campaigns.pause(id, "operator");

    await correct(3);

    expect((await found()).campaign).toMatchObject({ reason: "operator" });
    expect(await store.campaigns.resume(id)).toEqual({ kind: "unapproved" });
  });

  it("within the limit, or after an approval, pause nothing", async () => {
    const small = await importBy(2, { rejected: 1 });
    const approved = await importBy(4, { rejected: 1 });
    await approveCampaign(await approved.found(), by("user:bert"));

    await small.correct(2);
    await approved.correct(4);

    expect((await small.found()).campaign.status).toBe("running");
    expect((await approved.found()).campaign).toMatchObject({
      ...{ status: "running", awaitsApprovalOf: null },
    });
  });
});

it("a campaign of fewer messages starts at once", async () => {
  const { finished } = await importBy(2);

  expect(finished).toEqual({ kind: "stored", status: "running" });
});
