import { isUtf8 } from "node:buffer";
import { utf16Of } from "../core/encoding.ts";
import { garbledAt } from "../core/garbled.ts";

/** A mistake in a text, with its place if known. */
export interface TextProblem {
  readonly place: string | null;
  readonly message: string;
}

type HandWritten =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: TextProblem };

/**
 * The text of a hand-written file: UTF-8, with or without a byte order mark. All line ends become `
 * `. Anything else is refused with its place and a fix, since a misread letter would be sent, and
 * an unread first line would go unnoticed.
 */
export function readHandWritten(bytes: Uint8Array): HandWritten {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (utf16Of(buffer) !== null) return refused(null, IS_UTF16);
  const text = buffer.toString("utf8").replace(/^\ufeff/, "");
  const [odd] = /[\ufffd\p{Cc}]/u.exec(text.replace(/[\t\r\n]/g, " ")) ?? [];
  if (odd !== undefined) return refused(placeOf(text, text.indexOf(odd)), oddMessage(odd, buffer));
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  for (const [index, line] of lines.entries()) {
    const at = garbledAt(line);
    if (at !== null) return refused(`line ${index + 1}, column ${at + 1}`, IS_GARBLED);
  }
  return { ok: true, text: lines.join("\n") };
}

const IS_UTF16 =
  "is UTF-16, as Notepad's \"Unicode\" and PowerShell's > write it: save the file as UTF-8";

const IS_GARBLED =
  'holds letters that were read in a wrong encoding (as "Jos\u00c3\u00a9"): write them again, in UTF-8';

function oddMessage(odd: string, bytes: Buffer): string {
  if (odd !== "\ufffd") return `holds the control character ${codePoint(odd)}: remove it`;
  return isUtf8(bytes)
    ? "holds \ufffd, which stands for a letter that was lost: write the letter again"
    : "is not UTF-8 here: save the file as UTF-8, then check that all its letters are right";
}

/** `line 3, column 5` of a place in a text, both from 1. */
function placeOf(text: string, index: number): string {
  const before = text.slice(0, index).split(/\r\n?|\n/);
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

/** `U+00A0`: the name of an invisible character. */
export function codePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

function refused(place: string | null, message: string): HandWritten {
  return { ok: false, problem: { place, message } };
}
