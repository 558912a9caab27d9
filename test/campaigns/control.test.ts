import { describe, expect, test } from "vitest";
import {
  controlCampaign,
  mayControl,
  probeCampaign,
  type Verb,
} from "../../src/campaigns/control.ts";
import { findCampaign } from "../../src/campaigns/find.ts";
import { dateTime } from "../../src/core/format.ts";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";
import { ANNA, STAGES, type Stage, statusOf } from "./stages.ts";

/** What each verb comes to: the status after it, "=" and the status it has already, or a code. */
const TABLE: Readonly<Record<Stage, Readonly<Record<Verb, string>>>> = {
  importing: { pause: "cannot_pause", resume: "cannot_resume", cancel: "cancelled" },
  scheduled: { pause: "paused", resume: "=scheduled", cancel: "cancelled" },
  running: { pause: "paused", resume: "=running", cancel: "cancelled" },
  "running, expired, its last message on the wire": {
    ...{ pause: "campaign_closed", resume: "=running", cancel: "campaign_closed" },
  },
  paused: { pause: "=paused", resume: "running", cancel: "cancelled" },
  "paused before its start": { pause: "=paused", resume: "scheduled", cancel: "cancelled" },
  "paused with its number": { pause: "=paused", resume: "running, lifted", cancel: "cancelled" },
  "paused, expired, its last message on the wire": {
    ...{ pause: "=paused", resume: "campaign_closed", cancel: "campaign_closed" },
  },
  finished: { pause: "cannot_pause", resume: "cannot_resume", cancel: "cannot_cancel" },
  "finished by its end": {
    ...{ pause: "cannot_pause", resume: "cannot_resume", cancel: "cannot_cancel" },
  },
  cancelled: { pause: "cannot_pause", resume: "cannot_resume", cancel: "=cancelled" },
  rejected: { pause: "cannot_pause", resume: "cannot_resume", cancel: "cannot_cancel" },
};

const CASES = (Object.keys(TABLE) as Stage[]).flatMap((stage) =>
  Object.entries(TABLE[stage]).map(([verb, outcome]) => [verb as Verb, stage, outcome] as const),
);

async function find(bench: TestStore, id: string) {
  const found = await findCampaign({ [bench.number]: bench.store }, id);
  if (!found.ok) throw new Error(found.refusal.message);
  return found.value;
}

describe("every verb on a campaign at every stage", () => {
  test.each(CASES)("%s while it is %s: %s", async (verb, stage, outcome) => {
    const bench = await openTestStore();
    const id = await STAGES[stage](bench);
    const found = await find(bench, id);

    const result = await controlCampaign(found, verb, ANNA);

    expect(found.campaign.status).toBe(statusOf(stage));
    const after = (await bench.found(id)).status;
    if (!result.ok) {
      expect(result.refusal.code).toBe(outcome);
      expect(result.refusal.fix).not.toBe("");
      expect(after).toBe(statusOf(stage));
      return;
    }
    const { changed, status, haltLifted } = result.value;
    expect(`${changed ? "" : "="}${status}${haltLifted ? ", lifted" : ""}`).toBe(outcome);
    expect(result.value.id).toBe(id);
    expect(after).toBe(status);
  });

  test.each(CASES)("%s while it is %s is offered only if it changes it", async (...of) => {
    const [verb, stage, outcome] = of;
    const bench = await openTestStore();
    const { campaign } = await find(bench, await STAGES[stage](bench));

    expect(mayControl(campaign, verb)).toBe(/^(paused|running|scheduled|cancelled)/.test(outcome));
  });

  test.each(CASES)("%s while it is %s, given twice, does no harm", async (verb, stage) => {
    const bench = await openTestStore();
    const found = await find(bench, await STAGES[stage](bench));

    const first = await controlCampaign(found, verb, ANNA);
    const second = await controlCampaign(found, verb, ANNA);

    const unchanged = { changed: false, suspensionLifted: false, haltLifted: false };
    const again = first.ok ? { ok: true, value: { ...first.value, ...unchanged } } : first;
    expect(second).toEqual(again);
  });
});

