import { DELIMITERS } from "../core/delimiters.ts";

/**
 * Splits the text of a list into records with their line ends, without changing a character, so
 * that the rest of the list stays byte for byte the same. A quote opens only at the beginning of a
 * cell and closes only at its end, so that a stray quote does not swallow the rest of the file. Nor
 * does an unclosed one, since a record has at most `RECORD_LENGTH_MAX` characters.
 */
interface RecordSplitter {
  /** Takes the next piece of text; returns the records that it completes. */
  push(text: string): string[];
  /** Returns the last record, if it has no line end. */
  end(): string[];
}

const RECORD_LENGTH_MAX = 1024 * 1024;
const BETWEEN = new Set<string>(DELIMITERS);
const QUOTE = '"';

export function createRecordSplitter(): RecordSplitter {
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

/** Where the first record ends, or -1 if it is not complete yet. */
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
