/**
 * Whether a text contains mojibake: UTF-8 that was decoded as another encoding ("JosÃ©", "PaweĹ‚",
 * "РђРЅРЅР°", "Jos√©"), so that each non-ASCII letter became two or three characters. Encoded back,
 * they are valid UTF-8, which other text hardly ever is by chance.
 */
export function isGarbled(text: string): boolean {
  return garbledAt(text) !== null;
}

/** The index of the first garbled run of characters, or null. */
export function garbledAt(text: string): number | null {
  for (const { 0: found, index } of text.matchAll(/\P{ASCII}{2,}/gu)) {
    const isQuoted = QUOTATION_START.test(text.slice(0, index));
    // Some decoders of old Mac text produce the ohm sign for omega.
    const run = (isQuoted ? found.replace(QUOTATION_END, "") : found).replaceAll(
      "\u2126",
      "\u03a9",
    );
    for (const bytesOf of MISREAD_AS) {
      const meant = readBack(run, bytesOf);
      if (meant !== null && isMeant(meant, text)) return index;
    }
  }
  return null;
}

/** "„JÄ“" and "«Café»…": closing punctuation is not part of the word before it. */
const QUOTATION_START = /[„“”«»‹›‘’‚"']/;
const QUOTATION_END = /[‘’“”«»‹›…–—]+$/;

/** The characters of the bytes 0x80 to 0xFF in Windows-1252, -1250, -1251, Mac OS and DOS. */
const TABLES = [
  "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿" +
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
  "€\u0081‚\u0083„…†‡\u0088‰Š‹ŚŤŽŹ\u0090‘’“”•–—\u0098™š›śťžź\u00a0ˇ˘Ł¤Ą¦§¨©Ş«¬\u00ad®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż" +
    "ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙",
  "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u0098™љ›њќћџ\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬\u00ad®Ї°±Ііґµ¶·ё№є»јЅѕї" +
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя",
  "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø" +
    "¿¡¬√ƒ≈∆«»…\u00a0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ",
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
    "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐" +
    "└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0",
  "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐" +
    "└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0",
] as const;

const MISREAD_AS = TABLES.map(
  (table) => new Map(Array.from(table, (character, at) => [character, 0x80 + at])),
);

/** A fast pre-check for millions of values: false means that nothing is garbled. */
export function mayBeGarbled(text: string): boolean {
  return TWO_BEYOND_ASCII.test(text) && START.test(text);
}

const TWO_BEYOND_ASCII = /[\u0080-\uffff]{2}/;

/** Two characters that may begin a garbled letter. */
const START = new RegExp(
  TABLES.map((table) => {
    const characters = Array.from(table, (one) => one.replace(/[\\\]^-]/, "\\$&"));
    return `[${characters.slice(0x42, 0x75).join("")}][${characters.slice(0, 0x40).join("")}]`;
  }).join("|"),
);

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Encodes the run with a table and decodes the bytes as UTF-8; null if they are not valid. */
function readBack(run: string, bytesOf: ReadonlyMap<string, number>): string | null {
  const bytes: number[] = [];
  for (const character of run) {
    const byte = bytesOf.get(character);
    if (byte === undefined || (bytes.length === 0 && byte < 0xc2)) return null;
    bytes.push(byte);
  }
  try {
    return UTF8.decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}

/** Accented Latin letters, typographic signs, emoji and the BOM: one such character is enough. */
const ONE_IS_ENOUGH =
  /[\u00a0-\u017f\u0218-\u021b\u1e00-\u1eff\u2010-\u2027\u2030-\u203a\u20ac\u2116\u2122\u018f\u0259\u01a0\u01a1\u01af\u01b0\ufeff\ufffd\u{1f1e6}-\u{1faff}]/u;
/** Greek, Cyrillic, Hebrew, Arabic, Thai and East Asian scripts. */
const OTHERS =
  /^[\u0300-\u045f\u0490-\u0491\u05d0-\u05ea\u060c\u061b\u061f\u0621-\u0652\u067e\u0686\u06a9\u06af\u06cc\u0e01-\u0e5b\u10d0-\u10ff\u200b-\u200f\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]$/u;

/** Rejects decodings by chance: "HRŮŠA" would become "HRيA", "PÄŤ" "Pč", and "Píšť" "P\ud69d". */
function isMeant(meant: string, text: string): boolean {
  const characters = Array.from(meant);
  if (!characters.every((one) => ONE_IS_ENOUGH.test(one) || OTHERS.test(one))) return false;
  const isCapitals = /[A-Z]/.test(text) && !/[a-z]/.test(text);
  if (isCapitals && /[\p{Ll}ªº]/u.test(meant)) return false;
  return characters.length > 1 || ONE_IS_ENOUGH.test(meant);
}
