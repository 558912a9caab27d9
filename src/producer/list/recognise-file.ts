import { utf16Of } from "../../core/encoding.ts";
import { type Refused, refuse } from "../../core/refusal.ts";

/** First bytes of what people drop instead of a CSV, and what to do about each. */
const OTHERS: readonly { magic: string; what: string; fix: "workbook" | "archive" | "pdf" }[] = [
  { magic: "504b0304", what: "an Excel workbook (.xlsx) or a zip archive", fix: "workbook" },
  { magic: "504b0506", what: "an empty zip archive", fix: "archive" },
  { magic: "d0cf11e0a1b11ae1", what: "an old Excel workbook (.xls)", fix: "workbook" },
  { magic: "25504446", what: "a PDF", fix: "pdf" },
  { magic: "1f8b", what: "a gzip archive", fix: "archive" },
  { magic: "377abcaf271c", what: "a 7-Zip archive", fix: "archive" },
  { magic: "526172211a07", what: "a RAR archive", fix: "archive" },
];

const FIXES = {
  workbook:
    'Open it in the spreadsheet program and save it as "CSV UTF-8"; an archive has to be unpacked.',
  archive: "Unpack it and give the CSV file inside.",
  pdf: "Ask for the list as a CSV or as a workbook: a PDF is made for reading and printing.",
} as const;

/**
 * Refuses what is no list, by its content: `list_not_csv` (workbooks, archives, PDF, anything
 * binary) and `list_empty`. `head`: the first bytes of the file of `sizeBytes`.
 */
export function recogniseOthers(name: string, head: Buffer, sizeBytes: number): Refused | null {
  const start = head.subarray(0, 8).toString("hex");
  const other = OTHERS.find(({ magic }) => start.startsWith(magic));
  if (other !== undefined) {
    return refuse("list_not_csv", `${name} is ${other.what}, not a CSV file.`, FIXES[other.fix]);
  }
  if (utf16Of(head) !== null) return null;
  if (isBinary(head)) {
    return refuse(
      "list_not_csv",
      `${name} holds bytes that no text has: it is not a CSV file.`,
      'Save the list as "CSV UTF-8" in the program that it comes from.',
    );
  }
  const text = head.subarray(0, 3).equals(BOM) ? head.subarray(3) : head;
  if (text.length + 3 >= sizeBytes && text.toString("latin1").trim() === "") {
    return refuse(
      "list_empty",
      `${name} is empty.`,
      "Give a CSV file with a header line and at least one row.",
    );
  }
  return null;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Text has tabs, line ends and perhaps a stray sign; one byte in fifty is no accident. */
function isBinary(head: Buffer): boolean {
  let controls = 0;
  for (const byte of head) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 26)) controls++;
  return controls > head.length / 50;
}
