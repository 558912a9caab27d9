// What each stage of an import costs: the stages run one after the other on one list, each with
// those that it needs, and what one adds is its cost. CPU of all threads, garbage collection too.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseCampaign } from "../../dist/config/campaign-file.js";
import { createRowCheck } from "../../dist/producer/check/check-rows.js";
import { prepareList } from "../../dist/producer/check/prepare-list.js";
import { readRows } from "../../dist/producer/list/csv.js";
import { openList } from "../../dist/producer/list/open.js";
import { createFullReader } from "../../dist/producer/phones/full-reader.js";
import { createShapeCounter } from "../../dist/producer/phones/number-style.js";
import { createCellReader } from "../../dist/producer/phones/phone-reader.js";
import { createPreflight } from "../../dist/producer/preflight/preflight.js";
import { packRows } from "../../dist/store/ledger/batch-rows.js";
import { packPeople } from "../../dist/store/people/people-index.js";
import { openPersonDigest } from "../../dist/store/people/person-digest.js";
import { campaignFile } from "./campaign.mjs";
import { cpuMicros, serve } from "./child.mjs";

const BATCH_ROWS = 100;
const CHUNK_BATCHES = 10;

/** Each pass in turn, so often; its cheapest one counts, for what disturbs only adds. */
const ROUNDS = 5;

serve({
  measure: async (csvPath) => {
    const best = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [stage, micros] of Object.entries(await runAll(csvPath))) {
        best[stage] = Math.min(best[stage] ?? micros, micros);
      }
    }
    const { prepare, digest, parse, phones, fullPhones, judge, preflight, pack, people } = best;
    return {
      prepare,
      digest,
      parse,
      phones: phones - parse,
      fullPhones: fullPhones - parse,
      judge: judge - phones,
      preflight: preflight - judge,
      pack: pack - judge,
      people: people - judge,
    };
  },
});

/** CPU microseconds a row of each pass, what it needs included. */
async function runAll(csvPath) {
  const file = unwrap(await openList(csvPath, { links: "follow" }));
  const definition = unwrap(parseCampaign(campaignFile("Bench"), "campaign.json"));
  let list;
  const prepared = await spent(async () => {
    list = unwrap(await prepareList(file, { definition, country: null }));
  });
  const { phone, style } = list;
  let rows = 0;
  const pass = async (onRow) => {
    rows = 0;
    const visit = (block) => {
      for (const row of block.rows) onRow(row, ++rows);
      return true;
    };
    return (await spent(() => readRows(file, list.header, { visit }))) / rows;
  };
  const newCheck = () =>
    createRowCheck(list, {
      ...{ style, shapes: createShapeCounter(), strictValues: false, rowsExpected: 1_000_000 },
      startsMs: Date.now(),
    });
  const readPhone = createCellReader(null);
  const readFull = createFullReader(null);
  const parse = await pass(() => {});
  const phones = await pass((row) => readPhone(row[phone.index]));
  const fullPhones = await pass((row) => readFull(row[phone.index]));
  // Rows and their outcomes in batches: a pass that drops them at once is optimised differently.
  const checkedPass = (size, onRows) => {
    const check = newCheck();
    let checked = [];
    return pass((cells, line) => {
      checked.push({ cells, line, outcome: check(cells, line) });
      if (checked.length < size) return;
      onRows(checked);
      checked = [];
    });
  };
  const judge = await checkedPass(BATCH_ROWS, () => {});
  // Without Redis: what it looks at in each row that is to be sent.
  const report = createPreflight(null, { ...list, definition, mode: "live" });
  const preflight = await checkedPass(BATCH_ROWS, (rows) => void report.add(rows));
  const pack = await checkedPass(BATCH_ROWS, (rows) => packRows(rows, true));
  const person = await openPersonDigest({ getBuffer: async () => Buffer.alloc(32, 1) });
  const people = await checkedPass(BATCH_ROWS * CHUNK_BATCHES, (rows) => {
    const outcomes = rows.map(({ outcome }) => outcome);
    const batches = Array.from({ length: CHUNK_BATCHES }, (_, at) => ({
      outcomes: outcomes.slice(at * BATCH_ROWS, (at + 1) * BATCH_ROWS),
    }));
    packPeople(batches, 0, person);
  });
  const bytes = readFileSync(csvPath);
  const digested = await spent(() => createHash("sha256").update(bytes).digest());
  await file.close();
  return {
    ...{ prepare: prepared / rows, digest: digested / rows, parse, phones, fullPhones },
    ...{ judge, preflight, pack, people },
  };
}

async function spent(work) {
  const before = cpuMicros();
  await work();
  return cpuMicros() - before;
}

function unwrap(result) {
  if (!result.ok) throw new Error(`${result.refusal.message} ${result.refusal.fix}`);
  return result.value;
}
