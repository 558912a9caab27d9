import { expect, it } from "vitest";
import type { CampaignDefinition } from "../../../src/core/campaign.ts";
import { openTestStore, type TestStore } from "../../support/campaigns.ts";
import { DAY, definitionOf, give } from "./repeats.ts";

async function beginImport(bench: TestStore, definition: CampaignDefinition): Promise<string> {
  const begun = await bench.store.imports.begin({
    ...{ digest: Math.random().toString(16), again: false, definition, file: "other.csv" },
    ...{ columns: ["phone"], mode: "sandbox" },
  });
  if (begun.kind !== "begun") throw new Error(begun.kind);
  return begun.campaign;
}

it("a list whose repeats are left out waits for one that is being imported, whoever began it", async () => {
  const bench = await openTestStore();
  const definition = definitionOf(bench, { skip: DAY });
  const other = await beginImport(bench, definitionOf(bench, { warn: DAY }));

  const refused = await give(bench, [1], { definition });
  const checked = await give(bench, [1], { definition, purpose: "check" });
  const told = await give(bench, [1], { definition: definitionOf(bench, { warn: DAY }) });
  await bench.store.campaigns.cancel(told.report.campaign ?? "");
  await bench.store.campaigns.cancel(other);
  const afterwards = await give(bench, [1, 9], { definition });

  expect(refused).toMatchObject({ ok: false, refusal: { code: "import_in_progress" } });
  expect(refused.report.campaign).toBeNull();
  expect(refused.ok === false && refused.refusal.message).toContain(other);
  expect(checked.report.notChecked).toEqual(["repeats"]);
  expect(told).toMatchObject({ ok: true, report: { ok: 1, notChecked: ["repeats"] } });
  expect(afterwards).toMatchObject({ ok: true, report: { ok: 2, suppressed: 0 } });
});

/** Imports a list while another import of the campaign begins: before it has its place, or after. */
async function importBeside(
  bench: TestStore,
  definition: CampaignDefinition,
  other: "before" | "after",
) {
  const { imports } = bench.store;
  return give(bench, [1], {
    definition,
    imports: {
      ...imports,
      async begin(input) {
        if (other === "before") await beginImport(bench, definition);
        const begun = await imports.begin(input);
        if (other === "after") await beginImport(bench, definition);
        return begun;
      },
    },
  });
}

it("of two lists that leave repeats out and begin in the same instant, the later one goes back", async () => {
  const bench = await openTestStore();
  const definition = definitionOf(bench, { skip: DAY });

  const later = await importBeside(bench, definition, "before");
  const again = await give(bench, [1], { definition });

  expect(later).toMatchObject({ ok: false, refusal: { code: "import_in_progress" } });
  expect((await bench.found(later.report.campaign ?? "")).status).toBe("rejected");
  // Its bytes may come again; the other import is still there.
  expect(again).toMatchObject({ ok: false, refusal: { code: "import_in_progress" } });
});

it("and the earlier one goes on", async () => {
  const bench = await openTestStore();

  const earlier = await importBeside(bench, definitionOf(bench, { skip: DAY }), "after");

  expect(earlier).toMatchObject({ ok: true, report: { ok: 1, notChecked: [] } });
});

it("an import that was interrupted goes on, and is not held up by itself", async () => {
  const bench = await openTestStore();
  const definition = definitionOf(bench, { skip: DAY });
  const dead = await give(bench, [1, 2], {
    definition,
    imports: { ...bench.store.imports, chunk: async () => "lost" },
  });
  expect(dead).toMatchObject({ ok: false, refusal: { code: "import_lost" } });
  await bench.redis.hset(bench.own(dead.report.campaign ?? "").campaign, "importLease", 0);

  const again = await give(bench, [1, 2], { definition });

  expect(again).toMatchObject({ ok: true, value: { id: dead.report.campaign, restarted: true } });
  expect(again.report).toMatchObject({ ok: 2, suppressed: 0, notChecked: [] });
});
