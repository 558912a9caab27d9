import fc from "fast-check";
import { expect, it } from "vitest";
import { createDecoder, decodeText } from "../../../../src/producer/list/encoding/decode.ts";
import { encodeAs } from "./encode.ts";

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

it("any encoding is decoded the same wherever it is cut, and what it lacks becomes U+FFFD", () => {
  for (const [encoding, text] of [
    ["windows-1250", "Łódź;„x”\r\n"],
    ["big5", "王偉;𤦫,x|\n"],
    ["gb18030", "王伟;𠀀,é|\n"],
    ["shift-jis", "ソ表;ミキ|\n"],
    ["euc-jp", "佐藤,陽子\n"],
    ["euc-kr", "김민준;똠\n"],
  ] as const) {
    const bytes = encodeAs(text, encoding);
    for (let size = 1; size <= 5; size++) {
      const decoder = createDecoder(encoding);
      const parts: (Buffer | null)[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        parts.push(decoder.push(bytes.subarray(at, at + size)));
      }
      parts.push(decoder.end());

      expect(Buffer.concat(parts.map((part) => part ?? Buffer.from("?"))).toString()).toBe(text);
    }
  }
  expect(decodeText(Buffer.from("a\x81,b", "latin1"), "windows-1250")).toBe("a\ufffd,b");
  expect(decodeText(Buffer.from("\xb0\xa1,\xb0,b", "latin1"), "gbk")).toBe("啊,\ufffd,b");
});
