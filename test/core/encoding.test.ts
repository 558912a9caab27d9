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
  ["Windows-1251", "windows-1251"],
  ["win1254", "windows-1254"],
  ["1254", "windows-1254"],
  ["x-windows-874", "windows-874"],
  ["DOS 852", "cp852"],
  ["IBM437", "cp437"],
  ["866", "cp866"],
  ["ISO_8859-15", "iso-8859-15"],
  ["KOI8R", "koi8-r"],
  ["Macintosh", "mac-roman"],
  ["Shift_JIS", "shift-jis"],
  ["x-sjis", "shift-jis"],
  ["CP949", "euc-kr"],
  ["GB2312", "gbk"],
  ["windows-1259", null],
  ["125", null],
  ["__proto__", null],
  ["", null],
])("%j names %s", (name, encoding) => {
  expect(encodingNamed(name)).toBe(encoding);
});
