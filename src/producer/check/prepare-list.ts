import type { CampaignDefinition, Numbers } from "../../core/campaign.ts";
import type { Encoding } from "../../core/encoding.ts";
import { accept, type Result } from "../../core/refusal.ts";
import { type CompiledTemplate, compileTemplate, templateColumns } from "../../core/template.ts";
import { type SendTimes, sendTimesOf } from "../../time/send-times.ts";
import { checkHeader, checkIsHeader, checkNameless, checkZoneColumn } from "../columns/header.ts";
import { findPhoneColumn, type PhoneColumn } from "../columns/phone-column.ts";
import { lookAtColumns, type PhoneSample, type SeenColumn } from "../columns/seen-columns.ts";
import { type ListBytes, readListBytes } from "../list/bytes.ts";
import { type CsvHeader, readBeginning } from "../list/csv.ts";
import type { ListFile } from "../list/open.ts";
import { findSampleCells } from "../list/sample-cells.ts";
import { createShapeCounter, type NumberStyle, styleOf } from "../phones/number-style.ts";
import { createCellReader, createPhoneFinder } from "../phones/phone-reader.ts";
import { findRejectsLayout, type RejectsLayout } from "../rejects/layout.ts";

/** A list with a valid header, ready to be read for its campaign. */
export interface PreparedList {
  readonly file: ListFile;
  readonly bytes: ListBytes;
  /** For a guessed encoding: cells that let a person verify it. */
  readonly encodingSamples: readonly string[];
  readonly header: CsvHeader;
  /** The list's own columns, without those that a rejects file adds. */
  readonly columns: readonly string[];
  /** Set if the list is a rejects file. */
  readonly layout: RejectsLayout | null;
  readonly phone: PhoneColumn;
  readonly template: CompiledTemplate;
  /** Of bare phones. */
  readonly country: string | null;
  /** The phone style by the first rows; all rows decide. */
  readonly style: NumberStyle;
  /** When its messages may be sent; null: at any time. */
  readonly times: SendTimes | null;
  /** The column with the recipients' time zones. */
  readonly zoneColumn: string | null;
}

/**
 * Determines how to read a list for a campaign: its encoding (this reads the whole list), dialect,
 * columns, the phone column, and that the template can be filled. Refuses what correcting rows
 * cannot fix.
 */
export async function prepareList(
  file: ListFile,
  input: {
    definition: CampaignDefinition;
    /** Of numbers without country code. */
    country: string | null;
    /** Given if the phone style is already known: for corrected rows. */
    style?: NumberStyle | undefined;
    encoding?: Encoding | null | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<Result<PreparedList>> {
  const { definition, country, signal } = input;
  const given = input.encoding ?? definition.recipients.encoding;
  const bytes = await readListBytes(file, { given, signal });
  if (!bytes.ok) return bytes;
  const beginning = await readBeginning(file, bytes.value.encoding);
  if (!beginning.ok) return beginning;
  const { header } = beginning.value;
  const layout = findRejectsLayout(header.columns);
  const columns = layout?.columns ?? header.columns;
  const ownCells = layout?.ownCells ?? ((cells: readonly string[]) => cells);
  const rows = beginning.value.rows.map(ownCells);
  const seen = seeColumns(columns, { rows, readPhone: createPhoneFinder(country) }, definition);
  if (!seen.ok) return seen;
  const nameless = layout === null ? checkNameless(header, rows) : accept(undefined);
  if (!nameless.ok) return nameless;
  const phone = findPhones(seen.value, definition.recipients.to);
  if (!phone.ok) return phone;
  const zoneColumn = checkZoneColumn(columns, definition.recipients.timezone ?? null);
  if (!zoneColumn.ok) return zoneColumn;
  const template = compileTemplate(definition.template, columns, definition.category);
  if (!template.ok) return template;
  const { index } = phone.value;
  const encodingSamples = bytes.value.encodingGuessed
    ? await findSampleCells(file, header, { index, ownCells })
    : [];
  const phones = rows.map((row) => row[index] ?? "");
  return accept({
    ...{ file, bytes: bytes.value, encodingSamples, header, columns, layout },
    ...{ phone: phone.value, template: template.value, country },
    ...{ times: sendTimesOf(definition, columns), zoneColumn: zoneColumn.value },
    style: input.style ?? styleOfPhones(phones, country, definition.recipients.numbers ?? null),
  });
}

/** The columns of a list whose first line is a header with unambiguous names. */
function seeColumns(
  columns: readonly string[],
  sample: PhoneSample,
  { recipients: { to, timezone }, template }: CampaignDefinition,
): Result<SeenColumn[]> {
  const seen = lookAtColumns(columns, sample);
  const headed = checkIsHeader(seen, sample);
  if (!headed.ok) return headed;
  const wanted = [to, timezone ?? null].filter((name) => name !== null);
  const named = checkHeader(seen, [...templateColumns(template), ...wanted]);
  return named.ok ? accept(seen) : named;
}

function findPhones(seen: readonly SeenColumn[], to: string | null): Result<PhoneColumn> {
  const phone = findPhoneColumn(seen, to);
  if (!phone.ok) return phone;
  const alone = checkHeader(seen, [phone.value.name]);
  return alone.ok ? phone : alone;
}

function styleOfPhones(
  cells: readonly string[],
  country: string | null,
  given: Numbers | null,
): NumberStyle {
  const readCell = createCellReader(country);
  const shapes = createShapeCounter();
  for (const cell of cells) shapes.add(readCell(cell));
  return styleOf(shapes.counts, { country, given });
}
