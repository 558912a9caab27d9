import type { CampaignDefinition } from "../core/campaign.ts";
import { scheduleText } from "../core/delegate.ts";
import type { Encoding } from "../core/encoding.ts";
import { compilePreview } from "../core/preview.ts";
import { accept, type Result } from "../core/refusal.ts";
import { unescapeCells } from "../core/spreadsheet.ts";
import { createRowCheck } from "./check/check-rows.ts";
import { type PreparedList, prepareList } from "./check/prepare-list.ts";
import { readRows } from "./list/csv.ts";
import { openList } from "./list/open.ts";
import { createShapeCounter } from "./phones/number-style.ts";
import { type Sample, sampleOf } from "./preflight/preflight.ts";

/** How far to look for rows that can be sent. */
const LOOKED_AT_MAX = 10_000;

/**
 * The messages of the first people of a list, as an import would send them. The rest of the list,
 * opt-outs and other campaigns are not looked at: a preflight does that. Fewer, or none, if the
 * first rows cannot be sent. Refuses what correcting rows cannot fix, as an import does.
 */
export async function previewPeople(input: {
  readonly path: string;
  readonly definition: CampaignDefinition;
  /** Of phones without country code; the campaign's own takes precedence. */
  readonly country: string | null;
  readonly encoding: Encoding | null;
  readonly people: number;
  readonly nowMs: number;
}): Promise<Result<Sample[]>> {
  const { path, definition, encoding } = input;
  const file = await openList(path, { links: "refuse" });
  if (!file.ok) return file;
  try {
    const country = definition.recipients.country ?? input.country;
    const list = await prepareList(file.value, { definition, country, encoding });
    return list.ok ? await readPeople(list.value, input) : list;
  } finally {
    await file.value.close();
  }
}

async function readPeople(
  list: PreparedList,
  input: { definition: CampaignDefinition; people: number; nowMs: number },
): Promise<Result<Sample[]>> {
  const { definition, people, nowMs } = input;
  const { file, header, columns, template, style } = list;
  const { preview } = definition;
  const words = preview === null ? null : compilePreview(preview, definition.template, columns);
  const schedule = scheduleText(definition.schedule, 0);
  const check = createRowCheck(list, {
    ...{ style, shapes: createShapeCounter(), strictValues: definition.recipients.strictValues },
    ...{ startsMs: Math.max(nowMs, definition.schedule.startAtMs ?? 0) },
    rowsExpected: LOOKED_AT_MAX,
  });
  const ownCells = list.layout?.ownCells ?? ((cells: readonly string[]) => cells);
  const found: Sample[] = [];
  let row = 0;
  const read = await readRows(file, header, {
    visit({ rows, lines }) {
      for (const [at, given] of rows.entries()) {
        const cells = unescapeCells(ownCells(given));
        const outcome = check(cells, ++row);
        if (outcome.kind !== "pending") continue;
        const { phone } = outcome;
        const text = words?.fill(cells) ?? null;
        found.push(sampleOf({ phone, line: lines[at] ?? 0, text, cells, template, schedule }));
        if (found.length === people) return false;
      }
      return row < LOOKED_AT_MAX;
    },
  });
  return read.ok || found.length > 0 ? accept(found) : read;
}
