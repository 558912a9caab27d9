import { getCountries } from "libphonenumber-js/max";
import { plainWords } from "./plain-words.ts";

/**
 * The country (ISO 3166) that a cell names: by its code of two or three letters, or by its name in
 * one of the languages of common lists. Null: none, or not one for sure.
 */
export function countryNamed(cell: string): string | null {
  const name = cell.length > NAME_MAX ? "" : plainWords(cell);
  if (name === "") return null;
  names ??= readNames();
  return names.get(name) ?? null;
}

const NAME_MAX = 50;

let names: ReadonlyMap<string, string> | undefined;

const LANGUAGES = "en de fr es pt it pl tr nl ru uk cs hu ro sv id ar".split(" ");

/** Those of three letters, and what people call a country by. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ AE: "are|uae", AR: "arg", AT: "aut", AU: "aus", BE: "bel", BG: "bgr", BR: "bra" },
  ...{
    CA: "can",
    CH: "che",
    CL: "chl",
    CN: "chn",
    CO: "col",
    CZ: "cze|czech republic",
    DE: "deu|ger|brd",
  },
  ...{
    DK: "dnk",
    EG: "egy",
    ES: "esp",
    FI: "fin",
    FR: "fra",
    GB: "gbr|uk|england|britain|great britain",
  },
  ...{ GR: "grc", HK: "hkg", HR: "hrv", HU: "hun", ID: "idn", IE: "irl", IL: "isr", IN: "ind" },
  ...{
    IT: "ita",
    JP: "jpn",
    KE: "ken",
    KR: "kor|korea",
    KZ: "kaz",
    LT: "ltu",
    LU: "lux",
    LV: "lva",
  },
  ...{
    MA: "mar",
    MX: "mex",
    MY: "mys",
    NG: "nga",
    NL: "nld|holland|the netherlands",
    NO: "nor",
    NZ: "nzl",
  },
  ...{ PE: "per", PH: "phl", PK: "pak", PL: "pol", PT: "prt", RO: "rou", RS: "srb" },
  ...{
    RU: "rus|russian federation",
    SA: "sau|ksa",
    SE: "swe",
    SG: "sgp",
    SI: "svn",
    SK: "svk",
    TH: "tha",
  },
  ...{
    TN: "tun",
    TR: "tur|turkey",
    UA: "ukr",
    US: "usa|america|united states of america",
    VN: "vnm",
    ZA: "zaf",
  },
};

function readNames(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const language of LANGUAGES) {
    const display = new Intl.DisplayNames(language, { type: "region", fallback: "none" });
    for (const country of getCountries()) {
      const name = plainWords(display.of(country) ?? "");
      if (name !== "" && !found.has(name)) found.set(name, country);
    }
  }
  for (const [country, others] of Object.entries(OTHER_NAMES)) {
    for (const name of others.split("|")) found.set(name, country);
  }
  for (const country of getCountries()) found.set(plainWords(country), country);
  return found;
}
