import { describe, expect, test } from "vitest";
import { findCampaign } from "../../src/campaigns/find.ts";
import { resetCampaignRate, setCampaignRate, setNumberRate } from "../../src/campaigns/rate.ts";
import { ALL_ROWS, resolveRow, resolveRows } from "../../src/campaigns/resolve.ts";
import { refuseLeft, retryAttempts, retryCampaign } from "../../src/campaigns/retry.ts";
import { DECISIONS, type Decision } from "../../src/core/action.ts";
import { noneLeft } from "../../src/core/failure.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { ANNA, deleteRows, expire, STAGES, type Stage } from "./stages.ts";

async function find(bench: TestStore, id: string) {
  const found = await findCampaign({ [bench.number]: bench.store }, id);
  if (!found.ok) throw new Error(found.refusal.message);
  return found.value;
}

const ALL: ReadonlySet<number> = new Set();

/** A campaign of three rows, failed and unknown the first two, and how it went on. */
const LATER = {
  running: async () => {},
  paused: async (bench: TestStore, id: string) =>
    void (await bench.store.campaigns.pause(id, "operator")),
  finished: async (bench: TestStore, id: string) =>
    void (await bench.send(id, 3, "accepted", { wamid: "wamid.A" })),
  cancelled: async (bench: TestStore, id: string) => void (await bench.store.campaigns.cancel(id)),
  expired: expire,
  "without its rows": deleteRows,
} satisfies Record<string, (bench: TestStore, id: string) => Promise<void>>;

type Later = keyof typeof LATER;

async function reach(later: Later) {
  const bench = await openTestStore();
  const id = await bench.import(3);
  await bench.send(id, 1, "failed", { code: 131000 });
  await bench.send(id, 2, "unknown");
  await LATER[later](bench, id);
  return { bench, id, found: await find(bench, id) };
}

describe("retry", () => {
  const TABLE: Readonly<Record<Later, string>> = {
    running: "sent",
    paused: "sent",
    finished: "sent",
    cancelled: "campaign_closed",
    expired: "campaign_closed",
    "without its rows": "rows_deleted",
  };

  test.each(Object.entries(TABLE) as [Later, string][])(
    "of a campaign that is %s: %s",
    async (later, outcome) => {
      const { bench, id, found } = await reach(later);

      const counted = await retryCampaign(found, { codes: ALL, mode: "count" }, ANNA);
      const result = await retryCampaign(found, { codes: ALL, mode: "send" }, ANNA);

      if (!result.ok) {
        expect(result.refusal.code).toBe(outcome);
        expect(counted).toEqual(result);
        expect((await bench.found(id)).counts.failed).toBe(1);
        return;
      }
      expect(outcome).toBe("sent");
      const rest = { id, matching: 1, left: noneLeft(), leftOut: [], waiting: null };
      expect(counted.ok && counted.value).toMatchObject({ ...rest, retried: 0, dryRun: true });
      expect(result.value).toMatchObject({
        ...{ ...rest, retried: 1, dryRun: false },
        byCode: [{ code: 131000, count: 1 }],
      });
      expect((await bench.found(id)).counts.failed).toBe(0);
    },
  );

  test.each(Object.keys(STAGES) as Stage[])("of %s with no failed message", async (stage) => {
    const bench = await openTestStore();
    const found = await find(bench, await STAGES[stage](bench));

    const result = await retryCampaign(found, { codes: ALL, mode: "send" }, ANNA);

    if (result.ok) expect(result.value).toMatchObject({ retried: 0, matching: 0, byCode: [] });
    else
      expect(result.refusal.message).toContain("was cancelled or rejected, or its end has passed");
    expect(result.ok).toBe(!found.campaign.closed);
  });

  test("sends only the codes that were asked for, and refuses one that is never sent again", async () => {
    const bench = await openTestStore();
    const id = await bench.import(2);
    await bench.send(id, 1, "failed", { code: 131026 });
    await bench.send(id, 2, "failed", { code: 131000 });
    const found = await find(bench, id);
    const retry = (...codes: number[]) =>
      retryCampaign(found, { codes: new Set(codes), mode: "send" }, ANNA);

    expect(await retry(131026, 131050)).toMatchObject({ refusal: { code: "retry_opted_out" } });
    expect(await retry(131000)).toMatchObject({ value: { retried: 1 } });
    expect(await bench.counts(id)).toEqual({ failed: 1, pending: 1 });
  });
});

