import fc from "fast-check";
import { expect, it } from "vitest";
import { createDecoder, decodeText } from "../../../src/producer/list/decode.ts";

it("Windows-1252 has its 32 characters that Latin-1 lacks, whatever this Node does", () => {
  const bytes = Buffer.from([0x80, 0x85, 0x8a, 0x92, 0x93, 0x96, 0x9c, 0x9f, 0xe9]);

  expect(decodeText(bytes, "windows-1252")).toBe("€…Š’“–œŸé");
});

it("UTF-16 is decoded wherever it is cut, and half a character at the end is no text", () => {
  const text = "łódź 😀;+48\r\n";
  for (const encoding of ["utf-16le", "utf-16be"] as const) {
    const bytes = Buffer.from(text, "utf16le");
    if (encoding === "utf-16be") bytes.swap16();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), (size) => {
        const decoder = createDecoder(encoding);
        const parts: (Buffer | null)[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          parts.push(decoder.push(bytes.subarray(at, at + size)));
        }
        parts.push(decoder.end());

        expect(Buffer.concat(parts.map((part) => part ?? Buffer.from("?"))).toString()).toBe(text);
      }),
    );
    const cut = createDecoder(encoding);
    cut.push(bytes.subarray(0, 3));
    expect(cut.end()).toBeNull();
  }
});