test("a campaign that is being imported may be dropped, by a command for its own mode", async () => {
  const bench = await openTestStore(undefined, undefined, { mode: "sandbox" });
  const id = await STAGES.importing(bench);

  const paused = await controlCampaign(await find(bench, id), "pause", ANNA);

  expect(paused).toMatchObject({
    refusal: {
      message: `${id} is importing, so there is nothing to pause.`,
      fix: `Wait until its list is stored, or drop it: dropcast cancel ${id} --sandbox.`,
    },
  });
});

test("of two who cancel at once, one changes it", async () => {
  const bench = await openTestStore();
  const found = await find(bench, await bench.import(2));

  const both = await Promise.all([
    controlCampaign(found, "cancel", ANNA),
    controlCampaign(found, "cancel", ANNA),
  ]);

  expect(both.filter((result) => result.ok && result.value.changed)).toHaveLength(1);
  expect(both.every(({ ok }) => ok)).toBe(true);
});

test.each(["pause", "resume", "cancel"] as const)(
  "%s of a campaign that was deleted meanwhile says that it is not there",
  async (verb) => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    const found = await find(bench, id);
    await bench.redis.del(bench.own(id).campaign);

    expect(await controlCampaign(found, verb, ANNA)).toMatchObject({
      refusal: { code: "no_such_campaign" },
    });
  },
);

test("a probe of delegated messages is refused until their time has come", async () => {
  const bench = await openTestStore();
  const importDelegated = async (startAtMs: number) => {
    const schedule = { startAtMs, endByMs: null, delegate: true };
    const id = await bench.import(3, { definition: testDefinition(bench.number, { schedule }) });
    await bench.store.campaigns.pause(id, "operator");
    return id;
  };
  const startAtMs = Date.UTC(2036, 0, 2, 8);
  const early = await importDelegated(startAtMs);
  const due = await importDelegated(Date.now() - 1);

  expect(await probeCampaign(await find(bench, early), 2, ANNA)).toEqual({
    ok: false,
    refusal: {
      code: "probe_before_start",
      message: `${early} can have no probe before ${dateTime(startAtMs)}: the API delivers nothing of it earlier (schedule.delegate).`,
      fix: "Resume with --probe after that time. Without --probe the API gets all the rest at once, and that cannot be called back.",
    },
  });
  expect((await bench.found(early)).status).toBe("paused");
  expect(await bench.redis.exists(bench.own(early).trial)).toBe(0);
  expect(await probeCampaign(await find(bench, due), 2, ANNA)).toMatchObject({
    value: { status: "running", changed: true, probe: 2 },
  });
});

test("a probe of a delegated campaign that runs already changes nothing", async () => {
  const bench = await openTestStore();
  const schedule = { startAtMs: Date.now() + 3_600_000, endByMs: null, delegate: true };
  const id = await bench.import(3, { definition: testDefinition(bench.number, { schedule }) });
  expect(await probeCampaign(await find(bench, id), 2, ANNA)).toMatchObject({
    value: { status: "running", changed: false },
  });
});

test.each(["ask", "go"] as const)(
  "a probe in place of an unfinished canary does what the canary's file says: %s",
  async (after) => {
    const bench = await openTestStore();
    const canary = { size: 2, minDelivered: 1, waitMs: 600_000, after };
    const definition = testDefinition(bench.number, { canary });
    const id = await bench.import(4, { definition, canaryRows: [1, 3] });
    await bench.store.campaigns.pause(id, "operator");

    const resumed = await probeCampaign(await find(bench, id), 1, ANNA);
    await bench.send(id, 1, "accepted", { wamid: "wamid.PROBE" });
    await bench.status("wamid.PROBE", "delivered");

    expect(resumed).toMatchObject({ value: { probe: 1, probeThen: after } });
    expect((await bench.found(id)).status).toBe(after === "ask" ? "paused" : "running");
  },
);
