import { createHash, randomBytes } from "node:crypto";
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { CampaignDefinition } from "../../../src/core/campaign.ts";
import { REASONS } from "../../../src/core/reasons.ts";
import { accept, refuse } from "../../../src/core/refusal.ts";
import { withoutPhones } from "../../../src/producer/report.ts";
import { keepNothing, storeIn } from "../../../src/producer/sink/sink.ts";
import { numberKeys } from "../../../src/store/keys.ts";
import type { CampaignRow } from "../../../src/store/ledger/row-reader.ts";
import { createNumberStore, type NumberStore } from "../../../src/store/number-store.ts";
import { nonZero, testDefinition, testPhone } from "../../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../../support/redis.ts";
import { testFolder } from "../list/read-list.ts";
import { type ImportOptions, importList } from "./by-path.ts";

interface Setup {
  store: NumberStore;
  folder: string;
  csvPath: string;
  options: ImportOptions;
}

async function setup(csv: string, changes: Partial<CampaignDefinition> = {}): Promise<Setup> {
  const number = testNumber();
  const store = await createNumberStore({ redis: connectTestRedis(), number });
  const folder = await testFolder();
  const csvPath = join(folder, "list.csv");
  await writeFile(csvPath, csv);
  const options: ImportOptions = {
    sink: storeIn(store.imports),
    definition: testDefinition(number, changes),
    csvPath,
    rejectsPath: join(folder, "list.rejects.csv"),
    mode: "sandbox",
    country: null,
    preflight: {
      people: store.people,
      optOuts: store.optOuts,
      ratePerSecond: 10,
      prices: null,
      nowMs: Date.now(),
    },
  };
  return { store, folder, csvPath, options };
}

/** A list of `count` rows that can all be sent. */
function goodRows(count: number): string {
  const rows = Array.from({ length: count }, (_, at) => `${testPhone(at + 1)},Name ${at + 1}`);
  return `phone,first_name\n${rows.join("\n")}\n`;
}

async function rowsOf(store: NumberStore, campaign: string, rows: number): Promise<CampaignRow[]> {
  const all: CampaignRow[] = [];
  for await (const row of store.rows.all(campaign, rows)) all.push(row);
  return all;
}

it("every row is stored in order, with what was decided about it", async () => {
  const { store, options, folder } = await setup(
    [
      "phone,first_name",
      "+48 600 000 001,Ana",
      "not a phone,Ben",
      "",
      "48600000001,Ana again",
      '+48600000002,"Zoë, ""Z"""',
      "+48600000003,Cem,too many",
      "4.86E+10,Dan",
      "+48600000004,Eve",
      "+48600000005,Fay",
      "+48600000006,Gus",
      "+48600000007,Hal",
    ].join("\r\n"),
    {
      recipients: {
        file: null,
        to: null,
        country: null,
        numbers: null,
        encoding: null,
        maxRejected: 0.5,
        strictValues: false,
        skipUndeliverableMs: null,
        warnRepeatMs: null,
        skipRepeatMs: null,
      },
    },
  );

  const imported = await importList(options);

  expect(imported).toMatchObject({
    ok: true,
    value: { status: "running", restarted: false },
    report: {
      ...{ rows: 10, counts: { pending: 6, rejected: 3, duplicate: 1 } },
      ...{ phoneColumn: "phone", phoneColumnGuessed: "name" },
    },
  });
  if (!imported.ok) return;
  const campaign = await store.campaigns.find(imported.value.id);
  expect(nonZero(campaign?.counts ?? ({} as never))).toEqual({
    pending: 6,
    rejected: 3,
    duplicate: 1,
  });
  const rows = await rowsOf(store, imported.value.id, 10);
  expect(rows.map(({ state, phone, note }) => [state, phone, note])).toEqual([
    ["pending", "48600000001", undefined],
    ["rejected", "", "phone"],
    ["duplicate", "48600000001", 1],
    ["pending", "48600000002", undefined],
    ["rejected", "", ""],
    ["rejected", "", "phone"],
    ...["4", "5", "6", "7"].map((digit) => ["pending", `4860000000${digit}`, undefined]),
  ]);
  expect(rows[3]?.cells).toEqual(["+48600000002", 'Zoë, "Z"']);
  expect(imported.report.problems.map(({ code, count, lines }) => [code, count, lines])).toEqual([
    ["phone_invalid", 1, [3]],
    ["row_columns", 1, [7]],
    ["phone_spreadsheet", 1, [8]],
  ]);
  expect(imported.report.rejectsFile).toBe("list.rejects.csv");
  const rejects = await readFile(join(folder, "list.rejects.csv"), "utf8");
  const lines = rejects.split("\r\n");
  expect(lines[0]).toBe(
    "\ufeffphone,first_name,line,code,reason,suggestion,dropcast_campaign,dropcast_row",
  );
  expect(lines[1]).toMatch(/^not a phone,Ben,3,phone_invalid,/);
  expect(lines[2]).toMatch(
    new RegExp(`^'\\+48600000003,Cem,7,row_columns,.*,${imported.value.id},5,too many$`),
  );
  expect(await readdir(folder)).toEqual(["list.csv", "list.rejects.csv"]);
});

