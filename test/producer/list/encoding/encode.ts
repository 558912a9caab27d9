import iconv from "iconv-lite";
import type { Encoding } from "../../../../src/core/encoding.ts";
import { decodeText, nameInLibrary } from "../../../../src/producer/list/encoding/decode.ts";

/** Writes text in an encoding, as a spreadsheet does; throws for what it has no bytes for. */
export function encodeAs(text: string, encoding: Encoding): Buffer {
  const bytes = iconv.encode(text, nameInLibrary(encoding));
  if (encoding.startsWith("utf-") || decodeText(bytes, encoding) === text) return bytes;
  throw new Error(`${encoding} does not have all of ${text}`);
}

const known = new Map<Encoding, string[]>();

/** Characters that an encoding has: ASCII, then all of a single-byte one, or some of a large one. */
export function charactersOf(encoding: Encoding): string[] {
  const found = known.get(encoding) ?? findCharacters(encoding);
  known.set(encoding, found);
  return found;
}

function findCharacters(encoding: Encoding): string[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const pairs = bytes
    .slice(0x81)
    .flatMap((lead) => [0x40, 0x7c, 0xa1, 0xb5].map((trail) => [lead, trail]));
  const characters = [...bytes.map((byte) => [byte]), ...pairs].map((one) =>
    decodeText(Buffer.from(one), encoding),
  );
  return [...new Set(characters)].filter((character) => {
    if (Array.from(character).length !== 1 || character === "\ufffd") return false;
    return decodeText(iconv.encode(character, nameInLibrary(encoding)), encoding) === character;
  });
}
