import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { expect, it } from "vitest";
import { storeIn } from "../../../src/producer/sink/sink.ts";
import { createNumberStore } from "../../../src/store/number-store.ts";
import {
  openTestStore,
  type TestStore,
  testDefinition,
  testPhone,
} from "../../support/campaigns.ts";
import { connectTestRedis } from "../../support/redis.ts";
import { type CorrectOptions, correctList, importList } from "../import/by-path.ts";
import { testFolder } from "../list/read-list.ts";

interface Setup {
  bench: TestStore;
  id: string;
  /** The rejects file of the import. */
  path: string;
  options: CorrectOptions;
  /** The file's rows, the header first. */
  read(path?: string): Promise<string[][]>;
  /** Writes the file anew: `change` gets each row with its number in the campaign. */
  correct(change: (cells: string[], row: number) => string[] | null): Promise<void>;
}

/** A list of good rows, and at its end the rows given, of which some are rejected. */
function rejected(good: number, ...bad: string[]): Promise<Setup> {
  const rows = Array.from({ length: good }, (_, at) => `${testPhone(at + 1)};Name ${at + 1};City`);
  return importWithRejects("Phone;first_name;city", [...rows, ...bad]);
}

async function importWithRejects(header: string, rows: readonly string[]): Promise<Setup> {
  const bench = await openTestStore();
  const folder = await testFolder();
  const csvPath = join(folder, "list.csv");
  const path = join(folder, "list.rejects.csv");
  await writeFile(csvPath, `${header}\n${rows.join("\n")}\n`);
  const definition = testDefinition(bench.number);
  const imported = await importList({
    sink: storeIn(bench.store.imports),
    definition: { ...definition, recipients: { ...definition.recipients, maxRejected: 0.9 } },
    csvPath,
    rejectsPath: path,
    mode: "sandbox",
    country: null,
  });
  if (!imported.ok) throw new Error(imported.refusal.message);
  const { id } = imported.value;
  const read = async (from = path) =>
    parse(await readFile(from), { bom: true, delimiter: ";", relax_column_count: true });
  return {
    bench,
    id,
    path,
    read,
    options: {
      corrections: bench.store.corrections,
      people: bench.store.people,
      id,
      csvPath: path,
      rejectsPath: join(folder, "again.rejects.csv"),
      mode: "sandbox",
      country: null,
      given: null,
      purpose: "import",
    },
    async correct(change) {
      const [header = [], ...found] = await read();
      const at = header.indexOf("dropcast_row");
      const rows = found
        .map((cells) => change([...cells], Number(cells[at])))
        .filter((cells) => cells !== null);
      await writeFile(path, stringify([header, ...rows], { delimiter: ";", bom: true }));
    },
  };
}

it("rows that were corrected go from rejected to pending, and those still wrong into a new file", async () => {
  const { bench, id, options, correct, read } = await rejected(
    150,
    "bad;Ana;Łódź",
    "worse;Ben;Rome",
  );
  expect(await bench.counts(id)).toEqual({ pending: 150, rejected: 2 });
  await correct((cells, row) => (row === 151 ? ["+48 700 000 001", ...cells.slice(1)] : cells));

  const result = await correctList(options);

  expect(result).toMatchObject({
    ok: true,
    value: { id, status: "running" },
  });
  expect(result.report).toMatchObject({
    campaign: id,
    rows: 2,
    ok: 1,
    mended: 1,
    stillRejected: 1,
    alreadyMended: 0,
    problems: [{ code: "phone_invalid", count: 1, lines: [3] }],
    rejectsFile: "again.rejects.csv",
    samples: [{ line: 2, body: { to: "48700000001" } }],
  });
  expect(await bench.found(id)).toMatchObject({ rows: 152, status: "running" });
  expect(await bench.counts(id)).toEqual({ pending: 151, rejected: 1 });
  expect(await bench.row(id, 151)).toMatchObject({
    state: "pending",
    phone: "48700000001",
    cells: ["+48 700 000 001", "Ana", "Łódź"],
  });
  const [header, ...left] = await read(options.rejectsPath ?? "");
  expect(header?.slice(0, 5)).toEqual(["Phone", "first_name", "city", "line", "code"]);
  expect(left.map((cells) => [cells[0], ...cells.slice(-2)])).toEqual([["worse", id, "152"]]);
});