it("a list of several chunks is stored without gaps", async () => {
  const { store, options } = await setup(goodRows(3_456));

  const imported = await importList(options);

  if (!imported.ok) throw new Error(imported.refusal.message);
  expect(imported.report.rows).toBe(3_456);
  expect((await store.campaigns.find(imported.value.id))?.rows).toBe(3_456);
  const rows = await rowsOf(store, imported.value.id, 3_456);
  expect(rows.map(({ phone }) => phone)).toEqual(rows.map(({ row }) => testPhone(row)));
  expect(rows).toHaveLength(3_456);
});

it("the same bytes are refused with the first id, unless they are asked for again", async () => {
  const { options } = await setup(goodRows(3));
  const first = await importList(options);
  if (!first.ok) throw new Error(first.refusal.message);

  const second = await importList(options);
  const again = await importList({ ...options, repeats: "import" });
  const otherName = await importList({
    ...options,
    definition: { ...options.definition, name: "Other" },
  });

  expect(second).toMatchObject({ ok: false, refusal: { code: "already_imported" } });
  expect(second.report.campaign).toBe(first.value.id);
  expect(again.ok && again.value.id).not.toBe(first.value.id);
  expect(again.ok).toBe(true);
  expect(otherName.ok).toBe(true);
});

it("a list whose campaign was cancelled is sent again, or says how much of it was tried", async () => {
  const { options, store } = await setup(goodRows(3));
  const first = await importList(options);
  if (!first.ok) throw new Error(first.refusal.message);
  await store.campaigns.cancel(first.value.id);

  const second = await importList(options);
  if (!second.ok) throw new Error(second.refusal.message);
  const [opened] = (await store.campaigns.dispatch("sandbox", 1)).opened;
  if (opened === undefined) throw new Error("No batch was opened.");
  await store.ledger.claim({
    ...{ ...opened, nonce: randomBytes(8), mode: "sandbox", ratePerSecond: 10, reachMs: 1_000 },
    ...{ answerMs: 0, rows: [{ row: 1, person: store.ledger.person(testPhone(1)) }] },
  });
  await store.campaigns.cancel(second.value.id);
  const third = await importList(options);

  expect(second.value.id).not.toBe(first.value.id);
  if (third.ok) throw new Error("It was sent again.");
  expect(third.refusal.code).toBe("already_imported");
  expect(third.refusal.message).toContain(
    `as ${second.value.id}, which was cancelled when 1 of its messages was tried`,
  );
  expect(third.refusal.fix).toContain(`dropcast export ${second.value.id} --state cancelled`);
});

it.each([
  ["nothing but a header", "phone,first_name\n", "list_no_sendable_row"],
  ["no row that can be sent", "phone,first_name\nx,Ana\n", "list_no_sendable_row"],
  [
    "too many broken rows",
    "phone,first_name\n48600000001,A\n48600000002,B\nx,C\n",
    "list_too_many_rejected",
  ],
])("a list with %s is rejected and may come again", async (_, csv, code) => {
  const { store, options } = await setup(csv);

  const first = await importList(options);
  const second = await importList(options);

  expect(first).toMatchObject({ ok: false, refusal: { code } });
  expect(second).toMatchObject({ ok: false, refusal: { code } });
  const campaign = await store.campaigns.find(first.report.campaign ?? "");
  expect(campaign?.status).toBe("rejected");
  expect(second.report.campaign).not.toBe(first.report.campaign);
});

it("a refusal for broken rows names the reasons and lines, and the rows are written down", async () => {
  const { options, folder } = await setup(
    "phone,first_name\n48600000001,A\nx,C\ny,D\n,E\nz,F\nz,G\n",
  );

  const imported = await importList(options);

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_too_many_rejected" } });
  if (imported.ok) return;
  expect(imported.refusal.message).toContain("5 of 6 rows cannot be sent, more than 20 %: 4 x");
  expect(imported.refusal.message).toContain("(lines 3, 4, 6, ...)");
  expect(imported.refusal.message).toContain("(line 5)");
  expect((await readFile(join(folder, "list.rejects.csv"), "utf8")).split("\r\n")).toHaveLength(7);
});

