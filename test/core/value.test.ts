import { describe, expect, test } from "vitest";
import { readValue, showsNothing } from "../../src/core/value.ts";

const fine = (text: string) => ({ text, fault: null, doubt: null });

describe("a value", () => {
  test.each([
    ["  Anna ", "Anna"],
    ['="00123"', "00123"],
    ['="Bob"', "Bob"],
    ['= "Bob "', "Bob"],
    ['="5"" pipe"', '5" pipe'],
    ["'00123", "00123"],
    ["'+48 600 100 200", "+48 600 100 200"],
    ["'12/2026", "12/2026"],
    ["\u200bAnna\ufeff", "Anna"],
    ["\u00ad #1\u2060", "#1"],
  ])("%j is sent as %j", (cell, text) => {
    expect(readValue(cell)).toEqual(fine(text));
  });

  test.each([
    "'s-Hertogenbosch",
    "'Ndrangheta",
    "'t Hooft",
    "'Abd al-Rahman",
    "'",
    "O'Neill",
    '"Ann"',
    "@anna",
    "-2",
    "+5 %",
    "-Anna-",
    "=)",
    "#VIP",
    "#1",
    "Null",
    "Nan",
    "Nadia",
    "5E7",
    "12,50 €",
    "👨‍👩‍👧",
    "❤\ufe0f",
    "علي\u200cرضا",
    "\u200fשלום",
    "\u2067שלום\u2069 Anna",
    "क\u094dष",
  ])("%j stays as it is", (cell) => {
    expect(readValue(cell)).toEqual(fine(cell));
  });

  test.each([
    "",
    "   ",
    "\u00a0\u202f\u2007\u3000",
    "\u200b",
    "\u3164",
    "\u115f\u1160",
    "\uffa0",
    "\u2800 \u2800",
    "\u00ad",
    "\ufeff",
    "\u0301\u0302",
    "\ufe0f",
    "\u180e",
    "\u{e0001}",
    "\u202e",
    '=""',
    '="\u200b"',
  ])("%j shows nothing, and is empty", (cell) => {
    expect(readValue(cell)).toEqual(fine(""));
    expect(showsNothing(readValue(cell).text)).toBe(true);
  });

  test.each([
    ["a\nb", "value_newline"],
    ["a\u0085b", "value_newline"],
    ["a\tb", "value_tab"],
    ["a     b", "value_spaces"],
    ["a\u00a0\u00a0 \u00a0\u00a0b", "value_spaces"],
    ["x".repeat(32_769), "value_too_long"],
    ["Anna\u0000", "value_control"],
    ["\u0000", "value_control"],
    ["a\u001bb", "value_control"],
    ["a\u007fb", "value_control"],
    ["a\u009bb", "value_control"],
    ["a\ufffeb", "value_control"],
    ["a\ufdd0b", "value_control"],
    ["a\u{1ffff}b", "value_control"],
    ["a\ud83d", "value_control"],
    ["\ude00a", "value_control"],
    ["Anna\u202exe", "value_bidi"],
    ["Anna\u202dx\u202c", "value_bidi"],
    ["\u202bAnna", "value_bidi"],
    ["\u2067Anna", "value_bidi"],
    ["\u2066\u2067Anna\u2069", "value_bidi"],
  ])("%j cannot be sent: %s", (cell, fault) => {
    expect(readValue(cell)).toMatchObject({ fault, doubt: null });
  });

  test.each([
    ['=A1&"x"', "value_formula"],
    ['=HYPERLINK("https://a.example";"Ann")', "value_formula"],
    ['="a"&"b"', "value_formula"],
    ["=+A1", "value_formula"],
    ["=00123", "value_formula"],
    ["=cmd|'/C calc'!A0", "value_formula"],
    ["{=A1:A2}", "value_formula"],
    ["@SUM(A1)", "value_formula"],
    ["+SUMA(A1;B1)", "value_formula"],
    ["-$B$2*3", "value_formula"],
    ["#N/A", "value_spreadsheet"],
    ["#n/a", "value_spreadsheet"],
    ["#REF!", "value_spreadsheet"],
    ["#VALUE!", "value_spreadsheet"],
    ["#NAME?", "value_spreadsheet"],
    ["#DIV/0!", "value_spreadsheet"],
    ["#NUM!", "value_spreadsheet"],
    ["#NULL!", "value_spreadsheet"],
    ["#SPILL!", "value_spreadsheet"],
    ["#NV", "value_spreadsheet"],
    ["#ARG!", "value_spreadsheet"],
    ["#ADR!", "value_spreadsheet"],
    ["#BEZUG!", "value_spreadsheet"],
    ["#WERT!", "value_spreadsheet"],
    ["#ÜBERLAUF!", "value_spreadsheet"],
    ["#DZIEL/0!", "value_spreadsheet"],
    ["#N/D!", "value_spreadsheet"],
    ["#N/D", "value_spreadsheet"],
    ["#¡VALOR!", "value_spreadsheet"],
    ["#¿NOMBRE?", "value_spreadsheet"],
    ["#ИМЯ?", "value_spreadsheet"],
    ["#Н/Д", "value_spreadsheet"],
    ["#SAYI/0!", "value_spreadsheet"],
    ["Err:502", "value_spreadsheet"],
    ["####", "value_spreadsheet"],
    ["\u200b########", "value_spreadsheet"],
    ["1.2E+12", "value_spreadsheet"],
    ["1,23457E+12", "value_spreadsheet"],
    ["4E+10", "value_spreadsheet"],
    ["NULL", "value_placeholder"],
    ["null", "value_placeholder"],
    ["None", "value_placeholder"],
    ["nan", "value_placeholder"],
    ["NaN", "value_placeholder"],
    ["undefined", "value_placeholder"],
    ["[object Object]", "value_placeholder"],
    ["(null)", "value_placeholder"],
    ["<NA>", "value_placeholder"],
    ["\\N", "value_placeholder"],
    ["NA", "value_placeholder"],
    ["n/a", "value_placeholder"],
    ["null null", "value_placeholder"],
    ["undefined Smith", "value_placeholder"],
    ["Ann undefined", "value_placeholder"],
    ["{{first_name}}", "value_placeholder"],
    ["*|FNAME|*", "value_placeholder"],
    ["Jos&eacute;", "value_escaped"],
    ["&#321;ukasz", "value_escaped"],
    ["Anna &amp; Jan", "value_escaped"],
    ["&#x141;ukasz", "value_escaped"],
    ["Jos%C3%A9", "value_escaped"],
    ["Jos\\u00e9", "value_escaped"],
    ["=?UTF-8?Q?Jos=C3=A9?=", "value_escaped"],
  ])("%j is doubtful: %s", (cell, doubt) => {
    expect(readValue(cell)).toMatchObject({ fault: null, doubt });
  });

  test.each([
    ["'", "1".repeat(30_000), "x"],
    ["", "{{}} ".repeat(6_000), "x"],
    ["", "\u200b".repeat(30_000), "x"],
    ["#", "A".repeat(30_000), "x"],
    ['="', '""'.repeat(15_000), "x"],
    ["a", " \u200b".repeat(15_000), "x"],
    ["", "\u2066".repeat(30_000), ""],
  ])("of 30,000 odd characters is read at once: %j", (...parts) => {
    const began = performance.now();
    readValue(parts.join(""));

    expect(performance.now() - began).toBeLessThan(500);
  });
});
