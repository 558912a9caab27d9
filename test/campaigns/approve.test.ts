import { describe, expect, it } from "vitest";
import { approveCampaign } from "../../src/campaigns/approve.ts";
import { controlCampaign, probeCampaign } from "../../src/campaigns/control.ts";
import type { Actor } from "../../src/core/act.ts";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";

const by = (who: string): Actor => ({ who, via: "dashboard", from: "127.0.0.1" });

/** A campaign of so many messages that anna started; above two a second person is asked for. */
async function importBy(count: number, changes: { startAtMs?: number | null } = {}) {
  const test = await openTestStore();
  const usual = testDefinition(test.number);
  const { startAtMs = null } = changes;
  const definition = { ...usual, schedule: { ...usual.schedule, startAtMs } };
  const begun = await test.store.imports.begin({
    ...{ digest: "d", again: false, definition, file: "l.csv", columns: ["phone", "first_name"] },
    ...{ mode: "sandbox", approval: { by: "user:anna", above: 2 } },
  });
  if (begun.kind !== "begun") throw new Error(begun.kind);
  const rows = Array.from({ length: count }, (_, at) => {
    const phone = testPhone(at + 1);
    return { cells: [phone, "Anna"], outcome: { kind: "pending" as const, phone } };
  });
  await test.store.imports.chunk({ ...begun, firstBatch: 0, batches: [{ rows }] });
  const finished = await test.store.imports.finish({ ...begun, rows: count, batches: 1 });
  const found = async () => ({ store: test.store, campaign: await test.found(begun.campaign) });
  return { ...test, id: begun.campaign, finished, found };
}

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
          haltLifted: true,
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

it("a campaign of fewer messages starts at once", async () => {
  const { finished } = await importBy(2);

  expect(finished).toEqual({ kind: "stored", status: "running" });
});
