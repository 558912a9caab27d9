import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type ClaimCounter, createClaimCounter } from "../../src/store/recovery/claim-counter.ts";
import { createCounterMemory } from "../../src/store/recovery/counter-memory.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-counters-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return join(dir, "claim-counters");
}

/** A process that keeps its readings in a folder, as one of a number's workers does. */
function start(dir: string, number = "main", copies: "doubted" | "trusted" = "doubted") {
  const problems: unknown[] = [];
  const databaseId = "0123456789abcdef";
  const onProblem = (error: unknown) => problems.push(error);
  const memory = createCounterMemory({ dir, copies, number, databaseId, onProblem });
  const run = () => Promise.reject(new Error("not asked here"));
  const counter: ClaimCounter = createClaimCounter({ databaseId, settleMs: 0, memory, run });
  return { memory, counter, problems };
}

function filesOf(dir: string): string[] {
  return readdirSync(dir).sort();
}

const KEPT = /^main-0123456789abcdef\.(\d+)\.kept$/;
const LIVE = /^main-0123456789abcdef\.[0-9a-f]{12}\.live$/;
const DAY_AGO = Date.now() / 1_000 - 25 * 3_600;

test("the first process of a folder remembers nothing", () => {
  expect(start(folder()).counter.reading()).toBe("");
});

test("a reading is on the disk when the process is told of it: one that is killed then has left word", () => {
  const dir = folder();
  const { counter } = start(dir);
  counter.saw("120 5000 3 7");
  expect(filesOf(dir)).toEqual([expect.stringMatching(LIVE)]);
  expect(start(dir).counter.reading()).toBe("120 5000 3 7");
});

test("answers may overtake each other: no part of a reading ever falls", () => {
  const { counter } = start(folder());
  counter.saw("120 5000 3 7");
  counter.saw("119 5001 3 6");
  expect(counter.reading()).toBe("120 5001 3 7");
  counter.saw("");
  counter.saw("no reading at all");
  expect(counter.reading()).toBe("120 5001 3 7");
});

test("whoever starts takes the highest that any process of the folder was told, living or dead", () => {
  const dir = folder();
  const [slow, quick, ended] = [start(dir), start(dir), start(dir)];
  slow.counter.saw("12 100 0 1");
  quick.counter.saw("90 200 1 1");
  ended.counter.saw("60 150 1 2");
  ended.memory.close();
  expect(start(dir).counter.reading()).toBe("90 200 1 2");
});

test("a shorter reading leaves nothing of a longer one behind", () => {
  const dir = folder();
  const { memory } = start(dir);
  memory.note({ count: 123_456_789, at: 1_700_000_000_000, acts: 12_345, serial: 678 });
  memory.note({ count: 5, at: 1, acts: 0, serial: 0 });
  expect(start(dir).counter.reading()).toBe("5 1 0 0");
});

test("processes that end leave one file: the highest, and none of a living process goes", () => {
  const dir = folder();
  const [first, second, living] = [start(dir), start(dir), start(dir)];
  living.counter.saw("10 100 0 0");
  first.counter.saw("60 100 0 0");
  second.counter.saw("50 100 0 0");
  first.memory.close();
  second.memory.close();
  first.memory.close();
  expect(filesOf(dir).filter((name) => KEPT.test(name))).toEqual([
    "main-0123456789abcdef.50.kept",
    "main-0123456789abcdef.60.kept",
  ]);
  const next = start(dir);
  next.counter.saw("70 100 0 0");
  next.memory.close();
  const left = filesOf(dir);
  expect(left.filter((name) => KEPT.test(name))).toEqual(["main-0123456789abcdef.70.kept"]);
  expect(left.filter((name) => LIVE.test(name))).toHaveLength(1);
});

test("a file of a process that was killed long ago goes when what it says is kept elsewhere, not before", () => {
  const dir = folder();
  const killed = start(dir);
  killed.counter.saw("60 100 0 0");
  const [file = ""] = filesOf(dir);
  utimesSync(join(dir, file), DAY_AGO, DAY_AGO);
  const lower = start(dir);
  lower.memory.note({ count: 50, at: 100, acts: 0, serial: 0 });
  lower.memory.close();
  expect(filesOf(dir)).toContain(file);
  const next = start(dir);
  next.counter.saw("61 100 0 0");
  next.memory.close();
  expect(filesOf(dir)).toEqual(["main-0123456789abcdef.61.kept"]);
});

test("what the disk holds survives a crash of the machine once it is synced", async () => {
  const dir = folder();
  const { counter, memory } = start(dir);
  counter.saw("60 100 0 0");
  await memory.sync();
  expect(statSync(join(dir, filesOf(dir)[0] ?? "")).size).toBe(160);
});

test("a folder that was copied notices what is lost, and does not speak for the Redis beside it, until it is told anew", () => {
  const dir = folder();
  start(dir).counter.saw("60 100 0 0");
  const copy = folder();
  cpSync(dir, copy, { recursive: true, preserveTimestamps: true });
  const { counter } = start(copy);
  expect(counter.reading()).toBe("60 0 0 0");
  expect(start(copy, "main", "trusted").counter.reading()).toBe("60 100 0 0");
  counter.saw("60 200 0 0");
  expect(start(copy).counter.reading()).toBe("60 200 0 0");
});

test("a folder that was moved is the same", () => {
  const dir = folder();
  const ended = start(dir);
  ended.counter.saw("60 100 0 0");
  ended.memory.close();
  renameSync(dir, `${dir}-moved`);
  expect(start(`${dir}-moved`).counter.reading()).toBe("60 100 0 0");
});

test("a number remembers nothing of another whose name begins like it", () => {
  const dir = folder();
  start(dir, "main-2").counter.saw("60 100 0 0");
  expect(start(dir).counter.reading()).toBe("");
});

test("a file that is cut, empty or nonsense counts as none", () => {
  const dir = folder();
  mkdirSync(dir, { recursive: true });
  const texts = [
    "",
    "not a number\n",
    "120 5000 3 7",
    "920 5000 3 7 11 22 5163\n",
    "\0".repeat(96),
  ];
  for (const [at, text] of texts.entries()) {
    writeFileSync(join(dir, `main-0123456789abcdef.${at}.kept`), text);
  }
  expect(start(dir).counter.reading()).toBe("");
});

test("where the folder cannot be made a process remembers for as long as it lives, and says so once", () => {
  const dir = folder();
  mkdirSync(join(dir, ".."), { recursive: true });
  writeFileSync(dir, "a file");
  const { counter, memory, problems } = start(dir);
  counter.saw("60 100 0 0");
  counter.saw("61 100 0 0");
  memory.close();
  expect(counter.reading()).toBe("61 100 0 0");
  expect(problems).toHaveLength(1);
});
