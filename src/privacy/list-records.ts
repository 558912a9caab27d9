import { DELIMITERS } from "../core/delimiters.ts";

/**
 * Cuts the text of a list into its records, line ends included, without changing a character: what
 * is kept of a list stays byte for byte as it was. A quote opens only where a cell begins and closes
 * only where one ends, so a stray quote does not swallow the rest of the file; neither does one that
 * is never closed, for a record is not longer than `RECORD_LENGTH_MAX`.
 */
export interface RecordCutter {
  /** Takes the next piece; answers the records that it completes. */
  push(text: string): string[];
  /** What is left: a last record without a line end. */
  end(): string[];
}

const RECORD_LENGTH_MAX = 1024 * 1024;
const BETWEEN = new Set<string>(DELIMITERS);
const QUOTE = '"';

export function createRecordCutter(): RecordCutter {
  let rest = "";
  return {
    push(text) {
      rest += text;
      const records: string[] = [];
      for (;;) {
        const end = endOfRecord(rest);
        if (end === -1) return records;
        records.push(rest.slice(0, end));
        rest = rest.slice(end);
      }
    },
    end() {
      const lines = rest === "" ? [] : rest.split(/(?<=\n)/);
      rest = "";
      return lines;
    },
  };
}

/** Where the first record ends, or -1 when it is not whole yet. */
function endOfRecord(text: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char !== QUOTE) continue;
      if (text[at + 1] === QUOTE) at++;
      else if (isCellEnd(text[at + 1])) quoted = false;
    } else if (char === QUOTE) quoted = isCellStart(text[at - 1]);
    else if (char === "\n") return at + 1;
    else if (char === "\r" && at + 1 < text.length && text[at + 1] !== "\n") return at + 1;
    if (at > RECORD_LENGTH_MAX) return text.indexOf("\n") + 1 || -1;
  }
  return -1;
}

function isCellStart(before: string | undefined): boolean {
  return before === undefined || before === "\uFEFF" || before === "\u00BF" || BETWEEN.has(before);
}

function isCellEnd(after: string | undefined): boolean {
  return after === undefined || after === "\r" || after === "\n" || BETWEEN.has(after);
}