it.each([
  [
    "a column the template needs is missing",
    "phone,name\n48600000001,A\n",
    "template_column_missing",
  ],
  ["the phone column is missing", "fone,first_name\n48600000001,A\n", "phone_column_unknown"],
  ["two columns have one name", "phone,first_name,Phone\n1,A,2\n", "header_name_twice"],
])("nothing is stored when %s", async (_, csv, code) => {
  const { store, options } = await setup(csv);

  const imported = await importList(options);

  expect(imported).toMatchObject({ ok: false, refusal: { code } });
  expect(imported.report.campaign).toBeNull();
  expect(await store.campaigns.list()).toEqual([]);
});

it("a list that is broken in its middle is rejected by line, and nothing of it can be sent", async () => {
  const { store, options, folder } = await setup(
    `${goodRows(2_500)}x,bad\n48600999999,"never closed`,
  );

  const imported = await importList(options);

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_quote_open" } });
  const campaign = await store.campaigns.find(imported.report.campaign ?? "");
  expect(campaign?.status).toBe("rejected");
  expect(await readdir(folder)).toEqual(["list.csv"]);
});

it("a list that changes while it is read is rejected", async () => {
  const { store, options, csvPath } = await setup(goodRows(500));

  const imported = await importList({
    ...options,
    onBegun: async () => accept(await appendFile(csvPath, "48700000001,Late\n")),
  });

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_changed" } });
  const campaign = await store.campaigns.find(imported.report.campaign ?? "");
  expect(campaign?.status).toBe("rejected");
});

it("an interrupted import leaves `importing`, and goes on under the same id without doubles", async () => {
  const { store, options, folder } = await setup(`${goodRows(5_000)}x,bad\n`);
  const stop = new AbortController();

  const interrupted = await importList({
    ...options,
    signal: stop.signal,
    onProgress: ({ rows }) => rows > 1_500 && stop.abort(),
  });

  expect(interrupted).toMatchObject({ ok: false, refusal: { code: "import_interrupted" } });
  const id = interrupted.report.campaign ?? "";
  expect((await store.campaigns.find(id))?.status).toBe("importing");
  expect(await readdir(folder)).toEqual(["list.csv"]);

  const imported = await importList(options);

  expect(imported).toMatchObject({
    ok: true,
    value: { id, restarted: true },
    report: { rows: 5_001 },
  });
  const rows = await rowsOf(store, id, 5_001);
  expect(new Set(rows.map(({ phone }) => phone)).size).toBe(5_001);
  expect(nonZero((await store.campaigns.find(id))?.counts ?? ({} as never))).toEqual({
    pending: 5_000,
    rejected: 1,
  });
});

it("of two importers of the same bytes at once, one imports and the other is told", async () => {
  const { store, options } = await setup(goodRows(2_000));

  const both = await Promise.all([
    importList({ ...options, rejectsPath: null }),
    importList({ ...options, rejectsPath: null }),
  ]);

  const [winner, ...others] = both.filter(({ ok }) => ok);
  expect(others).toEqual([]);
  const loser = both.find(({ ok }) => !ok);
  expect(loser).toMatchObject({ ok: false, refusal: { code: "already_imported" } });
  expect(loser?.report.campaign).toBe(winner?.report.campaign);
  expect(await store.campaigns.list()).toHaveLength(1);
});

it("an importer whose campaign is cancelled meanwhile stores nothing more and says so", async () => {
  const { store, options } = await setup(goodRows(5_000));

  const imported = await importList({
    ...options,
    onBegun: async (campaign) => {
      await store.campaigns.cancel(campaign);
      return accept(undefined);
    },
  });

  expect(imported).toMatchObject({ ok: false, refusal: { code: "import_lost" } });
  expect((await store.campaigns.find(imported.report.campaign ?? ""))?.status).toBe("cancelled");
});

it("a list of which a hundred rows are too large to be kept is refused, and names a line", async () => {
  const wide = randomBytes(45_000).toString("base64");
  const columns = Array.from({ length: 12 }, (_, at) => `c${at}`);
  const rows = Array.from({ length: 40 }, (_, row) =>
    [testPhone(row + 1), ...columns.map((_, at) => wide.slice(at + row))].join(),
  );
  const { store, options } = await setup(
    `phone,first_name,${columns.join()}\n${rows.map((row) => row.replace(",", ",Ann,")).join("\n")}\n`,
  );

  const imported = await importList(options);

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_rows_too_large" } });
  expect(imported.report.refusal?.message).toMatch(/around line \d+,/);
  const campaign = await store.campaigns.find(imported.report.campaign ?? "");
  expect(campaign).toMatchObject({ status: "rejected", counts: { pending: 0 } });
});

