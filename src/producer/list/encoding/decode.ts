import iconv from "iconv-lite";
import type { Encoding } from "../../../core/encoding.ts";

/** Turns the bytes of a list into UTF-8, piece by piece; a piece may end inside a character. */
export interface Decoder {
  /** The text so far that no later piece can change; null when the bytes do not fit. */
  push(chunk: Buffer): Buffer | null;
  /** What was held back. Null when the bytes end inside a character. */
  end(): Buffer | null;
}

/**
 * UTF-8 passes through as it is (it has been checked by then, see utf8.ts), its byte order mark
 * too. UTF-16 loses its mark, and may not fit: half a pair, an odd number of bytes. Bytes that
 * another encoding has no character for become U+FFFD, so that they spoil their cell alone.
 */
export function createDecoder(encoding: Encoding): Decoder {
  if (encoding === "utf-8") return { push: (chunk) => chunk, end: () => EMPTY };
  if (encoding === "utf-16le" || encoding === "utf-16be") return createUtf16Decoder(encoding);
  return createTableDecoder(encoding);
}

/**
 * Pieces end where no character can go on: the second bytes of all encodings begin at 0x30. The
 * library's own stream loses letters where a character of two bytes is cut and becomes a pair.
 */
function createTableDecoder(encoding: Encoding): Decoder {
  let carry: Buffer = EMPTY;
  const decode = (bytes: Buffer): Buffer =>
    Buffer.from(iconv.decode(bytes, nameInLibrary(encoding), { stripBOM: false }));
  return {
    push(chunk) {
      const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      const end = bytes.findLastIndex((byte) => byte < 0x30) + 1;
      carry = Buffer.from(bytes.subarray(end));
      return decode(bytes.subarray(0, end));
    },
    end: () => decode(carry),
  };
}

/**
 * The library's own replaces what does not fit, and half a file would not be told from a whole one.
 */
function createUtf16Decoder(encoding: "utf-16le" | "utf-16be"): Decoder {
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

/** A short piece at once; what does not fit is left out, or U+FFFD. */
export function decodeText(bytes: Buffer, encoding: Encoding): string {
  const decoder = createDecoder(encoding);
  return Buffer.concat([decoder.push(bytes) ?? EMPTY, decoder.end() ?? EMPTY]).toString("utf8");
}

const EMPTY = Buffer.alloc(0);

/** What iconv-lite calls an encoding. */
export function nameInLibrary(encoding: Encoding): Parameters<typeof iconv.decode>[1] {
  return OTHER_NAMES[encoding] ?? (encoding as Parameters<typeof iconv.decode>[1]);
}

const OTHER_NAMES: Partial<Record<Encoding, Parameters<typeof iconv.decode>[1]>> = {
  "mac-roman": "macroman",
  "mac-ce": "maccenteuro",
  "mac-cyrillic": "maccyrillic",
  "mac-greek": "macgreek",
  "mac-turkish": "macturkish",
  "shift-jis": "shiftjis",
  // With Windows' additions, as Excel writes it.
  "euc-kr": "cp949",
};
