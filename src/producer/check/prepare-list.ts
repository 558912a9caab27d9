import type { CampaignDefinition } from "../../core/campaign.ts";
import type { Encoding } from "../../core/encoding.ts";
import { accept, type Result } from "../../core/refusal.ts";
import { compileTemplate, templateColumns } from "../../core/template.ts";
import { checkHeader, checkIsHeader, checkNameless } from "../columns/header.ts";
import { findPhoneColumn } from "../columns/phone-column.ts";
import { lookAtColumns, type PhoneSample } from "../columns/seen-columns.ts";
import type { PreparedList } from "../import/import-options.ts";
import { readListBytes } from "../list/bytes.ts";
import { readBeginning } from "../list/csv.ts";
import type { ListFile } from "../list/open.ts";
import { findTellingCells } from "../list/telling-cells.ts";
import { createShapeCounter, type NumberStyle, styleOf } from "../phones/number-style.ts";
import { createCellReader, createPhoneFinder } from "../phones/phones.ts";
import { findRejectsLayout } from "../rejects/layout.ts";

/**
 * Finds out how a list is to be read for a campaign: its encoding (the whole list is read for
 * that), dialect, columns, where the phones are, and that the template can be filled. Refuses what
 * no row of it can mend.
 */
export async function prepareList(
  file: ListFile,
  input: {
    definition: CampaignDefinition;
    /** Of numbers without country code. */
    country: string | null;
    /** Where it is known how the list writes phones: its corrected rows come back. */
    style?: NumberStyle | undefined;
    encoding?: Encoding | null | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<Result<PreparedList>> {
  const { recipients, template: definition, category } = input.definition;
  const given = input.encoding ?? recipients.encoding;
  const bytes = await readListBytes(file, { given, signal: input.signal });
  if (!bytes.ok) return bytes;
  const beginning = await readBeginning(file, bytes.value.encoding);
  if (!beginning.ok) return beginning;
  const { header } = beginning.value;
  const layout = findRejectsLayout(header.columns);
  const columns = layout?.columns ?? header.columns;
  const ownCells = layout?.ownCells ?? ((cells: readonly string[]) => cells);
  const { country } = input;
  const rows = beginning.value.rows.map(ownCells);
  const sample: PhoneSample = { rows, readPhone: createPhoneFinder(country) };
  const seen = lookAtColumns(columns, sample);
  const headed = checkIsHeader(seen, sample);
  if (!headed.ok) return headed;
  const used = [...templateColumns(definition), ...(recipients.to === null ? [] : [recipients.to])];
  const checked = checkHeader(seen, used);
  if (!checked.ok) return checked;
  const ended = layout === null ? checkNameless(header, rows) : checked;
  if (!ended.ok) return ended;
  const phone = findPhoneColumn(seen, recipients.to);
  if (!phone.ok) return phone;
  const alone = checkHeader(seen, [phone.value.name]);
  if (!alone.ok) return alone;
  const template = compileTemplate(definition, columns, category);
  if (!template.ok) return template;
  const encodingSamples = bytes.value.encodingGuessed
    ? await findTellingCells(file, header, { index: phone.value.index, ownCells })
    : [];
  const readCell = createCellReader(country);
  const shapes = createShapeCounter();
  for (const row of rows) shapes.add(readCell(row[phone.value.index] ?? ""));
  const style =
    input.style ?? styleOf(shapes.counts, { country, given: recipients.numbers ?? null });
  return accept({
    ...{ file, bytes: bytes.value, encodingSamples },
    ...{ header, columns, layout, phone: phone.value, template: template.value },
    style,
  });
}
