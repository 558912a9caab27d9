// What each stage of an import costs: the stages run one after the other on one list, each with
// those that it needs, and what one adds is its cost. CPU of all threads, garbage collection too.
import { parseCampaign } from "../../dist/campaign-file.js";
import { createRowCheck } from "../../dist/producer/check-rows.js";
import { readRows } from "../../dist/producer/csv.js";
import { openList } from "../../dist/producer/list-file.js";
import { createFullPhoneReader, createPhoneReader } from "../../dist/producer/phones.js";
import { prepareList } from "../../dist/producer/prepare-list.js";
import { packRows } from "../../dist/store/batch-rows.js";
import { campaignFile } from "./campaign.mjs";
import { cpuMicros, serve } from "./child.mjs";

const BATCH_ROWS = 100;

serve({
  measure: async (csvPath) => {
    await costs(csvPath);
    // The first round was the warm-up.
    return costs(csvPath);
  },
});

async function costs(csvPath) {
  const file = unwrap(await openList(csvPath, { links: "follow" }));
  const definition = unwrap(parseCampaign(campaignFile("Bench"), "campaign.json"));
  const prepare = { definition, country: null };
  let list;
  const [prepared] = await spent(async () => {
    list = unwrap(await prepareList(file, prepare));
  });
  const { columns, phone, template } = list;
  let rows = 0;
  const pass = async (onRow) => {
    rows = 0;
    const visit = (block) => {
      for (const row of block.rows) onRow(row, ++rows);
      return true;
    };
    return (await spent(() => readRows(file, list.header, { visit })))[0];
  };
  const parsed = await pass(() => {});
  const readPhone = createPhoneReader(null);
  const phones = await pass((row) => readPhone(row[phone.index]));
  const readFull = createFullPhoneReader(null);
  const fullPhones = await pass((row) => readFull(row[phone.index]));
  const newCheck = () =>
    createRowCheck({ columns, phone, template, country: null, rowsExpected: 1_000_000 });
  const check = newCheck();
  const judged = await pass((row, at) => check(row, at));
  const again = newCheck();
  let batch = [];
  const packed = await pass((cells, at) => {
    batch.push({ cells, outcome: again(cells, at) });
    if (batch.length < BATCH_ROWS) return;
    packRows(batch);
    batch = [];
  });
  await file.close();
  const of = (micros) => micros / rows;
  return {
    prepare: of(prepared),
    parse: of(parsed),
    phones: of(phones - parsed),
    fullPhones: of(fullPhones - parsed),
    judge: of(judged - phones),
    pack: of(packed - judged),
  };
}

async function spent(work) {
  const before = cpuMicros();
  const result = await work();
  return [cpuMicros() - before, result];
}

function unwrap(result) {
  if (!result.ok) throw new Error(`${result.refusal.message} ${result.refusal.fix}`);
  return result.value;
}
