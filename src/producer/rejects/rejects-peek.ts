import { utf16Of } from "../../core/encoding.ts";
import { readHeader } from "../list/csv.ts";
import { openList } from "../list/list-file.ts";
import { readFirstRows } from "../list/list-sample.ts";
import { CAMPAIGN_COLUMN, findRejectsLayout } from "./rejects-columns.ts";

/**
 * The campaign whose rejects file this list is, by the first rows that name one; null for an
 * ordinary list, and for whatever cannot be read: that is told by who reads it next.
 */
export async function campaignOfRejects(
  csvPath: string,
  options: { links: "follow" | "refuse" },
): Promise<string | null> {
  const opened = await openList(csvPath, options);
  if (!opened.ok) return null;
  const file = opened.value;
  try {
    // Spreadsheets may have saved it in any encoding: the names of the columns are ASCII in all.
    const encoding = utf16Of(file.head) ?? "iso-8859-2";
    const mark = encoding === "iso-8859-2" ? "latin1" : "utf16le";
    const head = encoding === "utf-16be" ? Buffer.from(file.head).swap16() : file.head;
    if (!head.toString(mark).toLowerCase().includes(CAMPAIGN_COLUMN)) return null;
    const header = await readHeader(file, { encoding });
    if (!header.ok) return null;
    const layout = findRejectsLayout(header.value.columns);
    if (layout === null) return null;
    const rows = await readFirstRows(file, header.value, (cells) => cells);
    const named = rows.map((cells) => layout.placeOf(cells).campaign);
    return named.find((campaign) => campaign !== "") ?? null;
  } finally {
    await file.close();
  }
}
