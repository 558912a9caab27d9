import type { BeginImport } from "../../src/store/campaigns/import-store.ts";
import { type TestStore, testDefinition } from "../support/campaigns.ts";

export function importOf(bench: TestStore, changes: Partial<BeginImport> = {}): BeginImport {
  const definition = testDefinition(bench.number);
  const columns = ["phone", "first_name"];
  return {
    digest: "d",
    again: false,
    definition,
    file: "l.csv",
    columns,
    mode: "sandbox",
    ...changes,
  };
}

export async function begin(bench: TestStore, changes: Partial<BeginImport> = {}) {
  const begun = await bench.store.imports.begin(importOf(bench, changes));
  if (begun.kind !== "begun") throw new Error(begun.kind);
  return begun;
}

export const REFUSAL = { code: "list_empty", message: "Bad rows.", fix: "Correct them." } as const;
