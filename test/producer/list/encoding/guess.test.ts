import { describe, expect, it } from "vitest";
import type { Encoding } from "../../../../src/core/encoding.ts";
import { decodeText } from "../../../../src/producer/list/encoding/decode.ts";
import { guessEncoding } from "../../../../src/producer/list/encoding/guess.ts";
import { encodeAs } from "./encode.ts";
import { NAME_LISTS, type NameList, NEVER_SURE } from "./name-lists.ts";

const NAMES: readonly [string, Encoding, string][] = [
  ["Polish", "windows-1250", "Łukasz Wójcik;Gdańsk\nŚwiętosław Żak;Łódź\nPaweł Dąbrowski;Rzeszów"],
  ["Polish", "iso-8859-2", "Łukasz Wójcik;Gdańsk\nŚwiętosław Żak;Łódź\nPaweł Dąbrowski;Rzeszów"],
  ["Czech", "windows-1250", "Jiří Dvořák;Plzeň\nTomáš Růžička;Třebíč\nMarkéta Šťastná;Žďár"],
  ["Czech", "iso-8859-2", "Jiří Dvořák;Plzeň\nTomáš Růžička;Třebíč\nMarkéta Šťastná;Žďár"],
  ["Hungarian", "windows-1250", "Győző Kővári;Hódmezővásárhely\nFűzfa Tünde;Szentendre"],
  ["Croatian", "windows-1250", "Đurđa Šarić;Čakovec\nŽeljko Jurčević;Požega"],
  ["German", "windows-1252", "Jürgen Müller;Köln\nSören Groß;Gießen\nJörg Weiß;Düsseldorf"],
  ["French", "windows-1252", "Chloé Lefèvre;Orléans\nFrançois Noël;Évreux\nZoë Dûval;Nîmes"],
  ["Spanish", "windows-1252", "Iñaki Muñoz;Logroño\nMaría Núñez;Cádiz\nJosé Ibáñez;León"],
  ["Portuguese", "windows-1252", "João Gonçalves;Sintra\nInês Simões;Évora\nConceição Leitão;Faro"],
  ["Danish", "windows-1252", "Søren Kjær;Århus\nBjørn Nygård;Tromsø"],
  ["Swedish", "windows-1252", "Märta Öberg;Malmö\nÅsa Sjöström;Göteborg"],
  ["Italian", "windows-1252", "Niccolò Cantù;Forlì\nGesù Pietà;Cefalù"],
  ["typographic signs", "windows-1252", "L’Oréal – “Paris”;€ 5\nO’Neill;Cork"],
  ["one Polish name among plain ones", "windows-1250", "Jan Nowak;Kielce\nPaweł Lis;Radom\n"],
  [
    "customers of several countries",
    "windows-1250",
    "Łukasz;Poznań\nJürgen;Köln\nAndré;Lyon\nGyőr",
  ],
];

/** In encodings that are rare, or rare for the language. */
const RARE: readonly [string, Encoding, string][] = [
  ["Polish", "windows-1257", "Żółć;Paweł Gęś\nZażółć gęślą jaźń;Święta Łódź"],
  ["Polish", "windows-1257", "Białystok;Oświęcim\npłeć;Łomża"],
  ["Polish", "iso-8859-13", "Sępólno;Poznań\nBączek;Śliwiński"],
  ["Croatian", "iso-8859-13", "Perić Saša;Anže\nJurčević;Šajkaš"],
  ["Lithuanian", "iso-8859-4", "Žemaitis;Rūta\nVyšniauskas;Šeškus"],
  ["Czech", "iso-8859-10", "Evžen;Bohouš\nŠimáčková;částka"],
  ["Hebrew", "cp862", "ברעוז בר;מירון\nצבי לירוי;משה"],
  ["Arabic", "iso-8859-6", "حاجب ظافر;صبري\nفاطمة;محمد"],
  ["Bulgarian", "cp855", "Йорданка;Ангел\nПенка;Пламен"],
  ["Greek", "mac-greek", "Κουντουριώτης;Μαρής\nΓιώργος;Ελένη"],
];

