import { isUtf8 } from "node:buffer";

/** Checks whether a stream of bytes is UTF-8, and finds the line of the first wrong byte. */
interface Utf8Check {
  push(chunk: Buffer): void;
  /** Ends the stream: an unfinished character is an error too. */
  end(): void;
  /** The line (from 1) of the first byte that is not UTF-8, or null so far. */
  badLine(): number | null;
}

/**
 * Chunks are checked whole by the runtime's vectorised check; only a character cut in two between
 * chunks (at most 3 bytes) is handled here.
 */
export function createUtf8Check(): Utf8Check {
  let carry: Buffer = Buffer.alloc(0);
  let line = 1;
  let bad: number | null = null;

  function check(bytes: Buffer): void {
    if (isUtf8(bytes)) line += newlines(bytes);
    else bad = line + linesBeforeBad(bytes);
  }

  return {
    push(chunk) {
      if (bad !== null) return;
      const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      const whole = wholeCharacters(bytes);
      carry = Buffer.from(bytes.subarray(whole));
      check(bytes.subarray(0, whole));
    },
    end() {
      if (bad === null && carry.length > 0) bad = line;
    },
    badLine: () => bad,
  };
}

/** How many leading bytes contain no character that may continue in the next chunk. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** A newline byte is never part of a character, so each line can be checked separately. */
function linesBeforeBad(bytes: Buffer): number {
  let lines = 0;
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    if (!isUtf8(bytes.subarray(start, end))) return lines;
    lines++;
    start = end + 1;
  }
  return lines;
}

const NEWLINE = 10;

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/**
 * The number of characters beyond ASCII in UTF-8, and of bytes that belong to none. Text in another
 * encoding has next to none of the former: it takes two matching bytes in a row.
 */
export function countUtf8(bytes: Buffer): { characters: number; strays: number } {
  let characters = 0;
  let strays = 0;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 0;
    if (length === 1) at++;
    else if (length > 0 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length))) {
      characters++;
      at += length;
    } else {
      strays++;
      at++;
    }
  }
  return { characters, strays };
}
