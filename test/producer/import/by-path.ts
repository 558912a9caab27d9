import {
  type MendListOptions,
  mendList as mendOpened,
} from "../../../src/producer/correct/correct-list.ts";
import { importList as importOpened } from "../../../src/producer/import/import.ts";
import type { ImportListOptions } from "../../../src/producer/import/import-options.ts";
import type { ImportResult } from "../../../src/producer/import/import-outcome.ts";
import type { ListFile } from "../../../src/producer/list/open.ts";
import { peekList } from "../../../src/producer/rejects/peek.ts";
import { emptyReport } from "../../../src/producer/report.ts";

/** Options that name their list by its path. */
export type ByPath<T extends { file: ListFile }> = Omit<T, "file"> & { readonly csvPath: string };

export function importList(options: ByPath<ImportListOptions>): Promise<ImportResult> {
  return withList(options, importOpened);
}

export function mendList(options: ByPath<MendListOptions>): Promise<ImportResult> {
  return withList(options, mendOpened);
}

async function withList<T>(
  { csvPath, ...options }: T & { csvPath: string },
  work: (options: Omit<T, "csvPath"> & { file: ListFile }) => Promise<ImportResult>,
): Promise<ImportResult> {
  const opened = await peekList(csvPath, { links: "follow" });
  if (!opened.ok) return { ...opened, report: emptyReport("") };
  try {
    return await work({ ...(options as Omit<T, "csvPath">), file: opened.value });
  } finally {
    await opened.value.close();
  }
}