it("an import that is refused once its bytes are known stores nothing", async () => {
  const { store, options } = await setup(goodRows(3));
  const seen: string[] = [];

  const imported = await importList({
    ...options,
    onRead: async (digest) => {
      seen.push(digest);
      return refuse("list_changed", "These are other bytes.", "Look at them.");
    },
  });

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_changed" } });
  expect(seen).toEqual([createHash("sha256").update(goodRows(3)).digest("hex")]);
  expect(await store.campaigns.list()).toEqual([]);
});

it("an import that is refused once it has an id is rejected, and may come again", async () => {
  const { store, options } = await setup(goodRows(3));

  const imported = await importList({
    ...options,
    onBegun: async () => refuse("list_changed", "It is another campaign.", "Look at it."),
  });

  expect(imported).toMatchObject({ ok: false, refusal: { code: "list_changed" } });
  const campaign = await store.campaigns.find(imported.report.campaign ?? "");
  expect(campaign).toMatchObject({ status: "rejected", rows: 0 });
  expect(await importList(options)).toMatchObject({ ok: true });
});

it("a campaign with a start in the future waits for it", async () => {
  const { options } = await setup(goodRows(1), {
    schedule: { startAtMs: Date.now() + 3_600_000, endByMs: null },
  });

  expect(await importList(options)).toMatchObject({ ok: true, value: { status: "scheduled" } });
});

it("a start that has passed is refused, and the list may come again with another", async () => {
  const schedule = { startAtMs: Date.now() - 60_000, endByMs: null };
  const { store, options } = await setup(goodRows(3), { schedule });

  const refused = await importList(options);
  const checked = await importList({
    ...{ ...options, sink: keepNothing(store.campaigns) },
  });

  expect(refused).toMatchObject({ ok: false, refusal: { code: "start_at_past" } });
  expect(refused.report).toMatchObject({ campaign: null, refusal: { code: "start_at_past" } });
  // A check tells everything about the list all the same.
  expect(checked).toMatchObject({ ok: false, refusal: { code: "start_at_past" } });
  expect(checked.report).toMatchObject({ rows: 3, ok: 3 });
  expect(await store.campaigns.list()).toEqual([]);
  expect(await importList({ ...options, definition: testDefinition(store.number) })).toMatchObject({
    ok: true,
  });
});

it("a start that passed only while a person was asked is not refused", async () => {
  const startAtMs = Date.now() - 1_000;
  const { options } = await setup(goodRows(1), { schedule: { startAtMs, endByMs: null } });

  const imported = await importList({ ...options, startCheckedAtMs: startAtMs - 1_000 });

  expect(imported).toMatchObject({ ok: true, value: { status: "running" } });
});

it("an interrupted import goes on although its start has passed meanwhile", async () => {
  const { store, options } = await setup(goodRows(5_000), {
    schedule: { startAtMs: Date.now() - 60_000, endByMs: null },
  });
  const stop = new AbortController();
  const interrupted = await importList({
    ...{ ...options, startCheckedAtMs: 0, signal: stop.signal },
    onBegun: async () => accept(stop.abort()),
  });

  const checked = await importList({
    ...{ ...options, sink: keepNothing(store.campaigns) },
  });
  const goneOn = await importList(options);
  const again = await importList(options);

  expect(interrupted).toMatchObject({ ok: false, refusal: { code: "import_interrupted" } });
  expect(checked.ok).toBe(true);
  expect(goneOn).toMatchObject({ ok: true, value: { restarted: true, status: "running" } });
  expect(goneOn.report.campaign).toBe(interrupted.report.campaign);
  // Of two reasons the one that says what became of the list.
  expect(again).toMatchObject({ ok: false, refusal: { code: "already_imported" } });
});

it("an interrupted check stored nothing, so it advises to cancel nothing", async () => {
  const { store, options } = await setup(goodRows(5_000));
  const stop = new AbortController();

  const checked = await importList({
    ...{ ...options, sink: keepNothing(store.campaigns) },
    ...{ signal: stop.signal, onRead: async () => accept(stop.abort()) },
  });

  expect(checked).toMatchObject({
    refusal: {
      ...{ code: "import_interrupted", fix: "Run the same command again." },
      message: "It was interrupted before anything was stored.",
    },
  });
});

