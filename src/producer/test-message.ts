import { basename, dirname, resolve } from "node:path";
import type { CampaignDefinition } from "../core/campaign.ts";
import type { Encoding } from "../core/encoding.ts";
import type { Mode } from "../core/mode.ts";
import { compilePreview } from "../core/preview.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { rejectReason } from "../core/reject.ts";
import { compileTemplate, templateColumns } from "../core/template.ts";
import type { ImportStore } from "../store/index.ts";
import { type PreparedList, prepareList } from "./check/prepare-list.ts";
import { readRows } from "./list/csv.ts";
import { peekList } from "./rejects/peek.ts";

/** The values of one test message. */
export interface TestValues {
  /** The list's file; null: the template needs none. */
  readonly file: string | null;
  readonly columns: readonly string[];
  readonly cells: readonly string[];
  /** The message's text as the preview shows it; null without a preview. */
  readonly text: string | null;
  /** What is probably wrong with the values, in words. */
  readonly doubts: readonly string[];
}

/**
 * Reads the values of row `row` (from 1) of a campaign's list, and checks them as an import does;
 * the row's own phone does not matter. Without a list only a template without columns can be sent.
 * Refusals: `list_missing`, `test_row_missing`, `test_row_rejected`, and those of an import that
 * correcting rows cannot fix.
 */
export async function readTestValues(input: {
  readonly definition: CampaignDefinition;
  readonly campaignPath: string;
  /** Null: the campaign's `recipients.file`. */
  readonly listPath: string | null;
  readonly row: number;
  /** Of phones without country code. */
  readonly country: string | null;
  readonly encoding: Encoding | null;
}): Promise<Result<TestValues>> {
  const { definition, campaignPath, country, encoding } = input;
  const own = definition.recipients.file;
  const path = input.listPath ?? (own === null ? null : resolve(dirname(campaignPath), own));
  if (path === null) return withoutList(definition, basename(campaignPath));
  const opened = await peekList(path, { links: "follow" });
  if (!opened.ok) return opened;
  try {
    const list = await prepareList(opened.value, { definition, country, encoding });
    return list.ok ? await readValues(list.value, definition, input.row) : list;
  } finally {
    await opened.value.close();
  }
}

function withoutList(definition: CampaignDefinition, file: string): Result<TestValues> {
  const [column] = templateColumns(definition.template);
  if (column !== undefined) {
    return refuse(
      "list_missing",
      `The template uses column "${column}", but no list was given, and ${file} names none.`,
      "Give the CSV after the campaign file, or name it there as recipients.file.",
    );
  }
  const template = compileTemplate(definition.template, [], definition.category);
  if (!template.ok) return template;
  return accept({ file: null, columns: [], cells: [], doubts: [], ...textOf(definition, [], []) });
}

async function readValues(
  list: PreparedList,
  definition: CampaignDefinition,
  row: number,
): Promise<Result<TestValues>> {
  const { file, header, columns, layout, template } = list;
  const ownCells = layout?.ownCells ?? ((cells: readonly string[]) => cells);
  const found = await findRow(list, row);
  if (!found.ok) return found;
  if (found.value === null) {
    return refuse(
      "test_row_missing",
      `${file.name} has no row ${row} below its header.`,
      "Name a row that it has; they count from 1, without the header and blank lines.",
    );
  }
  const { line } = found.value;
  const cells = ownCells(found.value.cells);
  const fits = cells.length <= columns.length && cells.length >= template.cellsNeeded;
  const checked = fits
    ? template.check(cells)
    : ({ ok: false, code: "row_columns", column: "" } as const);
  const strict = definition.recipients.strictValues && checked.ok ? checked.doubts?.[0] : undefined;
  const wrong = checked.ok ? strict : checked;
  if (wrong !== undefined) {
    return refuse(
      "test_row_rejected",
      `Row ${row} of ${file.name} (line ${line}) cannot be sent: ${rejectReason(wrong.code, wrong.column)}.`,
      "Correct the row, or name another one with --row.",
    );
  }
  const doubts = checked.ok ? (checked.doubts ?? []) : [];
  return accept({
    ...{ file: file.name, columns: header.columns.length === 0 ? [] : columns, cells },
    doubts: doubts.map(({ code, column }) => rejectReason(code, column)),
    ...textOf(definition, columns, cells),
  });
}

interface FoundRow {
  readonly cells: readonly string[];
  readonly line: number;
}

async function findRow(
  { file, header }: PreparedList,
  row: number,
): Promise<Result<FoundRow | null>> {
  let seen = 0;
  let found: FoundRow | null = null;
  const read = await readRows(file, header, {
    visit: ({ rows, lines }) => {
      const at = row - 1 - seen;
      const cells = rows[at];
      if (cells !== undefined) found = { cells, line: lines[at] ?? 0 };
      seen += rows.length;
      return found === null;
    },
  });
  return read.ok || found !== null ? accept(found) : read;
}

function textOf(
  { preview, template }: CampaignDefinition,
  columns: readonly string[],
  cells: readonly string[],
) {
  return {
    text: preview === null ? null : compilePreview(preview, template, columns).fill(cells),
  };
}

/** How long a test message may wait to be sent: nothing of it goes out later. */
const TEST_MS = 10 * 60_000;

/**
 * Stores a test message: a campaign of one row, kept out of everything that lists or counts
 * campaigns. It has no window, canary or share of its own. Returns its id, or null if it was
 * cancelled meanwhile. Throws if Redis fails: then nothing is sent.
 */
export async function storeTestMessage(
  imports: ImportStore,
  input: {
    readonly definition: CampaignDefinition;
    readonly values: TestValues;
    /** Digits with country code. */
    readonly phone: string;
    readonly mode: Mode;
  },
): Promise<string | null> {
  const { definition, values, phone, mode } = input;
  const { file, columns, cells } = values;
  const begun = await imports.begin({
    ...{ digest: crypto.randomUUID(), again: false, definition: toTest(definition), mode },
    ...{ file: file ?? "", columns, testMs: TEST_MS },
  });
  if (begun.kind !== "begun") return null;
  const rows = [{ cells, outcome: { kind: "pending" as const, phone } }];
  const stored = await imports.chunk({ ...begun, firstBatch: 0, batches: [{ rows }] });
  if (stored === "lost") return null;
  const finished = await imports.finish({ ...begun, rows: 1, batches: 1 });
  return finished.kind === "stored" ? begun.campaign : null;
}

/** What a test message keeps of its campaign; every rule about many messages is off. */
function toTest({ name, number, template, preview, category }: CampaignDefinition) {
  return {
    ...{ name, number, template, preview, category },
    // Configured caps count it, and do not keep it back.
    caps: { limits: { marketing: [], utility: [], authentication: [] }, outcome: null },
    recipients: {
      ...{ file: null, to: null, country: null, numbers: null, encoding: null },
      ...{ maxRejected: 1, strictValues: false, skipUndeliverableMs: null },
      ...{ warnRepeatMs: null, skipRepeatMs: null },
    },
    schedule: { startAtMs: null, endByMs: null },
    delivery: { guarantee: "at-most-once", ratePerSecond: null, priority: "urgent" },
  } as const satisfies CampaignDefinition;
}
