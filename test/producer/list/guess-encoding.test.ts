import { describe, expect, it } from "vitest";
import type { Encoding } from "../../../src/core/encoding.ts";
import { decodeText } from "../../../src/producer/list/decode.ts";
import { guessEncoding } from "../../../src/producer/list/guess-encoding.ts";
import { encodeAs } from "./encode.ts";

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

describe("the encoding of a list that does not say it", () => {
  it.each(NAMES)("%s names in %s are known by their letters", (_, encoding, text) => {
    const bytes = encodeAs(text, encoding);

    expect(decodeText(bytes, guessEncoding(bytes))).toBe(text);
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

      expect(decodeText(bytes, guessEncoding(bytes))).toBe(`${city}\n`);
    }
  });
});
