import { getExampleNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { expect, test } from "vitest";
import { costOf, countryOfPhone } from "../../../src/producer/preflight/countries.ts";

test("the country of a phone is the library's, for an example of every country", () => {
  const wrong = Object.keys(examples).filter((country) => {
    const example = getExampleNumber(country as keyof typeof examples, examples);
    if (example === undefined) return false;
    const expected = parsePhoneNumberFromString(example.number)?.country ?? null;
    return countryOfPhone(example.number.slice(1)) !== expected;
  });

  expect(wrong).toEqual([]);
});

test.each([
  ["12124567890", "US"],
  ["14165550123", "CA"],
  ["18765550123", "JM"],
  ["77012345678", "KZ"],
  ["79161234567", "RU"],
  ["447400123456", "GB"],
  // Neighbours, which the fifth or sixth digit tells apart.
  ["447911123456", "GG"],
  ["447911223456", "GB"],
  ["447457612345", "IM"],
  ["447457012345", "GB"],
  ["447700312345", "JE"],
  ["447700012345", "GB"],
  ["390669812345", "VA"],
  ["390669512345", "IT"],
  ["61891621234", "CC"],
  ["61891641234", "CX"],
  ["61891631234", "AU"],
  ["18002345678", "US"],
])("%s, whose calling code several countries share, is of %s", (digits, country) => {
  expect(countryOfPhone(digits)).toBe(country);
  expect(parsePhoneNumberFromString(`+${digits}`)?.country).toBe(country);
});

test.each(["870773123456", "80012345678", "999123456789"])("%s is of no country", (digits) => {
  expect(countryOfPhone(digits)).toBeNull();
});

const PRICES = {
  currency: "EUR",
  countries: { PL: { marketing: 0.0234 }, DE: { utility: 0.05 } },
  other: { marketing: 0.05 },
};

test("each country costs its own price, else that of the others, most messages first", () => {
  const messages = new Map([
    ["CZ", 10],
    ["PL", 1_000],
    [null, 1],
  ]);

  expect(costOf(messages, { category: "marketing", prices: PRICES })).toEqual({
    countries: [
      { country: "PL", messages: 1_000, price: 0.0234, cost: 23.4 },
      { country: "CZ", messages: 10, price: 0.05, cost: 0.5 },
      { country: null, messages: 1, price: 0.05, cost: 0.05 },
    ],
    currency: "EUR",
    amount: 23.95,
    unpriced: 0,
  });
});

test("a country that has a row, but not this category, has no price", () => {
  const messages = new Map([
    ["DE", 7],
    ["PL", 2],
  ]);

  expect(costOf(messages, { category: "marketing", prices: PRICES })).toMatchObject({
    countries: [{ country: "DE", price: null, cost: null }, { country: "PL" }],
    amount: 0.05,
    unpriced: 7,
  });
});

test("prices come with their day, where the table says it, and an unknown price has no cost", () => {
  const messages = new Map([["PL", 3]]);
  const prices = { currency: "EUR", asOf: "2026-10-01", countries: {}, other: null };

  expect(costOf(messages, { category: "utility", prices })).toEqual({
    countries: [{ country: "PL", messages: 3, price: null, cost: null }],
    ...{ currency: "EUR", pricesAsOf: "2026-10-01", amount: 0, unpriced: 3 },
  });
});

test("without a price table there is no cost, and nothing is missing", () => {
  expect(costOf(new Map([["PL", 2]]), { category: "utility", prices: null })).toEqual({
    countries: [{ country: "PL", messages: 2, price: null, cost: null }],
    currency: null,
    amount: null,
    unpriced: 0,
  });
});
