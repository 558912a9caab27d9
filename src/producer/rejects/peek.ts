import { foldColumnName } from "../../core/columns.ts";
import { utf16Of } from "../../core/encoding.ts";
import { accept, type Result } from "../../core/refusal.ts";
import { readBeginning } from "../list/csv.ts";
import { decodeText } from "../list/encoding/decode.ts";
import { type ListFile, openList } from "../list/open.ts";
import { CAMPAIGN_COLUMN, findRejectsLayout } from "./layout.ts";

/**
 * An open list and its kind. It is passed on by its opener, so that all decisions about a list, and
 * its sent rows, come from one descriptor: the same bytes, even if the file is replaced.
 */
export interface OpenedList extends ListFile {
  /** The campaign whose rejects file this is, by the first rows that name one; null for a list. */
  readonly rejectsOf: string | null;
}

/** Opens a list and determines its kind. Refusals: those of {@link openList}. */
export async function peekList(
  path: string,
  options: { links: "follow" | "refuse" },
): Promise<Result<OpenedList>> {
  const opened = await openList(path, options);
  if (!opened.ok) return opened;
  try {
    return accept({ ...opened.value, rejectsOf: await findCampaign(opened.value) });
  } catch (error) {
    await opened.value.close();
    throw error;
  }
}

/** {@link OpenedList.rejectsOf} of a file that is not read further; null if it cannot be read. */
export async function campaignOfRejects(
  path: string,
  options: { links: "follow" | "refuse" },
): Promise<string | null> {
  const list = await peekList(path, options);
  if (!list.ok) return null;
  await list.value.close();
  return list.value.rejectsOf;
}

/** Null, too, for a list whose beginning cannot be read: the full read reports that. */
async function findCampaign(file: ListFile): Promise<string | null> {
  // Spreadsheets may have saved it in any encoding: the column names are ASCII in all of them.
  const encoding = utf16Of(file.head) ?? "utf-8";
  if (!foldColumnName(decodeText(file.head, encoding)).includes(CAMPAIGN_COLUMN)) return null;
  const beginning = await readBeginning(file, encoding);
  if (!beginning.ok) return null;
  const { header, rows } = beginning.value;
  const layout = findRejectsLayout(header.columns);
  const named = rows.map((cells) => layout?.placeOf(cells).campaign ?? "");
  return named.find((campaign) => campaign !== "") ?? null;
}
