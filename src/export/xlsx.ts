import { Readable } from "node:stream";
import { ZipFile } from "yazl";

/**
 * Writes a workbook as a stream, so that a million rows take no more memory than a thousand. A
 * workbook is a few XML files in a ZIP (ECMA-376). Texts are inline strings in cells of the format
 * "text": no program reads `+48600…` as a number or `=…` as a formula, so nothing is escaped as it
 * is in a CSV.
 */

export type XlsxCell = string | number | null;

/** Excel's own limits. */
const SHEET_ROWS_MAX = 1_048_576;
const COLUMNS_MAX = 16_384;
const TEXT_MAX = 32_767;

/** A few hundred megabytes of repeated tags: higher levels cost more time than they save. */
const COMPRESSION_LEVEL = 3;

/**
 * The workbook; it fails as `rows` fails. A second sheet begins where one is full.
 */
export function xlsxStream(input: {
  readonly head: readonly string[];
  readonly rows: AsyncIterable<readonly (readonly XlsxCell[])[]>;
  /** Of a sheet, its head included. For tests. */
  readonly sheetRowsMax?: number;
}): Readable {
  const { head, rows, sheetRowsMax = SHEET_ROWS_MAX } = input;
  const zip = new ZipFile();
  const source = createSource(rows);
  // A PassThrough, which its types do not say.
  const output = zip.outputStream as Readable;
  const fail = (error: unknown) => output.destroy(error as Error);
  zip.on("error", fail);
  let current: Readable | undefined;

  const addSheet = (nth: number): void => {
    const sheet = Readable.from(sheetXml(head, source, sheetRowsMax), { objectMode: false });
    current = sheet;
    sheet.on("error", fail);
    sheet.on("end", () => {
      if (!source.isDone()) return addSheet(nth + 1);
      for (const [path, xml] of Object.entries(workbook(nth)))
        zip.addBuffer(Buffer.from(xml), path);
      zip.end();
    });
    zip.addReadStream(sheet, `xl/worksheets/sheet${nth}.xml`, {
      compressionLevel: COMPRESSION_LEVEL,
    });
  };
  addSheet(1);
  // Also when the reader has gone away.
  output.on("close", () => {
    current?.destroy();
    void source.close();
  });
  return output;
}

type Rows = readonly (readonly XlsxCell[])[];

/** Hands out blocks of rows; a sheet that has no room for a whole block returns the rest. */
function createSource(rows: AsyncIterable<Rows>) {
  const iterator = rows[Symbol.asyncIterator]();
  let rest: Rows = [];
  let done = false;

  async function peek(): Promise<void> {
    while (rest.length === 0 && !done) {
      const next = await iterator.next();
      if (next.done === true) done = true;
      else rest = next.value;
    }
  }

  return {
    /** Reads ahead, so that the end is known. */
    peek,
    /** Up to `max` rows; none at the end. */
    async take(max: number): Promise<Rows> {
      await peek();
      const taken = rest.slice(0, max);
      rest = rest.slice(max);
      return taken;
    },
    isDone: () => done && rest.length === 0,
    close: async () => iterator.return?.(),
  };
}

type Source = ReturnType<typeof createSource>;

async function* sheetXml(
  head: readonly string[],
  source: Source,
  rowsMax: number,
): AsyncGenerator<Buffer> {
  yield Buffer.from(SHEET_HEAD + rowXml(head));
  let room = rowsMax - 1;
  while (room > 0) {
    const rows = await source.take(room);
    if (rows.length === 0) break;
    room -= rows.length;
    // As bytes, which also replaces halves of surrogate pairs: XML must not have them.
    yield Buffer.from(rows.map(rowXml).join(""));
  }
  // Whether another sheet follows is known only once the next block was asked for.
  if (room === 0) await source.peek();
  yield Buffer.from(SHEET_TAIL);
}

function rowXml(cells: readonly XlsxCell[]): string {
  let xml = "<row>";
  for (const cell of cells.length > COLUMNS_MAX ? cells.slice(0, COLUMNS_MAX) : cells) {
    if (cell === null || cell === "") xml += "<c/>";
    else if (typeof cell === "number") xml += `<c><v>${cell}</v></c>`;
    else xml += `<c s="1" t="inlineStr"><is>${textXml(cell)}</is></c>`;
  }
  return `${xml}</row>`;
}

/** Needs an escape, or would lose its outer spaces. */
const SPECIAL = /[&<>\p{Cc}\ufffe\uffff]|_x|^\s|\s$| {2}/u;

function textXml(text: string): string {
  if (text.length <= TEXT_MAX && !SPECIAL.test(text)) return `<t>${text}</t>`;
  const cut = text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`;
  const escaped = cut
    // A text that looks like Excel's own escape of a character.
    .replace(/_(?=x[0-9a-f]{4}_)/gi, "_x005F_")
    .replace(/[\p{Cc}\ufffe\uffff]/gu, escapeControl)
    .replace(/[&<>]/g, (char) => ENTITIES[char] ?? char);
  return `<t xml:space="preserve">${escaped}</t>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Tab and line feed are allowed in XML; Excel has an escape for the others. */
function escapeControl(char: string): string {
  if (char === "\t" || char === "\n") return char;
  return `_x${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`;
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/** The head stays in view; text is the format of every column. */
const SHEET_HEAD = `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="${COLUMNS_MAX}" width="18" style="1" customWidth="1"/></cols><sheetData>`;
const SHEET_TAIL = "</sheetData></worksheet>";

/** The files around so many sheets, by path. */
function workbook(sheets: number): Readonly<Record<string, string>> {
  const each = Array.from({ length: sheets }, (_, at) => at + 1);
  const name = (nth: number) => (nth === 1 ? "Rows" : `Rows ${nth}`);
  return {
    "[Content_Types].xml": `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/>${each.map((nth) => `<Override PartName="/xl/worksheets/sheet${nth}.xml" ContentType="${TYPE}.worksheet+xml"/>`).join("")}</Types>`,
    "_rels/.rels": `${XML}<Relationships xmlns="${RELATIONS}"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    "xl/workbook.xml": `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${each.map((nth) => `<sheet name="${name(nth)}" sheetId="${nth}" r:id="rId${nth}"/>`).join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `${XML}<Relationships xmlns="${RELATIONS}">${each.map((nth) => `<Relationship Id="rId${nth}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${nth}.xml"/>`).join("")}<Relationship Id="rId${sheets + 1}" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
    // Cell format 1 is "@", text.
    "xl/styles.xml": `${XML}<styleSheet xmlns="${MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`,
  };
}
