import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { createBeatMemory } from "../../src/worker/beat-memory.ts";
import { startSending } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { snapshot } from "../support/snapshot.ts";

test("a worker that starts after a backup was restored remembers what the one before it was told, and sends nothing", async () => {
  const bench = await openTestStore();
  const { redis, number, store: before } = bench;
  const beatsDir = mkdtempSync(join(tmpdir(), "dropcast-beats-"));
  const id = await bench.import(3);
  const restore = await snapshot(bench);
  await bench.send(id, 1, "accepted");
  const path = join(beatsDir, `${number}-${before.databaseId}`);
  await createBeatMemory({ path, beat: before.beat, logger: pino({ level: "silent" }) }).keep();
  await restore();

  const store = await createNumberStore({ redis, number });
  const sandbox = await startSending({ ...bench, store }, { beatsDir });

  await vi.waitFor(async () => expect(await store.rollback.read()).toMatchObject({ lost: 1 }));
  expect(sandbox.stats().posts).toBe(0);
});
