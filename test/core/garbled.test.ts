import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { isGarbled } from "../../src/core/garbled.ts";
import { NAME_LISTS } from "../producer/list/encoding/name-lists.ts";

const NAMES = NAME_LISTS.flatMap(({ names }) => names).filter((name) => /\P{ASCII}/u.test(name));

/** UTF-8, read as something else; null where that has a hole. */
function misread(name: string, encoding: string): string | null {
  const text = iconv.decode(Buffer.from(name), encoding as Parameters<typeof iconv.decode>[1]);
  return text.includes("\ufffd") ? null : text;
}

describe("UTF-8 that was read in another encoding", () => {
  it.each(["windows-1252", "windows-1250", "windows-1251", "macroman", "cp437", "cp850", "cp852"])(
    "is seen in %s, for names of every language",
    (encoding) => {
      const garbled = NAMES.map((name) => misread(name, encoding)).filter((name) => name !== null);

      expect(garbled.length).toBeGreaterThan(90);
      expect(garbled.filter((name) => !isGarbled(name))).toEqual([]);
    },
  );

  it.each([
    ["JosÃ©"],
    ["JOSÃ‰"],
    ["Å\u0081ukasz"],
    ["PaweÅ‚ Nowak"],
    ["Itâ€™s Anna"],
    ["5 â‚¬"],
    ["20Â°C"],
    ["Anna ðŸ˜€"],
    ["ï»¿Anna"],
    ["Ð\u0090Ð½Ð½Ð°"],
    ["ImiÄ™"],
    ["Jos√©"],
    ["Jos├®"],
    ["MÃ¼ller-LÃ¼denscheidt"],
  ])("is seen in %j", (text) => {
    expect(isGarbled(text)).toBe(true);
  });

  it("is not seen in names of any language, in capitals, in quotes or beside signs", () => {
    for (const name of NAMES) {
      for (const text of [
        ...[name, name.toUpperCase(), name.toLowerCase(), `„${name}“`, `«${name}»…`, `”${name}”`],
        ...[`${name}’s`, `»${name}«`, `${name}®`, `${name}…`, `– ${name} –`, `${name}\u00a0€`],
      ]) {
        expect(isGarbled(text) ? text : "").toBe("");
      }
    }
  });

  it.each([
    ["HRŮŠA"],
    ["PÄŤDESIAT"],
    ["Náměšť"],
    ["Píšť"],
    ["RÂŞNOV"],
    ["«Café»…"],
    ["„JÄ“"],
    ["Рівне"],
    ["√2 ≈ 1,41"],
    ["├── a"],
    ["½ × ¼"],
    ["김민준"],
    ["😀❤️"],
  ])("is not seen in %j", (text) => {
    expect(isGarbled(text)).toBe(false);
  });
});
