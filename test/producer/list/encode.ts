import type { Encoding } from "../../../src/core/encoding.ts";
import { decodeText } from "../../../src/producer/list/decode.ts";

/** Writes text in an encoding, as a spreadsheet does; throws for what it has no byte for. */
export function encodeAs(text: string, encoding: Encoding): Buffer {
  if (encoding === "utf-8") return Buffer.from(text);
  if (encoding === "utf-16le") return Buffer.from(text, "utf16le");
  if (encoding === "utf-16be") return Buffer.from(text, "utf16le").swap16();
  const bytes = tableOf(encoding);
  return Buffer.from(
    Array.from(text).map((character) => {
      const byte = bytes.get(character);
      if (byte === undefined) throw new Error(`${encoding} has no ${character}`);
      return byte;
    }),
  );
}

/** The characters that a single-byte encoding has. */
export function charactersOf(encoding: Encoding): string[] {
  return [...tableOf(encoding).keys()];
}

function tableOf(encoding: Encoding): ReadonlyMap<string, number> {
  const all = decodeText(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), encoding);
  return new Map(Array.from(all).map((character, byte) => [character, byte]));
}