it("the same corrected file again changes nothing, and neither does an uncorrected one", async () => {
  const { bench, id, options, correct } = await rejected(2, "bad;Ana;x", "bad;Ben;y");
  await correctList(options);
  expect(await bench.counts(id)).toEqual({ pending: 2, rejected: 2 });
  await correct((cells, row) => [testPhone(row), ...cells.slice(1)]);

  const first = await correctList(options);
  const before = await bench.redis.dump(bench.own(id).batch(0));
  const second = await correctList(options);

  expect(first.report).toMatchObject({ mended: 2, alreadyMended: 0 });
  expect(second.report).toMatchObject({ rows: 2, mended: 0, stillRejected: 0, alreadyMended: 2 });
  expect(await bench.redis.dump(bench.own(id).batch(0))).toEqual(before);
  expect(await bench.counts(id)).toEqual({ pending: 4 });
  expect(second.report.rejectsFile).toBeNull();
});

it("whom another campaign reached stays rejected where the campaign leaves repeats out", async () => {
  const { bench, id, options, correct, read } = await rejected(1, "bad;Ana;x", "bad;Ben;y");
  const definition = testDefinition(bench.number);
  const recipients = { ...definition.recipients, skipRepeatMs: 24 * 3_600_000 };
  const stored = JSON.stringify({ ...definition, recipients });
  await bench.redis.hset(bench.own(id).campaign, "definition", stored);
  // The whole list was corrected and sent again meanwhile.
  const corrected = await bench.import(2);
  await bench.send(corrected, 2, "accepted");
  await correct((cells, row) => [testPhone(row), ...cells.slice(1)]);

  const { report } = await correctList(options);

  expect(report).toMatchObject({ mended: 1, stillRejected: 1 });
  expect(report.problems).toMatchObject([{ code: "phone_repeated", count: 1, lines: [2] }]);
  expect(await bench.states(id)).toEqual(["pending", "rejected", "pending"]);
  expect((await read(options.rejectsPath ?? ""))[1]?.[0]).toBe(testPhone(2));
});

it("a mended row is sent, and the campaign that was finished is finished again", async () => {
  const { bench, id, options, correct } = await rejected(1, "bad;Ana;x");
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  await bench.store.ledger.close(id, 0, await bench.runOf(id, 0));
  expect((await bench.found(id)).status).toBe("finished");
  await correct((cells, row) => [testPhone(row), ...cells.slice(1)]);

  await correctList(options);
  await bench.send(id, 2, "accepted", { wamid: "wamid.2" });

  expect(await bench.counts(id)).toEqual({ accepted: 2 });
  expect((await bench.found(id)).status).toBe("finished");
});

it("a row with the number of somebody who is on the campaign stays rejected, in any spelling", async () => {
  const { bench, id, options, correct, read } = await rejected(
    120,
    "+54 9 11 2345-6789;Sol;x",
    "bad;Ana;x",
    "bad;Ben;y",
    "bad;Cem;z",
    "bad;Dan;z",
  );
  const phones: Record<number, string> = {
    122: testPhone(3),
    123: "+54 11 2345-6789",
    124: "+48 700 000 001",
    125: "48700000001",
  };
  await correct((cells, row) => [phones[row] ?? "", ...cells.slice(1)]);

  const { report } = await correctList(options);

  expect(report).toMatchObject({ mended: 1, stillRejected: 3 });
  expect(report.problems).toMatchObject([{ code: "phone_taken", count: 3 }]);
  expect(await bench.counts(id)).toEqual({ pending: 122, rejected: 3 });
  const [, ...left] = await read(options.rejectsPath ?? "");
  expect(left.map((cells) => cells.at(-1))).toEqual(["122", "123", "125"]);
  // What was a slip of the hand can be corrected.
  await writeFile(
    options.csvPath,
    (await readFile(options.rejectsPath ?? "", "utf8")).replace(testPhone(3), "48700000009"),
  );
  expect((await correctList(options)).report).toMatchObject({ mended: 1, stillRejected: 2 });
});

