// `npm run mutants`: changes one place of the code at a time and sees whether a test notices.
// docs/mutants.md says how it is used.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseAst } from "vitest/node";
import { AREAS } from "./mutants/areas.mjs";
import { changesOf } from "./mutants/operators.mjs";
import { openScratch } from "./mutants/scratch.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: asked } = parseArgs({
  options: {
    sample: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    only: { type: "string", multiple: true, default: [""] },
    list: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});

/** Of a run without a mutant, so that a slow machine kills none. */
const LIMIT_SHARE = 4;
const LIMIT_MIN_MS = 60_000;

const scratch = openScratch(root);
process.on("exit", scratch.remove);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const mutants = sampleOf(AREAS.flatMap(mutantsOf), Number(asked.sample), Number(asked.seed));
if (asked.list) for (const mutant of mutants) console.log(describe(mutant));
else await runAll().finally(scratch.remove);

async function runAll() {
  const areas = new Map();
  for (const mutant of mutants) {
    const area = areas.get(mutant.area) ?? (await measure(mutant.area));
    areas.set(mutant.area, area);
    const startedAt = performance.now();
    const { failed, by, isOver } = await runMutant(mutant, area);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    if (failed === null) area.survivors.push(mutant);
    else if (isInvalid(failed)) area.invalid++;
    else {
      area.killed++;
      if (isOver) area.over++;
      if (by !== null)
        area.noticed.set(
          `${mutant.file} ${by}`,
          (area.noticed.get(`${mutant.file} ${by}`) ?? 0) + 1,
        );
    }
    const word = failed === null ? "SURVIVED" : isInvalid(failed) ? "invalid" : "killed";
    if (asked.verbose || failed === null)
      console.log(
        `${word} (${seconds} s) ${describe(mutant)}${failed === null ? "" : `\n    ${by}: ${failed.slice(0, 150)}`}`,
      );
  }
  tell(areas);
}

/** Runs an area's tests on the code as it is: all must pass, and their times order them. */
async function measure(area) {
  const files = scratch.testFiles(area.tests);
  const startedAt = performance.now();
  const { failed, by, tookMs } = await scratch.run(files, { limitMs: 30 * 60_000 });
  if (failed !== null) throw new Error(`Without a mutant, ${by} fails: ${failed}`);
  const limitMs = Math.max(LIMIT_MIN_MS, LIMIT_SHARE * (performance.now() - startedAt));
  return {
    name: area.name,
    files,
    tookMs,
    limitMs,
    killed: 0,
    over: 0,
    invalid: 0,
    survivors: [],
    noticed: new Map(),
  };
}

async function runMutant({ file, text, from, to, mutated }, area) {
  scratch.write(file, text.slice(0, from) + mutated + text.slice(to));
  try {
    return await scratch.run(inOrder(area, file), { limitMs: area.limitMs });
  } finally {
    scratch.write(file, text);
  }
}

/**
 * First what noticed other mutants of this file, then what is named like it, then what is quick.
 */
function inOrder({ files, tookMs, noticed }, file) {
  const name = file.split("/").at(-1)?.split(/[-.]/)[0];
  const rank = (test) =>
    (noticed.get(`${file} ${test}`) ?? 0) * -1_000_000 -
    (test.includes(`/${name}`) ? 100_000 : 0) +
    (tookMs.get(test) ?? 0);
  return [...files].sort((one, other) => rank(one) - rank(other));
}

function isInvalid(failed) {
  return /Error compiling script|user_script:\d+: .* expected near/.test(failed);
}

function mutantsOf(area) {
  const files = readdirSync(join(root, "src"), { recursive: true })
    .map((file) => relative(root, join(root, "src", file)))
    .filter((file) => /\.(?:ts|lua)$/.test(file))
    .filter((file) => AREAS.find(({ source }) => source.test(file)) === area)
    .filter((file) => asked.only.some((only) => file.startsWith(only)));
  return files.sort().flatMap((file) => {
    const text = scratch.read(file);
    const language = file.endsWith(".lua") ? "lua" : "ts";
    return changesOf(text, language).map((change) => ({ area, file, text, ...change }));
  });
}

/** TypeScript that no longer parses is not a mutant; Lua is read by Redis alone. */
function parses({ file, text, from, to, mutated }) {
  if (file.endsWith(".lua")) return true;
  try {
    parseAst(text.slice(0, from) + mutated + text.slice(to), { lang: "ts" });
    return true;
  } catch {
    return false;
  }
}

function sampleOf(all, count, seed) {
  let state = seed;
  // mulberry32
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const taken = all.map((mutant) => [random(), mutant]).sort(([one], [other]) => one - other);
  const sample = [];
  for (const [, mutant] of taken) {
    if (sample.length === count) break;
    if (parses(mutant)) sample.push(mutant);
  }
  // Area by area, file by file: what noticed one mutant of a file is asked first about the next.
  return sample.sort((one, other) => one.file.localeCompare(other.file) || one.from - other.from);
}

function describe({ file, text, from, to, mutated }) {
  const line = text.slice(0, from).split("\n").length;
  const lineFrom = text.lastIndexOf("\n", from - 1) + 1;
  const end = text.indexOf("\n", to);
  const whole = (middle) => (text.slice(lineFrom, from) + middle + text.slice(to, end)).trim();
  return `${file}:${line}\n  - ${whole(text.slice(from, to))}\n  + ${whole(mutated)}`;
}

function tell(areas) {
  console.log(`\nseed ${asked.seed}, ${mutants.length} mutants`);
  for (const { name, killed, over, invalid, survivors } of areas.values()) {
    const run = killed + survivors.length;
    const share = run === 0 ? "-" : `${((100 * killed) / run).toFixed(1)} %`;
    console.log(
      `${name}: ${killed} of ${run} killed (${share}), ${over} of them by the time limit; ${invalid} invalid`,
    );
  }
}
