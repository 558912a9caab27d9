import type { Redis } from "ioredis";
import { createNumberStore, DEFAULT_LIMITS } from "../../src/store/number-store.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { snapshot } from "../support/snapshot.ts";

/** Of the running test: its file has `beforeEach(openBench)`. */
export let bench: TestStore;

export async function openBench(): Promise<void> {
  bench = await openTestStore();
}

/** Sends rows 1 to 3, of which Redis then forgets 2 and 3; one worker remembers. */
export async function goBack(rows = 300): Promise<string> {
  const id = await bench.import(rows);
  await bench.store.campaigns.dispatch("sandbox", 1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  const restore = await snapshot(bench);
  await bench.send(id, 2, "accepted", { wamid: "wamid.2" });
  await bench.send(id, 3, "accepted", { wamid: "wamid.3" });
  await restore();
  return id;
}

/** A worker in a process of its own: what it remembers is its own. */
export async function openAnotherWorker() {
  const { redis, number } = bench;
  const store = await createNumberStore({ redis, number, limits: DEFAULT_LIMITS });
  await store.join();
  return store;
}

export async function gateOf(id: string, row = 2): Promise<string> {
  const result = await bench.claim(id, [row], { run: 1 });
  return result.kind === "gate" ? result.gate : "rows";
}

/** Redis carries out the next call of a script, and the connection ends before its answer. */
export function loseNextAnswer(redis: Redis, script: string): void {
  const call = Reflect.get(redis, script) as (...args: unknown[]) => Promise<unknown>;
  Reflect.set(redis, script, async (...args: unknown[]) => {
    Reflect.set(redis, script, call);
    await call.apply(redis, args);
    throw new Error("Connection is closed.");
  });
}