it("of two who mend at once, one person is in one row only", async () => {
  const { bench, id, options, correct } = await rejected(150, "bad;Ana;x", "bad;Ben;y");
  await correct((cells, row) => (row === 151 ? ["48700000001", ...cells.slice(1)] : null));
  const other = join(dirname(options.csvPath), "other.csv");
  await writeFile(other, (await readFile(options.csvPath, "utf8")).replace(/;151\b/, ";152"));
  const store = await createNumberStore({ redis: connectTestRedis(), number: bench.number });

  const results = await Promise.all([
    correctList({ ...options, rejectsPath: null }),
    correctList({ ...options, ...store, csvPath: other, rejectsPath: null }),
  ]);

  expect(results.reduce((sum, { report }) => sum + (report.mended ?? 0), 0)).toBe(1);
  expect(await bench.counts(id)).toEqual({ pending: 151, rejected: 1 });
});

it("rows that somebody added, or that belong elsewhere, are told and touch nothing", async () => {
  const { bench, id, options, correct, read } = await rejected(2, "bad;Ana;x");
  await correct((cells) => [testPhone(3), ...cells.slice(1)]);
  const [, own = []] = await read();
  const strange = [
    [...own.slice(0, -2), "", ""],
    [...own.slice(0, -2), id, "99"],
    [...own.slice(0, -2), id, "1.5"],
    [...own.slice(0, -2), `${bench.number}-77`, "3"],
  ];
  const text = await readFile(options.csvPath, "utf8");
  await writeFile(options.csvPath, text + stringify(strange, { delimiter: ";" }));

  const { report } = await correctList(options);

  expect(report).toMatchObject({ mended: 1, stillRejected: 4 });
  expect(report.problems).toMatchObject([{ code: "row_unknown", count: 4 }]);
  expect(await bench.counts(id)).toEqual({ pending: 3 });
});

it("a row with too few or too many cells is mended when they are right, and not before", async () => {
  const { bench, id, options, correct } = await rejected(
    3,
    testPhone(4),
    `${testPhone(5)};Ben;Rome;x`,
  );
  const untouched = await correctList(options);
  expect(untouched.report).toMatchObject({ mended: 0, stillRejected: 2 });
  expect(untouched.report.problems).toMatchObject([{ code: "row_columns", count: 2 }]);

  await correct((cells, row) =>
    row === 4 ? [...cells.slice(0, 1), "Ana", ...cells.slice(2)] : cells.slice(0, 9),
  );
  const corrected = await correctList(options);

  expect(corrected.report).toMatchObject({ mended: 2, stillRejected: 0 });
  expect((await bench.row(id, 4)).cells).toEqual([`${testPhone(4)}`, "Ana", ""]);
  expect((await bench.row(id, 5)).cells).toEqual([`${testPhone(5)}`, "Ben", "Rome"]);
});

it("columns may come in another order, and are stored in the campaign's", async () => {
  const { bench, id, options } = await rejected(2, "bad;Ana;Rome");
  await writeFile(
    options.csvPath,
    `dropcast_row,CITY,phone,dropcast_campaign,first_name\n3,Rome,${testPhone(3)},${id},Ana\n`,
  );

  expect((await correctList(options)).report).toMatchObject({ mended: 1 });
  expect(await bench.row(id, 3)).toMatchObject({
    phone: testPhone(3),
    cells: [testPhone(3), "Ana", "Rome"],
  });
});

