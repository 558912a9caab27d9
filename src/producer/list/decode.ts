import type { Encoding } from "../../core/encoding.ts";

/** Turns the bytes of a list into UTF-8, piece by piece; a piece may end inside a character. */
export interface Decoder {
  /** The text so far that no later piece can change; null when the bytes do not fit. */
  push(chunk: Buffer): Buffer | null;
  /** What was held back. Null when the bytes end inside a character. */
  end(): Buffer | null;
}

/**
 * UTF-8 passes through as it is (it has been checked by then, see utf8.ts), its byte order mark
 * too; UTF-16 loses its mark. UTF-16 may not fit: half a pair, an odd number of bytes.
 */
export function createDecoder(encoding: Encoding): Decoder {
  if (encoding === "utf-8") return { push: (chunk) => chunk, end: () => EMPTY };
  if (encoding === "windows-1252") return { push: decode1252, end: () => EMPTY };
  const decoder = new TextDecoder(encoding, { fatal: true });
  const decode = (chunk: Buffer, more: { stream: boolean }): Buffer | null => {
    try {
      return Buffer.from(decoder.decode(chunk, more));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_ENCODING_INVALID_ENCODED_DATA")
        return null;
      throw error;
    }
  };
  return {
    push: (chunk) => decode(chunk, { stream: true }),
    end: () => decode(EMPTY, { stream: false }),
  };
}

/** A short piece at once; what does not fit is left out. */
export function decodeText(bytes: Buffer, encoding: Encoding): string {
  const decoded = createDecoder(encoding).push(bytes);
  return decoded?.toString("utf8") ?? "";
}

const EMPTY = Buffer.alloc(0);

/**
 * Windows-1252 is Latin-1 but for these 32. Not by TextDecoder: from Node 20.18.3, 22.13 and 24.0
 * on, some versions take it for Latin-1 (nodejs/node#56542), and every euro sign would be lost.
 */
const HIGH_1252 =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

function decode1252(chunk: Buffer): Buffer {
  const text = chunk.toString("latin1");
  return Buffer.from(
    text.replace(/[\x80-\x9f]/g, (sign) => HIGH_1252.charAt(sign.charCodeAt(0) - 0x80)),
  );
}
