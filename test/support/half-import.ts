import { type TestStore, testDefinition, testPhone } from "./campaigns.ts";

/** An import begun anew after its first importer died when it had stored some full batches. */
export async function restartedImport(bench: TestStore, batches: number) {
  const dead = await beginImport(bench);
  for (let batch = 0; batch < batches; batch++) await storeBatch(bench, dead, batch);
  await bench.redis.hset(bench.own(dead.campaign).campaign, "importLease", 1);
  return beginImport(bench);
}

export async function beginImport(bench: TestStore) {
  const begun = await bench.store.imports.begin({
    ...{ digest: "half", again: false, definition: testDefinition(bench.number), mode: "sandbox" },
    ...{ file: "l.csv", columns: ["phone", "first_name"] },
  });
  if (begun.kind !== "begun") throw new Error(begun.kind);
  return begun;
}

/** Row n of the list has the n-th test phone. */
export async function storeBatch(
  bench: TestStore,
  handle: { campaign: string; token: string },
  batch: number,
): Promise<void> {
  const rows = Array.from({ length: 100 }, (_, at) => {
    const phone = testPhone(batch * 100 + at + 1);
    return { cells: [phone, "Anna"], outcome: { kind: "pending" as const, phone } };
  });
  await bench.store.imports.chunk({ ...handle, firstBatch: batch, batches: [{ rows }] });
}
