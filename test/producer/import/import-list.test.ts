import { randomBytes } from "node:crypto";
import { appendFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { REASONS } from "../../../src/core/reasons.ts";
import { accept } from "../../../src/core/refusal.ts";
import { withoutPhones } from "../../../src/producer/report.ts";
import { numberKeys } from "../../../src/store/keys.ts";
import { nonZero, testPhone } from "../../support/campaigns.ts";
import { connectTestRedis } from "../../support/redis.ts";
import { importList } from "./by-path.ts";
import { goodRows, rowsOf, setup } from "./lists.ts";

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
