import {
  type CorrectListInput,
  correctList as correct,
} from "../../../src/producer/correct/correct-list.ts";
import {
  type ImportListInput,
  importList as importOpened,
} from "../../../src/producer/import/import-list.ts";
import type { OpenedList } from "../../../src/producer/rejects/peek.ts";
import { peekList } from "../../../src/producer/rejects/peek.ts";
import { endWith, type ImportResult } from "../../../src/producer/report.ts";
import type { CorrectionStore, ListNumber, ListRequest } from "../../../src/producer/request.ts";

/** What an import is asked to do, with its list named by a path. */
export interface ImportOptions
  extends Omit<ImportListInput, "file" | "number" | "request">,
    Omit<ListNumber, "store">,
    ListRequest {
  readonly csvPath: string;
}

export function importList(options: ImportOptions): Promise<ImportResult> {
  const { csvPath, definition, mode, sink, country, preflight, ...request } = options;
  const number: ListNumber = {
    ...{ sink, store: null, country },
    ...(preflight === undefined ? {} : { preflight }),
  };
  return withList(csvPath, (file) => importOpened({ file, definition, mode, number, request }));
}

/** The same for corrected rows. */
export interface CorrectOptions
  extends Omit<CorrectListInput, "file" | "of" | "number" | "request" | "store">,
    Omit<ListNumber, "store" | "sink">,
    CorrectionStore,
    ListRequest {
  readonly csvPath: string;
  readonly id: string;
  readonly mark?: string;
  readonly given: CorrectListInput["of"]["given"];
}

export function correctList(options: CorrectOptions): Promise<ImportResult> {
  const { csvPath, id, mark = id, given, mode, purpose, corrections, people, ...rest } = options;
  const { country, preflight, ...request } = rest;
  return withList(csvPath, (file) =>
    correct({
      ...{
        file,
        of: { id, mark, given },
        mode,
        purpose,
        store: { corrections, people },
        request,
      },
      number: { country, ...(preflight === undefined ? {} : { preflight }) },
    }),
  );
}

async function withList(
  csvPath: string,
  work: (file: OpenedList) => Promise<ImportResult>,
): Promise<ImportResult> {
  const opened = await peekList(csvPath, { links: "follow" });
  if (!opened.ok) return endWith(opened, { file: "" });
  try {
    return await work(opened.value);
  } finally {
    await opened.value.close();
  }
}