describe("retry of single attempts", () => {
  test("sends one once, and leaves what stays failed with the reason", async () => {
    const bench = await openTestStore();
    const id = await bench.import(4);
    for (const [row, code] of [131026, 131050, 131049, 131026].entries()) {
      await bench.send(id, row + 1, "failed", { code });
    }
    const attempts = [1, 2, 3].map((row) => ({ row, attempt: 1 }));
    const ask = () => retryAttempts(bench.store, { campaign: id, batch: 0, attempts });

    const first = await ask();
    const second = await ask();

    expect(first.retried).toBe(1);
    expect([...first.left]).toEqual([
      [2, "opted_out"],
      [3, "too_early"],
    ]);
    expect(second).toEqual({ ...first, retried: 0 });
    expect(await bench.counts(id)).toEqual({ failed: 3, pending: 1 });
  });

  test("leaves those of a closed campaign and of one that is gone", async () => {
    const bench = await openTestStore();
    const id = await bench.import(2);
    await bench.send(id, 1, "failed", { code: 131026 });
    await bench.store.campaigns.cancel(id);
    const attempts = [{ row: 1, attempt: 1 }];
    const ask = (campaign: string) => retryAttempts(bench.store, { campaign, batch: 0, attempts });

    expect((await ask(id)).left.get(1)).toBe("closed");
    expect((await ask(`${bench.number}-9`)).left.get(1)).toBe("no_campaign");
  });

  test.each([
    ["closed", "campaign_closed"],
    ["no_campaign", "no_such_campaign"],
    ["opted_out", "retry_opted_out"],
    ["too_early", "retry_too_early"],
    ["suppressed", "retry_opted_out"],
    ["open_attempt", "retry_open_attempt"],
  ] as const)("of one that is %s is refused as %s", (why, code) => {
    expect(refuseLeft("main-1", 3, why).refusal.code).toBe(code);
  });
});

describe("resolve", () => {
  const FREE = { resend: "pending", sent: "accepted", failed: "failed" };
  const TABLE: Readonly<Record<Later, Readonly<Record<Decision, string>>>> = {
    running: FREE,
    paused: FREE,
    finished: FREE,
    cancelled: { ...FREE, resend: "campaign_closed" },
    expired: { ...FREE, resend: "campaign_closed" },
    "without its rows": {
      ...{ resend: "rows_deleted", sent: "rows_deleted", failed: "rows_deleted" },
    },
  };
  const CASES = (Object.keys(TABLE) as Later[]).flatMap((later) =>
    DECISIONS.map((decision) => [decision, later, TABLE[later][decision]] as const),
  );

  test.each(CASES)("%s in a campaign that is %s: %s", async (decision, later, outcome) => {
    const { bench, id, found } = await reach(later);

    const one = await resolveRow(found, 2, decision, ANNA);

    if (!one.ok) expect(one.refusal.code).toBe(outcome);
    else expect(one.value).toEqual({ id, row: 2, state: outcome });
    if (later !== "without its rows") {
      expect(await bench.state(id, 2)).toBe(one.ok ? outcome : "unknown");
    }
  });

  test.each(CASES)("%s of all in a campaign that is %s: %s", async (decision, later, outcome) => {
    const { id, found } = await reach(later);

    const all = await resolveRows(found, [ALL_ROWS], decision, ANNA);

    if (all.ok) expect(all.value).toMatchObject({ id, decision, rows: [2] });
    else expect(all.refusal.code).toBe(outcome);
    expect(all.ok).toBe(Object.values(FREE).includes(outcome));
  });

  test("decides an unknown row once, and no other", async () => {
    const { id, found } = await reach("running");

    const failed = await resolveRow(found, 1, "sent", ANNA);
    const first = await resolveRow(found, 2, "sent", ANNA);
    const again = await resolveRow(found, 2, "resend", ANNA);
    const beyond = await resolveRow(found, 4, "sent", ANNA);

    expect(first).toMatchObject({ ok: true });
    for (const refused of [failed, again]) {
      expect(refused).toMatchObject({ refusal: { code: "row_not_unknown" } });
    }
    expect(beyond).toMatchObject({
      refusal: {
        code: "no_such_row",
        message: `${id} has 3 rows, so there is no row 4.`,
      },
    });
  });

  test("of ranges takes the unknown rows in them", async () => {
    const bench = await openTestStore();
    const id = await bench.import(6);
    for (const row of [1, 2, 4, 6]) await bench.send(id, row, "unknown");
    const found = await find(bench, id);
    const resolve = (...ranges: [number, number][]) => resolveRows(found, ranges, "sent", ANNA);

    expect(await resolve([2, 3], [6, 6])).toMatchObject({ value: { rows: [2, 6] } });
    expect(await resolve([2, 3])).toMatchObject({ value: { rows: [] } });
    expect(await resolve(ALL_ROWS as [number, number])).toMatchObject({ value: { rows: [1, 4] } });
  });
});

