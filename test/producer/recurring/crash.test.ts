/**
 * A producer that dies at each step it makes on the disk while a due time is worked on: another one
 * ends what it began, and each due time makes one campaign. As in test/producer/drop/crash.test.ts.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { list, WAIT } from "../drop/drops.ts";
import { recurringDrops } from "./recurring.ts";

interface Disk {
  steps: number;
  /** From this step on nothing returns. */
  last: number;
}

const disk = new AsyncLocalStorage<Disk>();
/** The dead leave theirs open. */
const opened: FileHandle[] = [];

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  const changes = ["mkdir", "rename", "rm", "open", "writeFile"] as const;
  const watched = Object.fromEntries(
    changes.map((name) => [
      name,
      async (...args: unknown[]) => {
        const state = disk.getStore();
        const isReading = name === "open" && args[1] !== "wx";
        // What it does before the due time is worked on does not matter here.
        const isOurs = /processing|\.recurring/.test(String(args[0]));
        if (state !== undefined && !isReading && isOurs && ++state.steps > state.last) {
          return new Promise(() => {});
        }
        const answer = await (real[name] as (...all: unknown[]) => unknown)(...args);
        if (name === "open" && state !== undefined) opened.push(answer as FileHandle);
        return answer;
      },
    ]),
  );
  return { ...real, ...watched };
});

type Bench = Awaited<ReturnType<typeof recurringDrops>>;

const AT_ONCE = 6;
/** The dead do not renew theirs, and another producer does not believe in one that is so long. */
const NEVER_RENEWED = { leaseMs: 3_000_000 };

async function open(): Promise<Bench> {
  const bench = await recurringDrops();
  await bench.write();
  await bench.export("list.csv", list(1, 2));
  await bench.due();
  return bench;
}

/** Starts a producer that dies after so many steps; those of its start do not count. */
async function startOn(bench: Bench, last: number): Promise<Disk> {
  const state: Disk = { steps: 0, last: Number.POSITIVE_INFINITY };
  const atEnd = last === Number.POSITIVE_INFINITY ? "stopped" : "left running";
  await disk.run(state, () => bench.produce({ atEnd, timing: NEVER_RENEWED }));
  return Object.assign(state, { steps: 0, last });
}

async function isWhole(bench: Bench): Promise<void> {
  await vi.waitFor(async () => {
    expect(await bench.last()).toMatchObject({ outcome: "campaign" });
    expect(await bench.files("processing")).toEqual([]);
  }, WAIT);
  expect(await bench.campaigns()).toMatchObject([{ status: "running", rows: 2 }]);
  expect((await bench.files("done")).filter((file) => file.endsWith(".csv"))).toHaveLength(1);
  expect(await bench.files("failed")).toEqual([]);
  expect(await bench.exported()).toEqual(["list.csv"]);
}

/** Its claims are of this process, which lives: they become those of a process that is gone. */
function bury(bench: Bench): void {
  const folder = join(bench.dir, "processing/recurring");
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".claim"))) {
    try {
      const claim = JSON.parse(readFileSync(join(folder, name), "utf8"));
      writeFileSync(join(folder, name), JSON.stringify({ ...claim, token: "dead", host: "gone" }));
    } catch {
      // Cut short by its death.
    }
  }
}

it("a producer may die at any step of a run: the next one ends it, and it makes one campaign", async () => {
  const whole = await open();
  const state = await startOn(whole, Number.POSITIVE_INFINITY);
  await isWhole(whole);
  const { steps } = state;
  expect(steps).toBeGreaterThan(10);

  for (let from = 0; from <= steps; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, steps - from + 1) }, (_, at) => from + at);
    await Promise.all(
      some.map(async (last) => {
        const bench = await open();
        const dying = await startOn(bench, last);
        await vi.waitFor(async () => {
          const isDone =
            (await bench.last())?.outcome === "campaign" &&
            (await bench.files("processing")).length === 0;
          expect(dying.steps > last || isDone).toBe(true);
        }, WAIT);
        bury(bench);

        const next = await bench.produce();

        await isWhole(bench).catch((error: Error) => {
          throw new Error(`died after step ${last} of ${steps}: ${error.message}`);
        });
        await next.stop();
      }),
    );
    for (const file of opened.splice(0)) await file.close().catch(() => {});
  }
});
