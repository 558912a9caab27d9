import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { startSending } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { snapshot } from "../support/snapshot.ts";
import { SOON } from "../support/soon.ts";

test("a worker that starts after a backup was restored remembers what the one before it was told, and sends nothing", async () => {
  const bench = await openTestStore();
  const { redis, number } = bench;
  const dir = mkdtempSync(join(tmpdir(), "dropcast-counters-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const open = () =>
    createNumberStore({
      redis,
      number,
      memory: { dir, copies: "doubted" as const, onProblem: () => {} },
    });
  const id = await bench.import(3);
  const restore = await snapshot(bench);
  const before = await open();
  // Killed, not stopped: nothing is written at its end.
  await before.campaigns.dispatch("sandbox", 1);
  const ask = { campaign: id, batch: 0, run: 1, nonce: Buffer.alloc(8), mode: "sandbox" } as const;
  const rows = [{ row: 1, person: Buffer.alloc(8, 1) }];
  await before.ledger.claim({ ...ask, ratePerSecond: 1_000, reachMs: 60_000, answerMs: 100, rows });
  await restore();

  const store = await open();
  const sandbox = await startSending({ ...bench, store });

  await vi.waitFor(
    async () => expect(await store.rollback.read()).toMatchObject({ lost: 1 }),
    SOON,
  );
  expect(sandbox.stats().posts).toBe(0);
});
