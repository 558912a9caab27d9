import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { CampaignDefinition } from "../../../src/core/campaign.ts";
import { validateCampaign } from "../../../src/core/campaign-schema.ts";
import type { PreflightInput } from "../../../src/producer/preflight/preflight.ts";
import { keepNothing, storeIn } from "../../../src/producer/sink/sink.ts";
import {
  openTestStore,
  type TestStore,
  testDefinition,
  testPhone,
} from "../../support/campaigns.ts";
import { type ImportOptions, importList } from "../import/by-path.ts";
import { testFolder } from "../list/read-list.ts";

const NOW = Date.parse("2026-11-23T10:00:00Z");

async function optionsFor(
  bench: TestStore,
  csv: string,
  changes: Partial<CampaignDefinition> = {},
  preflight: Partial<PreflightInput> = {},
): Promise<ImportOptions> {
  const csvPath = join(await testFolder(), "list.csv");
  await writeFile(csvPath, csv);
  return {
    sink: storeIn(bench.store.imports),
    definition: testDefinition(bench.number, changes),
    csvPath,
    rejectsPath: null,
    mode: "sandbox",
    country: null,
    preflight: {
      people: bench.store.people,
      optOuts: bench.store.optOuts,
      ratePerSecond: 2,
      prices: null,
      nowMs: NOW,
      ...preflight,
    },
  };
}

/** Opts people out, as the claim finds it. */
async function optOut(bench: TestStore, phone: string, scope: string): Promise<void> {
  await bench.redis.hset(bench.keys.suppressed, bench.store.people.person(phone), scope);
}

function rows(...numbers: number[]): string {
  return `phone,first_name\n${numbers.map((row) => `${testPhone(row)},Name ${row}`).join("\n")}\n`;
}

it("people who opted out are left out and counted, each by what the campaign is", async () => {
  const bench = await openTestStore();
  await optOut(bench, testPhone(2), "marketing");
  await optOut(bench, testPhone(3), "all");

  const marketing = await importList(await optionsFor(bench, rows(1, 2, 3, 4)));
  const utility = await importList(
    await optionsFor(bench, rows(1, 2, 3, 4), { name: "Bills", category: "utility" }),
  );

  expect(marketing.report).toMatchObject({
    rows: 4,
    ok: 2,
    suppressed: 2,
    warnings: [{ code: "opted_out", count: 2, lines: [3, 4] }],
  });
  expect(await bench.counts(marketing.report.campaign ?? "")).toEqual({
    pending: 2,
    suppressed: 2,
  });
  expect(await bench.states(marketing.report.campaign ?? "")).toEqual([
    "pending",
    "suppressed",
    "suppressed",
    "pending",
  ]);
  expect(utility.report).toMatchObject({ ok: 3, suppressed: 1 });
});

it("another spelling of somebody who opted out is the same person", async () => {
  const bench = await openTestStore();
  await optOut(bench, "541123456789", "all");

  const csv = `phone,first_name\n+54 9 11 2345-6789,Ana\n${testPhone(1)},Ben\n`;
  const imported = await importList(await optionsFor(bench, csv));

  expect(imported.report).toMatchObject({ ok: 1, suppressed: 1 });
});

it("people on live campaigns of the number are told and not left out", async () => {
  const bench = await openTestStore();
  const running = await bench.import(250);
  const finished = await bench.import(1);
  await bench.send(finished, 1, "accepted");
  const cancelled = await bench.import(1);
  await bench.store.campaigns.cancel(cancelled);

  const both = await importList(await optionsFor(bench, rows(7, 240, 900)));

  expect(both.report).toMatchObject({ ok: 3, notChecked: [] });
  const [warning, ...others] = both.report.warnings;
  expect(others).toEqual([]);
  expect(warning).toMatchObject({ code: "in_other_campaign", count: 2, lines: [2, 3] });
  expect(warning?.reason).toContain(`(${running})`);
});

it("a campaign of the other mode, and one's own rejected rows and duplicates, are nobody's", async () => {
  const bench = await openTestStore();
  await bench.import(5, { mode: "live" });
  await bench.import(3, {
    outcomes: new Map([
      [2, { kind: "rejected", code: "value_empty", column: "first_name" }],
      [3, { kind: "duplicate", phone: testPhone(3), of: 1 }],
    ]),
  });

  const imported = await importList(await optionsFor(bench, rows(2, 3, 4)));

  expect(imported.report.warnings).toEqual([]);
});

