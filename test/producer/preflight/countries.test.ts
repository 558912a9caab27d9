import { getExampleNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { expect, test } from "vitest";
import { costOf, createCountryOfPhone } from "../../../src/producer/preflight/countries.ts";

test("the country of a phone is the library's, for an example of every country", () => {
  const countryOf = createCountryOfPhone();
  const wrong = Object.keys(examples).filter((country) => {
    const example = getExampleNumber(country as keyof typeof examples, examples);
    if (example === undefined) return false;
    const expected = parsePhoneNumberFromString(example.number)?.country ?? null;
    return countryOf(example.number.slice(1)) !== expected;
  });

  expect(wrong).toEqual([]);
});

test.each([
  ["12124567890", "US"],
  ["14165550123", "CA"],
  ["18765550123", "JM"],
  ["77012345678", "KZ"],
  ["79161234567", "RU"],
  ["447781123456", "GG"],
  ["447400123456", "GB"],
])("%s, whose calling code several countries share, is of %s", (digits, country) => {
  expect(createCountryOfPhone()(digits)).toBe(country);
});

test("what one country answered is not taken for its neighbour", () => {
  const countryOf = createCountryOfPhone();

  expect(["14165550123", "12124567890", "14165550199"].map(countryOf)).toEqual(["CA", "US", "CA"]);
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

test("without a price table there is no cost, and nothing is missing", () => {
  expect(costOf(new Map([["PL", 2]]), { category: "utility", prices: null })).toEqual({
    countries: [{ country: "PL", messages: 2, price: null, cost: null }],
    currency: null,
    amount: null,
    unpriced: 0,
  });
});
