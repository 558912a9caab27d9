import iconv from "iconv-lite";
import type { Encoding } from "../../../core/encoding.ts";

/** Converts the bytes of a list to UTF-8 in pieces; a piece may end inside a character. */
interface Decoder {
  /** The text that no later piece can change; null if the bytes are not valid. */
  push(chunk: Buffer): Buffer | null;
  /** The remaining text. Null if the bytes end inside a character. */
  end(): Buffer | null;
}

/**
 * UTF-8 passes through unchanged (it has been checked before, see utf8.ts), its byte order mark
 * too. UTF-16 loses its mark, and may be invalid: half a surrogate pair, an odd number of bytes.
 * Bytes without a character in another encoding become U+FFFD, so that only their cell is affected.
 */
export function createDecoder(encoding: Encoding): Decoder {
  if (encoding === "utf-8") return { push: (chunk) => chunk, end: () => EMPTY };
  if (encoding === "utf-16le" || encoding === "utf-16be") return createUtf16Decoder(encoding);
  return createTableDecoder(encoding);
}

/**
 * Pieces end where no character can continue: the second bytes of all encodings begin at 0x30. The
 * library's own stream loses letters where it cuts a character of two bytes that becomes a pair.
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

/** The library's own decoder replaces invalid bytes, which would hide a truncated file. */
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

/** How many lines end in a piece of UTF-16 before its half character. */
export function lineEndsBeforeHalf(chunk: Buffer, encoding: Encoding): number {
  const text = new TextDecoder(encoding).decode(chunk);
  return (text.slice(0, text.indexOf("\ufffd")).match(/\r\n|\n|\r/g) ?? []).length;
}

/** Decodes a short piece at once; invalid bytes are left out, or U+FFFD. */
export function decodeText(bytes: Buffer, encoding: Encoding): string {
  const decoder = createDecoder(encoding);
  return Buffer.concat([decoder.push(bytes) ?? EMPTY, decoder.end() ?? EMPTY]).toString("utf8");
}

const EMPTY = Buffer.alloc(0);

/** The names of encodings in iconv-lite. */
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
