import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CampaignDefinition } from "../../../src/core/campaign.ts";
import type { Mode } from "../../../src/core/mode.ts";
import { keepNothing, storeIn } from "../../../src/producer/sink/sink.ts";
import type { ImportStore } from "../../../src/store/campaigns/import-store.ts";
import { type TestStore, testDefinition, testPhone } from "../../support/campaigns.ts";
import { importList } from "../import/by-path.ts";
import { testFolder } from "../list/read-list.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** A campaign that leaves repeats out (`skip`), tells about them (`warn`), or neither. */
export function definitionOf(
  bench: TestStore,
  windows: { skip?: number; warn?: number },
  changes: Partial<CampaignDefinition> = {},
): CampaignDefinition {
  const definition = testDefinition(bench.number, changes);
  const { skip = null, warn = null } = windows;
  const recipients = { ...definition.recipients, warnRepeatMs: warn, skipRepeatMs: skip };
  return { ...definition, recipients };
}

/** Marketing is told at night; these are about other warnings. */
const NOON_MS = Date.parse("2026-11-23T11:00:00Z");

/** Imports or checks a list of these rows' people by that definition. */
export async function give(
  bench: TestStore,
  rows: readonly number[] | string,
  input: {
    definition: CampaignDefinition;
    purpose?: "import" | "check";
    redis?: "there" | "away";
    mode?: Mode;
    imports?: ImportStore;
  },
) {
  const { definition, purpose = "import", mode = "sandbox" } = input;
  const csvPath = join(await testFolder(), "list.csv");
  const lines =
    typeof rows === "string" ? rows : rows.map((row) => `${testPhone(row)},x`).join("\n");
  await writeFile(csvPath, `phone,first_name\n${lines}\n`);
  const away = input.redis === "away";
  return importList({
    sink: purpose === "check" ? keepNothing(null) : storeIn(input.imports ?? bench.store.imports),
    ...{ definition, csvPath, mode, rejectsPath: null, country: null },
    preflight: {
      people: away ? null : bench.store.people,
      optOuts: away ? null : bench.store.optOuts,
      ...{ ratePerSecond: 10, prices: null, nowMs: NOON_MS },
    },
  });
}
