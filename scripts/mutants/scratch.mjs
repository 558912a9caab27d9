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

  const host = createHost({ copy, temporary: join(base, "t") });
  return {
    read: (file) => readFileSync(join(copy, file), "utf8"),
    write: (file, text) => {
      writeFileSync(join(copy, file), text);
      host.noteChange(file);
    },
    testFiles: (folders) => folders.flatMap((folder) => testFilesIn(copy, folder)),
    run: host.run,
    remove: () => {
      host.end();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** `folder`: or one file. */
function testFilesIn(copy, folder) {
  if (folder.endsWith(".test.ts")) return [folder];
  return readdirSync(join(copy, folder), { recursive: true })
    .map((file) => `${folder}/${String(file)}`)
    .filter((file) => file.endsWith(".test.ts") && !LEFT_OUT.includes(file));
}

/** The process of host.mjs; a new one after one that had to be ended at the time limit. */
function createHost({ copy, temporary }) {
  let child;
  let changed = [];

  async function start() {
    child = spawn(process.execPath, [join(copy, "scripts", "mutants", "host.mjs")], {
      cwd: copy,
      env: { ...process.env, TMPDIR: temporary },
      detached: true,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await answer(child);
  }

  function end() {
    if (child === undefined) return;
    // The whole group: the run has started a Redis.
    process.kill(-child.pid, "SIGKILL");
    child = undefined;
  }

  /**
   * Runs test files in their order. Gives what failed first (`null` when all passed), whether the
   * time limit ended the run, and how long each file took.
   */
  async function run(files, { limitMs }) {
    if (child === undefined) await start();
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      end();
    }, limitMs);
    child.send({ files, changed });
    changed = [];
    const result = await answer(child);
    clearTimeout(timer);
    if (isOver) return { failed: "time limit", by: null, isOver, tookMs: new Map() };
    if (result === undefined) {
      end();
      return { failed: "not a test: the process ended", by: null, isOver, tookMs: new Map() };
    }
    return { ...result, isOver, tookMs: new Map(result.tookMs) };
  }

  return { run, end, noteChange: (file) => void changed.push(file) };
}

/** Undefined if the process ends without one. */
function answer(child) {
  return new Promise((resolve) => {
    const done = (message) => {
      child.off("message", done).off("exit", onExit);
      resolve(message);
    };
    const onExit = () => done(undefined);
    child.on("message", done).on("exit", onExit);
  });
}
