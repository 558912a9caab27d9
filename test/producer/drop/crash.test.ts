/**
 * A producer that dies, or is refused by the disk, at each step it makes in the drop folder. Its file
 * operations are counted where they leave Dropcast; from one of them on they never end, as when
 * the process is gone, or they fail. Timers and scans of the dead one hang in the same way.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync, writeFileSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { type Drops, drops, list, WAIT } from "./drops.ts";

interface Disk {
  steps: number;
  /** Steps that the disk is at. */
  underway: number;
  /** What becomes of a step. */
  at: (step: number) => "done" | "never" | NodeJS.ErrnoException;
}

const disk = new AsyncLocalStorage<Disk>();
/** The dead leave theirs open. */
const opened: FileHandle[] = [];

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  /** Those that change something: a death between two looks is a death before the next change. */
  const changes = ["mkdir", "rename", "rm", "utimes", "open", "writeFile"] as const;
  const watched = Object.fromEntries(
    changes.map((name) => [
      name,
      async (...args: unknown[]) => {
        const state = disk.getStore();
        const isReading = name === "open" && args[1] !== "wx" && args[1] !== "r+";
        if (state !== undefined && !isReading) {
          const fate = state.at(++state.steps);
          if (fate === "never") return new Promise(() => {});
          if (fate !== "done") throw fate;
        }
        if (state !== undefined) state.underway++;
        const step = real[name] as (...all: unknown[]) => Promise<unknown>;
        const answer = await step(...args).finally(() => {
          if (state !== undefined) state.underway--;
        });
        if (name === "open" && state !== undefined) opened.push(answer as FileHandle);
        return answer;
      },
    ]),
  );
  return { ...real, ...watched };
});

const TIMING = { settleMs: 20, scanEveryMs: 10, graceMs: 40, claimStaleMs: 150, againMs: 10 };
const AT_ONCE = 8;
const DONE = ["x.csv", "x.report.json", "x.yaml"];

/**
 * Starts a producer on a disk of its own, whose steps are counted from there: what a start needs is
 * refused at the start. It is not stopped: a dead one could not be.
 */
async function startOn(at: Disk["at"], drop: Drops): Promise<Disk> {
  const state: Disk = { steps: 0, underway: 0, at: () => "done" };
  await disk.run(state, () => drop.start(drop.importFile, TIMING, "left running"));
  state.steps = 0;
  state.at = at;
  return state;
}

async function dropped(): Promise<Drops> {
  const drop = await drops();
  await drop.drop("x.yaml", drop.yaml("Once"));
  await drop.drop("x.csv", list(1, 2));
  return drop;
}

async function isWhole(drop: Drops): Promise<void> {
  await vi.waitFor(async () => {
    expect(await drop.files("processing")).toEqual([]);
    expect(await drop.files("done")).toEqual(DONE);
  }, WAIT);
  expect(await drop.files("failed")).toEqual([]);
  expect(await drop.files("inbox")).toEqual([]);
  const campaigns = await drop.store.campaigns.list();
  expect(campaigns).toMatchObject([{ name: "Once", status: "running", rows: 2 }]);
  expect(await drop.report("done/x.report.json")).toMatchObject({ campaign: campaigns[0]?.id });
}

/** How many steps it takes from the start until a list has been moved on. */
async function stepsOfOne(): Promise<number> {
  const drop = await dropped();
  const state = await startOn(() => "done", drop);
  await isWhole(drop);
  return state.steps;
}

/** Its claim is one of this process's, which lives: it becomes one of a process that is gone. */
function bury(drop: Drops): void {
  const path = join(drop.dir, "processing/.x.csv.claim");
  try {
    const claim = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...claim, token: "dead", host: "gone" }));
  } catch {
    // None was made yet, or none is left.
  }
}

/** Tries each of so many steps, some at a time. */
async function atEach(steps: number, work: (step: number) => Promise<void>): Promise<void> {
  for (let from = 0; from <= steps; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, steps - from + 1) }, (_, at) => from + at);
    await Promise.all(some.map(work));
  }
  for (const file of opened.splice(0)) await file.close().catch(() => {});
}

it("a producer may die at any step: the next one ends what it began, and nothing is done twice", async () => {
  const steps = await stepsOfOne();
  expect(steps).toBeGreaterThan(15);
  await atEach(steps, async (last) => {
    const drop = await dropped();
    const state = await startOn((step) => (step <= last ? "done" : "never"), drop);
    // Touches of its claim are steps too: it may have been quicker this time.
    await vi.waitFor(async () => {
      const isDone = state.steps <= last && (await drop.files("done")).length === DONE.length;
      expect(state.steps > last || isDone).toBe(true);
      expect(state.underway).toBe(0);
    }, WAIT);
    bury(drop);

    const next = await drop.start(drop.importFile, TIMING);

    await isWhole(drop).catch((error: Error) => {
      throw new Error(`died after step ${last} of ${steps}: ${error.message}`);
    });
    await next.stop();
  });
});

it.each([
  ["EIO", 1],
  ["ENOSPC", 6],
])(
  "the disk may say %s at any step, %i times: what was begun is ended when it can be, and once",
  async (code, times) => {
    const steps = await stepsOfOne();
    const error = Object.assign(new Error(`${code}: no`), { code });
    await atEach(steps, async (first) => {
      const drop = await dropped();
      const fails = (step: number): boolean => step >= first && step < first + times;
      await startOn((step) => (fails(step) ? error : "done"), drop);

      await isWhole(drop).catch((problem: Error) => {
        throw new Error(`${code} from step ${first} of ${steps}: ${problem.message}`);
      });
    });
  },
);
