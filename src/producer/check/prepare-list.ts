import type { CampaignDefinition, Numbers } from "../../core/campaign.ts";
import type { Delimiter } from "../../core/delimiters.ts";
import type { Encoding } from "../../core/encoding.ts";
import { accept, type Result } from "../../core/refusal.ts";
import { type CompiledTemplate, compileTemplate, templateColumns } from "../../core/template.ts";
import { type SendTimes, sendTimesOf } from "../../time/send-times.ts";
import { type ConsentColumn, findConsentColumns } from "../columns/consent-columns.ts";
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
  /** Where rows may say that their people want no messages. */
  readonly consents: readonly ConsentColumn[];
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
    /** Default: the campaign's; null: recognised, as for corrected rows. */
    delimiter?: Delimiter | null | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<Result<PreparedList>> {
  const { definition, country, signal } = input;
  const { recipients } = definition;
  const delimiter = input.delimiter === undefined ? recipients.delimiter : input.delimiter;
  const encoding = input.encoding ?? recipients.encoding;
  const written = await readAsWritten(file, { encoding, delimiter, signal });
  if (!written.ok) return written;
  const { header, layout, columns, ownCells, rows } = written.value;
  const phone = findPhones(written.value, {
    ...{ to: recipients.to, country },
    used: [...templateColumns(definition.template), recipients.timezone ?? null],
  });
  if (!phone.ok) return phone;
  const zoneColumn = checkZoneColumn(columns, recipients.timezone ?? null);
  if (!zoneColumn.ok) return zoneColumn;
  const template = compileTemplate(definition.template, columns, definition.category);
  if (!template.ok) return template;
  const { index } = phone.value;
  const { bytes } = written.value;
  const encodingSamples = bytes.encodingGuessed
    ? await findSampleCells(file, header, { index, ownCells })
    : [];
  const phones = rows.map((row) => row[index] ?? "");
  return accept({
    ...{ file, bytes, encodingSamples, header, columns, layout },
    ...{ phone: phone.value, template: template.value, country },
    // A person asks for a one-time code each time.
    consents: definition.category === "authentication" ? [] : findConsentColumns(columns, rows),
    ...{ times: sendTimesOf(definition, columns), zoneColumn: zoneColumn.value },
    style: input.style ?? styleOfPhones(phones, country, recipients.numbers ?? null),
  });
}

/** A list as it is written, before anything is asked of its columns. */
export interface WrittenList {
  readonly bytes: ListBytes;
  readonly header: CsvHeader;
  readonly layout: RejectsLayout | null;
  /** The list's own columns. */
  readonly columns: readonly string[];
  readonly ownCells: (cells: readonly string[]) => readonly string[];
  /** The first rows, in these columns, and the line of each. */
  readonly rows: readonly (readonly string[])[];
  readonly lines: readonly number[];
}

/** Finds out how a list is written; null: by its bytes. Reads the whole list. */
export async function readAsWritten(
  file: ListFile,
  how: {
    encoding: Encoding | null;
    delimiter?: Delimiter | null | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<Result<WrittenList>> {
  const bytes = await readListBytes(file, { given: how.encoding, signal: how.signal });
  if (!bytes.ok) return bytes;
  const beginning = await readBeginning(file, bytes.value.encoding, how.delimiter);
  if (!beginning.ok) return beginning;
  const { header, lines } = beginning.value;
  const layout = findRejectsLayout(header.columns);
  const ownCells = layout?.ownCells ?? ((cells: readonly string[]) => cells);
  return accept({
    ...{ bytes: bytes.value, header, layout, columns: layout?.columns ?? header.columns },
    ...{ ownCells, rows: beginning.value.rows.map(ownCells), lines },
  });
}

/**
 * The column with the phones of a list whose first line is a header with unambiguous names. `to`
 * and `used`: the columns that the campaign names.
 */
export function findPhones(
  { header, layout, columns, rows }: Pick<WrittenList, "header" | "layout" | "columns" | "rows">,
  wanted: { to: string | null; used: readonly (string | null)[]; country: string | null },
): Result<PhoneColumn> {
  const sample = { rows, readPhone: createPhoneFinder(wanted.country) };
  const seen = seeColumns(columns, sample, [...wanted.used, wanted.to]);
  if (!seen.ok) return seen;
  const nameless = layout === null ? checkNameless(header, rows) : accept(undefined);
  if (!nameless.ok) return nameless;
  const phone = findPhoneColumn(seen.value, wanted.to);
  if (!phone.ok) return phone;
  const alone = checkHeader(seen.value, [phone.value.name]);
  return alone.ok ? phone : alone;
}

function seeColumns(
  columns: readonly string[],
  sample: PhoneSample,
  named: readonly (string | null)[],
): Result<SeenColumn[]> {
  const seen = lookAtColumns(columns, sample);
  const headed = checkIsHeader(seen, sample);
  if (!headed.ok) return headed;
  const used = named.filter((name) => name !== null);
  const checked = checkHeader(seen, used);
  return checked.ok ? accept(seen) : checked;
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
