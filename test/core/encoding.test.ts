import { expect, it } from "vitest";
import { encodingNamed } from "../../src/core/encoding.ts";

it.each([
  ["UTF-8", "utf-8"],
  ["utf8", "utf-8"],
  ["UTF16", "utf-16le"],
  ["utf_16_be", "utf-16be"],
  ["CP1250", "windows-1250"],
  ["Windows 1252", "windows-1252"],
  ["ISO-8859-1", "windows-1252"],
  ["latin2", "iso-8859-2"],
  ["windows-1251", null],
  ["__proto__", null],
  ["", null],
])("%j names %s", (name, encoding) => {
  expect(encodingNamed(name)).toBe(encoding);
});