it("columns of one name that nothing uses keep their order, and what stood in each", async () => {
  const { bench, id, options, read, correct } = await importWithRejects(
    "Email;Phone;first_name;email",
    [`a@x;${testPhone(1)};Ann;b@x`, "c@x;bad;Ana;=d@x", "e@x;bad;Ben"],
  );
  await correct((cells, row) => [...cells.slice(0, 1), testPhone(row), ...cells.slice(2)]);
  const [header] = await read();

  const { report } = await correctList(options);

  expect(header?.slice(0, 4)).toEqual(["Email", "Phone", "first_name", "email"]);
  expect(report).toMatchObject({ mended: 2, stillRejected: 0 });
  expect((await bench.row(id, 2)).cells).toEqual(["c@x", testPhone(2), "Ana", "=d@x"]);
  expect((await bench.row(id, 3)).cells).toEqual(["e@x", testPhone(3), "Ben", ""]);
});

it("a check says what would be mended, and changes nothing", async () => {
  const { bench, id, options, correct } = await rejected(2, "bad;Ana;x", "bad;Ben;y");
  await correct((cells, row) => (row === 3 ? [testPhone(row), ...cells.slice(1)] : cells));

  const { report } = await correctList({ ...options, purpose: "check", rejectsPath: null });

  expect(report).toMatchObject({ mended: 1, stillRejected: 1 });
  expect(await bench.counts(id)).toEqual({ pending: 2, rejected: 2 });
});

it.each([
  ["a campaign that was cancelled", "campaign_closed"],
  ["a list that was refused as a whole", "mend_list_refused"],
  ["a campaign file of another campaign", "mend_other_campaign"],
  ["a session on the other API", "mend_other_mode"],
  ["other columns", "mend_columns_differ"],
  ["a campaign that is not there", "no_such_campaign"],
] as const)("%s is refused (%s), and nothing is changed", async (what, code) => {
  const { bench, id, options, correct } = await rejected(2, "bad;Ana;x");
  await correct((cells, row) => [testPhone(row), ...cells.slice(1)]);
  let changed = options;
  if (code === "campaign_closed") await bench.store.campaigns.cancel(id);
  if (code === "mend_list_refused")
    await bench.redis.hset(bench.own(id).campaign, "status", "rejected");
  if (code === "mend_other_campaign")
    changed = { ...options, given: { name: "Other", number: bench.number } };
  if (code === "mend_other_mode") changed = { ...options, mode: "live" };
  if (code === "no_such_campaign") changed = { ...options, id: `${bench.number}-99` };
  if (code === "mend_columns_differ") {
    const text = await readFile(options.csvPath, "utf8");
    await writeFile(options.csvPath, text.replace("city", "town"));
  }

  const result = await correctList(changed);

  expect(result, what).toMatchObject({ ok: false, refusal: { code } });
  expect((await bench.row(id, 3)).state).toBe("rejected");
});

/** Numbers that WhatsApp takes for one person, each in two spellings. */
const ONE_PERSON = [
  ["Argentina", "+54 9 11 2345-6789", "+54 11 2345-6789"],
  ["Brazil", "+55 11 98765-4321", "+55 11 8765-4321"],
  ["Mexico", "+52 1 55 1234 5678", "+52 55 1234 5678"],
] as const;

it.each(
  ONE_PERSON.flatMap(([country, one, other]) => [
    { country, campaign: one, corrected: other },
    { country, campaign: other, corrected: one },
  ]),
)(
  "nobody is written to twice: $corrected is on the campaign as $campaign",
  async ({ campaign, corrected }) => {
    const { bench, id, options, correct } = await rejected(2, `${campaign};Sol;x`, "bad;Ana;x");
    expect(await bench.counts(id)).toEqual({ pending: 3, rejected: 1 });
    await correct((cells) => [corrected, ...cells.slice(1)]);

    const { report } = await correctList(options);

    expect(report).toMatchObject({ mended: 0, problems: [{ code: "phone_taken", count: 1 }] });
    expect(await bench.counts(id)).toEqual({ pending: 3, rejected: 1 });
  },
);