it("national numbers are those of the campaign's country, else of the number's", async () => {
  const csv = "phone,first_name\n600 000 001,Ana\n";
  const own = await setup(csv, {
    recipients: {
      file: null,
      to: "phone",
      country: "PL",
      numbers: null,
      encoding: null,
      maxRejected: 0.2,
      strictValues: false,
      skipUndeliverableMs: null,
      warnRepeatMs: null,
      skipRepeatMs: null,
    },
  });
  const fallback = await setup(csv);

  const first = await importList({ ...own.options, country: "DE" });
  const second = await importList({ ...fallback.options, country: "PL" });
  const third = await importList({ ...fallback.options, country: "XX" });

  expect(first.ok && (await rowsOf(own.store, first.value.id, 1))[0]?.phone).toBe("48600000001");
  expect(second.ok).toBe(true);
  expect(third).toMatchObject({ ok: false, refusal: { code: "country_unknown" } });
});

it("two spellings of one Argentinian are one person, and a broken first row does not hide the second", async () => {
  const { store, options } = await setup(
    "phone,first_name\n+54 9 11 2345-6789,A\n+54 11 2345-6789,B\n48600000001,Tab\there\n48600000001,C\n48600000002,D\n",
    {
      recipients: {
        file: null,
        to: "phone",
        country: null,
        numbers: null,
        encoding: null,
        maxRejected: 0.3,
        strictValues: false,
        skipUndeliverableMs: null,
        warnRepeatMs: null,
        skipRepeatMs: null,
      },
    },
  );

  const imported = await importList(options);

  if (!imported.ok) throw new Error(imported.refusal.message);
  const rows = await rowsOf(store, imported.value.id, 5);
  expect(rows.map(({ state }) => state)).toEqual([
    "pending",
    "duplicate",
    "rejected",
    "pending",
    "pending",
  ]);
});

it("a folder that cannot be written to does not stop the import, and the report says so", async () => {
  const { options } = await setup(`${goodRows(10)}x,bad\n`);

  const imported = await importList({ ...options, rejectsPath: "/proc/no/rejects.csv" });

  expect(imported.ok).toBe(true);
  expect(imported.report.rejectsFile).toBeNull();
  expect(imported.report.rejectsProblem).toContain("could not be written");
});

it("no phone number is in the report that is kept", async () => {
  const { options } = await setup(`${goodRows(10)}+4860000000,bad\n48600000001,again\n`);

  const imported = await importList(options);

  expect(imported.report).toMatchObject({ ok: 10, rejected: 1, duplicate: 1, suppressed: 0 });
  const told = withoutPhones(imported.report);
  expect(JSON.stringify(told)).not.toContain("4860000000");
  expect(told.samples[0]?.body.to).toBe("48******01");
});

it("who opted out or was not reached lately is suppressed, after rejected and duplicate", async () => {
  const { store, options } = await setup(
    [
      "phone,first_name",
      "+48 600 000 001,Ana",
      "+48600000001,Ana again",
      "+48600000002,Ben",
      "+48600000003,Cem",
      "nobody,Dan",
      "+48600000004,Eve",
    ].join("\n"),
  );
  const redis = connectTestRedis();
  const { suppressed, undeliverable } = numberKeys(store.number);
  const { person } = store.ledger;
  await redis.hset(suppressed, person("48600000001"), "marketing", person("48600000002"), "all");
  await redis.zadd(undeliverable, Date.now() - 60_000, person("48600000003"));
  const { recipients } = options.definition;
  const skipping = { ...recipients, maxRejected: 1, skipUndeliverableMs: 3_600_000 };

  const imported = await importList({
    ...options,
    definition: { ...options.definition, recipients: skipping },
  });

  expect(imported.report.counts).toEqual({ pending: 1, rejected: 1, duplicate: 1, suppressed: 3 });
  const rows = await rowsOf(store, imported.report.campaign ?? "", 6);
  expect(rows.map(({ state, phone, value }) => [state, phone, value.reason])).toEqual([
    ["suppressed", "48600000001", REASONS.opted_out],
    ["duplicate", "48600000001", 0],
    ["suppressed", "48600000002", REASONS.opted_out],
    ["suppressed", "48600000003", REASONS.undeliverable],
    ["rejected", "", expect.any(Number)],
    ["pending", "48600000004", 0],
  ]);
});

it("a list of people who have all opted out is a campaign that is over at once", async () => {
  const { store, options } = await setup("phone,first_name\n+48600000001,Ana\n");
  await connectTestRedis().hset(
    numberKeys(store.number).suppressed,
    store.ledger.person("48600000001"),
    "all",
  );
  const imported = await importList(options);
  expect(imported).toMatchObject({ ok: true, value: { status: "finished" }, report: { rows: 1 } });
});