/** Null where a person has to say. */
function read(bytes: Buffer): string | null {
  const { encoding, isSure } = guessEncoding(bytes);
  return isSure ? decodeText(bytes, encoding) : null;
}

describe("the encoding of a list that does not say it", () => {
  it.each(NAMES)("%s names in %s are known by their letters", (_, encoding, text) => {
    const bytes = encodeAs(text, encoding);

    expect(read(bytes)).toBe(text);
  });

  it.each(RARE)("%s names in %s are read right or asked about", (_, encoding, text) => {
    const bytes = encodeAs(text, encoding);

    expect([text, null]).toContain(read(bytes));
  });

  it.each(["windows-1250", "iso-8859-2"] as const)("a single Polish city in %s is", (encoding) => {
    for (const city of [
      "Łódź",
      "Wrocław",
      "Gdańsk",
      "Świnoujście",
      "Żary",
      "Wąbrzeźno",
      "Sępólno",
    ]) {
      const bytes = encodeAs(`${city}\n`, encoding);

      expect(read(bytes)).toBe(`${city}\n`);
    }
  });
});

const inEncodings = (lists: readonly NameList[]) =>
  lists.flatMap(({ language, encodings, names }) =>
    encodings.map((encoding) => ({ language, encoding, names })),
  );

describe("a list of customers", () => {
  it.each(inEncodings(NAME_LISTS))(
    "$language in $encoding is read right",
    ({ encoding, names }) => {
      const text = `phone;name\n${names.map((name, at) => `4860010020${at};${name}`).join("\n")}\n`;

      expect(read(encodeAs(text, encoding))).toBe(text);
    },
  );

  it.each(inEncodings(NAME_LISTS))(
    "$language in $encoding, of one to three names, is read right or asked about",
    ({ encoding, names }) => {
      for (let at = 0; at < names.length; at++) {
        for (const size of [1, 2, 3]) {
          const text = `${names.slice(at, at + size).join("\r\n")}\r\n`;

          expect([text, null]).toContain(read(encodeAs(text, encoding)));
        }
      }
    },
  );

  it.each(inEncodings(NEVER_SURE))(
    "$language in $encoding is asked about",
    ({ encoding, names }) => {
      for (let size = 1; size <= names.length; size++) {
        const bytes = encodeAs(`${names.slice(0, size).join("\n")}\n`, encoding);
        const { isSure, readings } = guessEncoding(bytes);

        expect(isSure).toBe(false);
        expect(readings.length).toBeGreaterThan(1);
      }
      const whole = encodeAs(`${names.join("\n")}\n`, encoding);
      expect(guessEncoding(whole).readings.map((one) => one.encoding)).toContain(
        encoding === "gb18030" ? "gbk" : encoding,
      );
    },
  );

  it("whose one odd letter is another name in each is asked about, with these names", () => {
    const { isSure, readings } = guessEncoding(Buffer.from("Anna\nAy\xfee\n", "latin1"));

    expect(isSure).toBe(false);
    expect(readings).toContainEqual({ encoding: "windows-1254", words: ["Ayşe"] });
    expect(readings).toContainEqual({ encoding: "windows-1250", words: ["Ayţe"] });
  });

  it.each([
    ["prices", "48600100200;5 \x80\n48600100201;12 \x80\n"],
    ["phones with no-break spaces", "+48\xa0600\xa0100\xa0200\n"],
    ["sizes and degrees", "20 \xb0C;\xb1 2;3 \xd7 4\n"],
    ["dashes", "Smith \x96 Jones\nA \x97 B\n"],
  ])("that has %s, and no letter beyond a-z, is read", (_, text) => {
    expect(guessEncoding(Buffer.from(text, "latin1"))).toMatchObject({
      encoding: "windows-1252",
      isSure: true,
    });
  });
});