describe("rate", () => {
  const CLOSED: readonly Stage[] = [
    ...(["cancelled", "rejected", "finished by its end"] as const),
    "running, expired, its last message on the wire",
    "paused, expired, its last message on the wire",
  ];

  test.each(CLOSED)("of a campaign that is %s is refused, and nothing changes", async (stage) => {
    const bench = await openTestStore();
    const id = await STAGES[stage](bench);
    const found = await find(bench, id);
    const before = await bench.redis.hgetall(bench.own(id).campaign);

    const set = await setCampaignRate(found, 0.5, ANNA);
    const reset = await resetCampaignRate(found, ANNA);

    expect(set).toMatchObject({ ok: false, refusal: { code: "campaign_closed" } });
    expect(reset).toEqual(set);
    expect(await bench.redis.hgetall(bench.own(id).campaign)).toEqual(before);
  });

  const OPEN = (Object.keys(STAGES) as Stage[]).filter((stage) => !CLOSED.includes(stage));

  test.each(OPEN)("of a campaign that is %s may be set", async (stage) => {
    const bench = await openTestStore();
    const id = await STAGES[stage](bench);
    const found = await find(bench, id);

    const set = await setCampaignRate(found, 0.5, ANNA);
    const during = (await bench.found(id)).ratePerSecond;
    const back = await setCampaignRate(found, null, ANNA);

    expect(set).toEqual({ ok: true, value: { id, ratePerSecond: 0.5, rampUp: null } });
    expect(during).toBe(0.5);
    expect(back).toEqual({ ok: true, value: { id, ratePerSecond: null, rampUp: null } });
    expect((await bench.found(id)).ratePerSecond).toBeNull();
  });

  test("of a number may be set and taken back", async () => {
    const { number, store } = await openTestStore();

    const set = await setNumberRate(store, 20, ANNA);
    const during = (await store.pace.read()).ratePerSecond;
    await setNumberRate(store, null, ANNA);

    expect(set).toEqual({ ok: true, value: { number, ratePerSecond: 20 } });
    expect(during).toBe(20);
    expect((await store.pace.read()).ratePerSecond).toBeNull();
  });

  test("of a campaign that was deleted meanwhile is refused", async () => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    const found = await find(bench, id);
    await bench.redis.del(bench.own(id).campaign);

    expect(await setCampaignRate(found, 1, ANNA)).toMatchObject({
      refusal: { code: "no_such_campaign" },
    });
  });
});
