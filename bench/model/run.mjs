// What a deployment of a given size is busy with, and what breaks first; or, with --write, the
// tables of docs/sizing.md.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeSection } from "../../scripts/results.mjs";
import { checkTable, costTable, deploymentFor, sizingTable, utilisation } from "./model.mjs";

const USAGE = `Usage: node bench/model/run.mjs --numbers N --per-day N --peak N [options]
       node bench/model/run.mjs --write

  --numbers N      numbers that send
  --per-day N      messages a day, of all of them
  --peak N         messages a second at the peak, of all of them
  --days N         how long rows are kept (30)
  --memory N       maxmemory of one Redis node, GB (64)
  --workers N, --webhooks N, --masters N   of the deployment (what the load needs)`;

const OPTIONS = ["numbers", "per-day", "peak", "days", "memory", "workers", "webhooks", "masters"];
const { values } = parseArgs({
  options: {
    ...Object.fromEntries(OPTIONS.map((name) => [name, { type: "string" }])),
    write: { type: "boolean" },
  },
});
const costs = JSON.parse(readFileSync(new URL("inputs.json", import.meta.url), "utf8"));
const file = fileURLToPath(new URL("../../docs/sizing.md", import.meta.url));
if (values.write === true) {
  writeSection({ file, name: "sizing", lines: sizingTable(costs) });
  writeSection({ file, name: "costs", lines: costTable(costs) });
  writeSection({ file, name: "checks", lines: checkTable(costs) });
} else if (["numbers", "per-day", "peak"].some((name) => !(Number(values[name]) > 0))) {
  console.error(USAGE);
  process.exit(2);
} else {
  const load = {
    ...{ numbers: Number(values.numbers), perDay: Number(values["per-day"]) },
    ...{ peakPerSecond: Number(values.peak), days: Number(values.days ?? 30) },
    memoryBytes: Number(values.memory ?? 64) * 1e9,
  };
  const needs = deploymentFor(costs, load);
  const given = Object.fromEntries(
    ["workers", "webhooks", "masters"].map((name) => [name, Number(values[name] ?? needs[name])]),
  );
  console.log(`needed: ${JSON.stringify(needs)}; with ${JSON.stringify(given)}:`);
  for (const { part, busy } of utilisation(costs, load, given)) {
    console.log(
      `${`${(100 * busy).toFixed(1)} %`.padStart(9)}  ${part}${busy > 1 ? "  BREAKS" : ""}`,
    );
  }
}