it("the first three messages are shown as they will be sent, in words too", async () => {
  const bench = await openTestStore();
  const csv = `phone,first_name\nbad,X\n${testPhone(1)}, Ana\n${testPhone(2)},\n${testPhone(3)},Cem\n${testPhone(4)},Dan\n${testPhone(5)},Eve\n`;

  const imported = await importList(await optionsFor(bench, csv, { preview: "Hi {{1}}!" }));

  const template = (name: string) => ({
    name: "spring_sale",
    language: { code: "en_US" },
    components: [{ type: "body", parameters: [{ type: "text", text: name }] }],
  });
  expect(imported.report.samples).toEqual([
    { line: 3, body: { to: testPhone(1), template: template("Ana") }, preview: "Hi Ana!" },
    { line: 4, body: { to: testPhone(2), template: template("there") }, preview: "Hi there!" },
    { line: 5, body: { to: testPhone(3), template: template("Cem") }, preview: "Hi Cem!" },
  ]);
});

it("with a window in the recipient's time, phones that may be in several time zones are told", async () => {
  const bench = await openTestStore();
  const read = validateCampaign({
    name: "Bills",
    template: { name: "bill", language: { code: "en" } },
    category: "utility",
    schedule: { window: { from: "09:00", to: "17:00", timezone: "recipient" } },
  });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { schedule } = read.definition;
  const csv = `phone,first_name\n+62 812 3456 7890,Ana\n${testPhone(1)},Ben\n+62 812 3456 7891,Cem\n`;

  const [within, without] = [
    await importList(await optionsFor(bench, csv, { schedule })),
    await importList(await optionsFor(bench, csv, { name: "Other" })),
  ];

  const ofZones = ({ report }: typeof within) =>
    report.warnings.filter(({ code }) => code === "zones_of_country");
  expect(ofZones(within)).toMatchObject([{ count: 2, lines: [2, 4] }]);
  expect(ofZones(within)[0]?.reason).toContain("(ID)");
  expect(ofZones(without)).toEqual([]);
});

it.each([
  ["{first_name}", true],
  ["Hi [[First_Name]]!", true],
  ["%first_name%", true],
  ["{first_name}}", true],
  ["\uff5b\uff5bfirst_name\uff5d\uff5d", true],
  ["5 % off, %first_name%", true],
  ["{first_name|there}", true],
  ["*|FIRST_NAME|*", true],
  ["$first_name", true],
  ["<first_name> {{first_name}}", true],
  ["{{first_name|there}} [new] {sale} 5 %", false],
])("a column that is written as in another program is told: %s", async (text, told) => {
  const bench = await openTestStore();
  const components = [{ type: "body", parameters: [{ type: "text", text }] }];
  const template = { name: "t", language: { code: "en" }, components };
  const csv = `phone,first_name\n${testPhone(1)},Anna\n`;

  const { report } = await importList(await optionsFor(bench, csv, { template }));

  const found = report.warnings.filter(({ code }) => code === "placeholder_other");
  expect(found).toMatchObject(told ? [{ count: 1, lines: [] }] : []);
  for (const { reason } of found) expect(reason.toLowerCase()).toContain("{{first_name}}");
});

it("a preview is checked: its variables, and its length with every row filled in", async () => {
  const bench = await openTestStore();
  const preview = `{{1}} ${"x".repeat(1_019)}`;
  const csv = `phone,first_name\n${testPhone(1)},Anna\n${testPhone(2)},Annas\n`;

  const long = await importList(await optionsFor(bench, csv, { preview }));
  const other = await importList(await optionsFor(bench, rows(9), { preview: "Hi {{2}}" }));

  expect(long.report).toMatchObject({ ok: 2 });
  expect(long.report.warnings).toMatchObject([{ code: "body_too_long", count: 1, lines: [3] }]);
  expect(other.report.warnings).toMatchObject([{ code: "preview_variables", count: 1 }]);
  expect(other.report.warnings[0]?.reason).toContain("uses {{2}}");
});

