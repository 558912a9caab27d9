import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CampaignDefinition } from "../../../src/core/campaign.ts";
import { storeIn } from "../../../src/producer/sink/sink.ts";
import type { CampaignRow } from "../../../src/store/ledger/row-reader.ts";
import { createNumberStore, type NumberStore } from "../../../src/store/number-store.ts";
import { testDefinition, testPhone } from "../../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../../support/redis.ts";
import { testFolder } from "../list/read-list.ts";
import type { ImportOptions } from "./by-path.ts";

interface Setup {
  store: NumberStore;
  folder: string;
  csvPath: string;
  options: ImportOptions;
}

/** A list in a folder of its own, and what its import into a new number is asked to do. */
export async function setup(
  csv: string,
  changes: Partial<CampaignDefinition> = {},
): Promise<Setup> {
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
export function goodRows(count: number): string {
  const rows = Array.from({ length: count }, (_, at) => `${testPhone(at + 1)},Name ${at + 1}`);
  return `phone,first_name\n${rows.join("\n")}\n`;
}

export async function rowsOf(
  store: NumberStore,
  campaign: string,
  rows: number,
): Promise<CampaignRow[]> {
  const all: CampaignRow[] = [];
  for await (const row of store.rows.all(campaign, rows)) all.push(row);
  return all;
}
