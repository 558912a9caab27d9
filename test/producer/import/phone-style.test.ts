import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { expect, it } from "vitest";
import type { CampaignDefinition } from "../../../src/core/campaign.ts";
import { storeIn } from "../../../src/producer/sink/sink.ts";
import { createNumberStore, type NumberStore } from "../../../src/store/number-store.ts";
import { testDefinition } from "../../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../../support/redis.ts";
import { testFolder } from "../list/read-list.ts";
import { correctList, type ImportOptions, importList } from "./by-path.ts";
import { checkText } from "./check-text.ts";

async function setup(phones: readonly string[], recipients: Recipients) {
  const number = testNumber();
  const store = await createNumberStore({ redis: connectTestRedis(), number });
  const folder = await testFolder();
  const csvPath = join(folder, "list.csv");
  await writeFile(
    csvPath,
    `phone,first_name\n${phones.map((phone) => `${phone},Ann`).join("\n")}\n`,
  );
  const definition = testDefinition(number);
  const options: ImportOptions = {
    sink: storeIn(store.imports),
    definition: { ...definition, recipients: { ...definition.recipients, ...recipients } },
    ...{ csvPath, rejectsPath: join(folder, "rejects.csv"), mode: "sandbox", country: null },
  };
  return { store, options, folder };
}

type Recipients = Partial<CampaignDefinition["recipients"]>;

async function sentTo(store: NumberStore, id: string, rows: number): Promise<string[]> {
  const all: string[] = [];
  for await (const { state, phone } of store.rows.all(id, rows)) {
    if (state === "pending") all.push(phone);
  }
  return all;
}

const national = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `212-555-${String(at).padStart(4, "0")}`);
/** Norwegians and Germans; every tenth may be an American as well. */
const abroad = (count: number): string[] =>
  Array.from({ length: count }, (_, at) =>
    at % 10 === 0 ? `4798${String(at + 200_000)}` : `49151${String(at).padStart(8, "0")}`,
  );

it("the first rows do not decide how a list is written: all of them do", async () => {
  const phones = [...national(250), ...abroad(3_000)];
  const { store, options } = await setup(phones, { country: "US", maxRejected: 0.5 });

  const imported = await importList(options);

  // Americans are more than one in fifty of it, so what may be one is nobody's.
  expect(imported.report).toMatchObject({
    ok: 2_700,
    problems: [
      { code: "phone_ambiguous", count: 300 },
      { code: "phone_without_code", count: 250 },
    ],
    phoneStyle: { numbers: "international", decidedBy: "list", country: "US", national: 250 },
  });
  if (!imported.ok) return;
  expect(await sentTo(store, imported.value.id, phones.length)).toEqual(
    phones.filter((phone) => phone.startsWith("49151")),
  );
  const campaign = await store.campaigns.find(imported.value.id);
  expect(campaign?.counts).toMatchObject({ pending: 2_700, rejected: 550 });
  expect(campaign?.status).toBe("running");
});

it("an import that is cancelled between its two readings ends, and makes no campaign", async () => {
  const { store, options } = await setup([...national(250), ...abroad(3_000)], { country: "US" });
  const { beginAnew } = store.imports;
  const imports = {
    ...store.imports,
    beginAnew: async (...args: Parameters<typeof beginAnew>) => {
      const [{ id } = { id: "" }] = await store.campaigns.list();
      await store.campaigns.cancel(id);
      return beginAnew(...args);
    },
  };

  const imported = await importList({ ...options, sink: storeIn(imports) });

  expect(imported).toMatchObject({ ok: false, refusal: { code: "import_lost" } });
  const campaigns = await store.campaigns.list();
  expect(campaigns.map(({ status }) => status)).toEqual(["cancelled"]);
});

it("corrected rows are read as their list is written, and not as the few of them are", async () => {
  const list = ["4915112345678", "33612345678", "447400123456", "4915112345679", "123"];
  const { store, options, folder } = await setup(list, { country: "PL" });
  const imported = await importList(options);
  if (!imported.ok) throw new Error(imported.refusal.message);
  const { id } = imported.value;
  const path = join(folder, "rejects.csv");
  const correct = async (phone: string) => {
    const [header = [], row = []] = parse(await readFile(path), { bom: true });
    await writeFile(path, stringify([header, [phone, ...row.slice(1)]]));
    return correctList({
      ...{ corrections: store.corrections, people: store.people, id, csvPath: path, given: null },
      ...{ rejectsPath: join(folder, "again.csv"), mode: "sandbox", purpose: "import" },
      ...{ country: null },
    });
  };

  // Alone it would be a Pole.
  const asPole = await correct("600100200");
  const asGerman = await correct("4915112345680");

  expect(asPole.report.problems).toMatchObject([{ code: "phone_without_code", count: 1 }]);
  expect(asGerman.report).toMatchObject({ mended: 1, stillRejected: 0 });
  expect(await sentTo(store, id, list.length)).toContain("4915112345680");
});

it("how phones are written is told with counts, and people of other countries with lines", async () => {
  const { report } = await checkText(
    [
      ...["phone,name", "600 100 201,A", "600 100 202,B", "48600100203,C", "+48600100204,D"],
      ...["0048600100205,E", "+49 151 12345678,F", "0033612345678,G"],
    ].join("\n"),
    { recipients: { country: "PL" } },
  );

  expect(report.phoneStyle).toEqual({
    ...{ numbers: "national", decidedBy: "list", country: "PL" },
    ...{ national: 2, withCode: 1, plus: 2, prefix: 2 },
  });
  expect(report.warnings).toEqual([
    {
      code: "other_country",
      reason: "the number is of another country than the list's",
      ...{ count: 2, lines: [7, 8] },
    },
  ]);
});

it("national numbers need a country, where a person says that they are national", async () => {
  const { report } = await checkText("phone,name\n600 100 201,A\n", {
    recipients: { numbers: "national" },
  });

  expect(report.refusal).toMatchObject({ code: "country_missing" });
});

it("the rejects file says what is wrong with a phone, and names what cannot be seen", async () => {
  const rejectsPath = join(await testFolder(), "rejects.csv");
  await checkText("phone,name\n97123456,A\n+229 0197\u2800123456,B\n01 97 12 34 57,C\n", {
    ...{ recipients: { country: "BJ", maxRejected: 1 }, rejectsPath },
  });

  const [, ...rows] = parse(await readFile(rejectsPath), { bom: true }) as string[][];
  expect(rows.map((cells) => cells.slice(2, 5))).toEqual([
    [
      ...["2", "phone_old_plan"],
      `column "phone" predates a change of its country's phone numbers (numbers of Benin have ten digits since November 2024, the old ones with 01 in front)`,
    ],
    ["3", "phone_invisible", 'column "phone" contains an invisible character (U+2800)'],
  ]);
});