it("marketing to the United States is counted, and to Canada is not", async () => {
  const bench = await openTestStore();
  const csv = "phone,first_name\n+1 212 456 7890,Ann\n+1 416 555 0123,Bob\n";

  const marketing = await importList(await optionsFor(bench, csv));
  const utility = await importList(
    await optionsFor(bench, csv, { name: "Bills", category: "utility" }),
  );

  expect(marketing.report.warnings).toMatchObject([
    { code: "us_marketing", count: 1, lines: [2] },
    // 10:00 UTC is early in the morning in both.
    { code: "marketing_at_night", count: 2, lines: [] },
  ]);
  expect(utility.report.ok).toBe(2);
  expect(utility.report.warnings).toMatchObject([{ code: "in_other_campaign", count: 2 }]);
});

it("the time it takes goes by the slower rate, and messages too late for endBy are counted", async () => {
  const bench = await openTestStore();
  const slow = await optionsFor(bench, rows(1, 2, 3, 4), {
    delivery: { guarantee: "at-most-once", ratePerSecond: 0.5, priority: "normal" },
    schedule: { startAtMs: NOW + 60_000, endByMs: NOW + 64_000 },
  });

  const imported = await importList(slow);

  expect(imported.report.estimate).toEqual({
    seconds: 8,
    startsAt: "2026-11-23T10:01:00.000Z",
    endsAt: "2026-11-23T10:01:08.000Z",
    ratePerSecond: 0.5,
    endBy: "2026-11-23T10:01:04.000Z",
    late: 2,
  });
});

it("a list for which there is no time at all is refused, with everything told about it", async () => {
  const bench = await openTestStore();
  const late = await optionsFor(bench, rows(1, 2), {
    schedule: { startAtMs: null, endByMs: NOW - 1 },
  });

  const imported = await importList(late);

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_no_time" } });
  expect(imported.report).toMatchObject({ ok: 2, estimate: { late: 2 } });
  expect((await bench.found(imported.report.campaign ?? "")).status).toBe("rejected");
});

it("countries are counted, with the operator's prices", async () => {
  const bench = await openTestStore();
  const prices = { currency: "EUR", countries: { PL: { marketing: 0.02 } }, other: null };

  const imported = await importList(
    await optionsFor(bench, `${rows(1, 2)}+4915123456789,Dirk\n`, {}, { prices }),
  );

  expect(imported.report.cost).toEqual({
    countries: [
      { country: "PL", messages: 2, price: 0.02, cost: 0.04 },
      { country: "DE", messages: 1, price: null, cost: null },
    ],
    currency: "EUR",
    amount: 0.04,
    unpriced: 1,
  });
});

it("problems are grouped by code, with three lines and the columns they are in", async () => {
  const bench = await openTestStore();
  const bad = ["x", "y", "z", "q"].map((phone) => `${phone},Ana`).join("\n");

  const imported = await importList(
    await optionsFor(bench, `phone,first_name\n${bad}\n${testPhone(1)},a     b\n`),
  );

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_no_sendable_row" } });
  expect(imported.report.problems).toMatchObject([
    { code: "phone_invalid", count: 4, lines: [2, 3, 4], columns: [{ column: "phone", count: 4 }] },
    { code: "value_spaces", count: 1, lines: [6], columns: [{ column: "first_name", count: 1 }] },
  ]);
});

it("without Redis the report says what was not looked at", async () => {
  const bench = await openTestStore();
  const options = await optionsFor(bench, rows(1), {}, { people: null });

  const imported = await importList({ ...options, sink: keepNothing(null) });

  expect(imported.ok).toBe(true);
  expect(imported.report).toMatchObject({
    campaign: null,
    ok: 1,
    notChecked: ["opt_outs", "other_campaigns"],
    estimate: { seconds: 1 },
  });
});

it("a check stores nothing, says what the import will say, and knows what was imported before", async () => {
  const bench = await openTestStore();
  const options = await optionsFor(bench, `${rows(1, 2, 3, 4, 5)}x,Bad\n`);
  const check = () => importList({ ...options, sink: keepNothing(bench.store.campaigns) });

  const before = await check();
  const stored = await bench.store.campaigns.list();
  const imported = await importList(options);
  const after = await check();

  expect(stored).toEqual([]);
  expect(before.ok).toBe(true);
  const { campaign, status, ...told } = imported.report;
  expect(before.report).toMatchObject({ ...told, campaign: null });
  expect(status).toBe("running");
  expect(after).toMatchObject({ ok: false, refusal: { code: "already_imported" } });
  expect(after.report).toMatchObject({ campaign, rows: 6, ok: 5 });
});
