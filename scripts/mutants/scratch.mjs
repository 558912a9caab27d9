// A copy of the tree in which mutants live: the tree itself is never touched.
import { spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { LEFT_OUT } from "./areas.mjs";

const NOT_COPIED = new Set(["node_modules", ".git", "dist"]);

export function openScratch(root) {
  const base = mkdtempSync(join(tmpdir(), "mutants-"));
  const copy = join(base, "tree");
  cpSync(root, copy, { recursive: true, filter: (from) => !NOT_COPIED.has(relative(root, from)) });
  mkdirSync(join(copy, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules")))
    symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name));
  // Nothing here runs dist/, and a mutant need not have right types.
  writeFileSync(join(copy, "scripts", "setup.mjs"), "");
  // What a run that is ended at its time limit leaves behind goes with the copy.
  mkdirSync(join(base, "t"));

  return {
    read: (file) => readFileSync(join(copy, file), "utf8"),
    write: (file, text) => writeFileSync(join(copy, file), text),
    testFiles: (folders) => folders.flatMap((folder) => testFilesIn(copy, folder)),
    run: (files, options) => runTests({ base, copy, files, ...options }),
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

function testFilesIn(copy, folder) {
  return readdirSync(join(copy, folder), { recursive: true })
    .map((file) => `${folder}/${String(file)}`)
    .filter((file) => file.endsWith(".test.ts") && !LEFT_OUT.includes(file));
}

/**
 * Runs test files in their order. Gives what failed first (`null` when all passed), whether the
 * time limit ended the run, and how long each file took.
 */
async function runTests({ base, copy, files, bail, limitMs }) {
  const report = join(base, "report.json");
  rmSync(report, { force: true });
  const vitest = join(copy, "node_modules", "vitest", "vitest.mjs");
  const options = [
    "--config",
    "scripts/mutants/vitest.config.mjs",
    "--reporter",
    "json",
    "--outputFile",
    report,
  ];
  const env = {
    ...process.env,
    MUTANT_TESTS: files.join(","),
    MUTANT_BAIL: String(bail),
    TMPDIR: join(base, "t"),
  };
  const child = spawn(process.execPath, [vitest, "run", ...options], {
    ...{ cwd: copy, env, detached: true, stdio: ["ignore", "ignore", "pipe"] },
  });
  let errors = "";
  child.stderr.on("data", (some) => {
    errors = (errors + some).slice(-20_000);
  });
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    // The whole group: the run has started a Redis.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, limitMs);
  const status = await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  if (isOver) return { failed: "time limit", by: null, isOver, tookMs: new Map() };
  const results = readReport(report, copy);
  const tookMs = new Map(results.map((one) => [one.file, one.tookMs]));
  const first = results.find((one) => one.failed !== null);
  if (first !== undefined) return { failed: first.failed, by: first.file, isOver, tookMs };
  // An error outside of every test, such as a promise that nothing awaits.
  return {
    failed: status === 0 ? null : `not a test: ${errors.slice(-300)}`,
    by: null,
    isOver,
    tookMs,
  };
}

function readReport(report, copy) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return [];
  }
  return results.map(({ name, startTime, endTime, status, message, assertionResults }) => {
    const failed = assertionResults.find((one) => one.status === "failed");
    const why = failed === undefined ? message : `${failed.fullName}: ${failed.failureMessages[0]}`;
    return {
      file: relative(copy, name),
      tookMs: endTime - startTime,
      failed: status === "failed" ? why : null,
    };
  });
}
