import { describe, expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import { compileTemplate } from "../../src/core/template.ts";

type Category = "marketing" | "authentication";

/** One component whose field takes the column `v`, compiled for a list of that column. */
function compiled(component: Json, category: Category = "marketing") {
  const template = { name: "t", language: { code: "en" }, components: [component] };
  const result = compileTemplate(template, ["v"], category);
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}

/** What becomes of a value: the code of its fault or doubt, or the parameters that are sent. */
function sent(component: Json, value: string, category?: Category): unknown {
  const template = compiled(component, category);
  const checked = template.check([value]);
  const filled = template.fill([value]);
  expect(filled.ok).toBe(checked.ok);
  if (!checked.ok || !filled.ok) return checked.ok ? null : checked.code;
  if (checked.doubts !== undefined) return checked.doubts.map(({ code }) => code);
  const { components } = JSON.parse(filled.json) as { components: { parameters: unknown[] }[] };
  return components[0]?.parameters[0];
}

const body = (parameter: Json): Json => ({ type: "body", parameters: [parameter] });
const header = (parameter: Json): Json => ({ type: "header", parameters: [parameter] });
const button = (sub_type: string, parameter: Json): Json => ({
  type: "button",
  ...{ sub_type, index: "0", parameters: [parameter] },
});

const currency = (amount: Json): Json =>
  body({ type: "currency", currency: { fallback_value: "x", code: "EUR", amount_1000: amount } });

describe("an amount", () => {
  const amountOf = (amount: Json, value: string): unknown => {
    const parameter = sent(currency(amount), value);
    if (typeof parameter !== "object" || parameter === null) return parameter;
    return (parameter as { currency: { amount_1000: unknown } }).currency.amount_1000;
  };

  test.each([
    ["{{v}}", "12990", 12_990],
    ["{{v}}", " 012990 ", 12_990],
    ["{{v}}", "-5", -5],
    ["{{v}}", "0", 0],
    ["{{v}}", "9007199254740991", 9_007_199_254_740_991],
    ["{{v}}0", "1299", 12_990],
    ["{{v|7}}", "", 7],
    ["12990", "", 12_990],
    [12_990, "", 12_990],
  ])("%j with %j goes out as the number %d", (amount, value, expected) => {
    expect(amountOf(amount, value)).toBe(expected);
  });

  test.each([
    "12,99",
    "12.99",
    "12990.0",
    "12 990",
    "12 EUR",
    "1e3",
    "0x10",
    "+5",
    "--5",
    "NaN",
    "9007199254740993",
    "９",
  ])("%j from the list rejects its row: nobody guesses", (value) => {
    expect(amountOf("{{v}}", value)).toBe("value_not_whole");
  });

  test("a fallback that is no number rejects the rows it stands in", () => {
    expect(amountOf("{{v|none}}", "")).toBe("value_not_whole");
  });
});

test.each([
  [
    "a date's parts",
    body({ type: "date_time", date_time: { fallback_value: "x", year: "{{v}}" } }),
    "2026",
    { type: "date_time", date_time: { fallback_value: "x", year: 2026 } },
  ],
  [
    "the end of an offer",
    {
      type: "limited_time_offer",
      parameters: [
        { type: "limited_time_offer", limited_time_offer: { expiration_time_ms: "{{v}}" } },
      ],
    },
    "1795947697000",
    {
      type: "limited_time_offer",
      limited_time_offer: { expiration_time_ms: 1_795_947_697_000 },
    },
  ],
  [
    "a place",
    header({ type: "location", location: { latitude: "{{v}}", longitude: "21.0122", name: "x" } }),
    "-52.22970",
    { type: "location", location: { latitude: -52.2297, longitude: 21.0122, name: "x" } },
  ],
] as const)("%s is sent as numbers", (_, component, value, expected) => {
  expect(sent(component as Json, value)).toEqual(expected);
});

test("the numbers of a carousel's cards are numbers as well", () => {
  const card = { card_index: "{{v}}", components: [currency("{{v}}")] };
  const template = compiled({ type: "carousel", cards: [card] });

  const filled = template.fill(["1"]);

  expect(filled.ok && filled.json).toContain('"card_index":1,');
  expect(filled.ok && filled.json).toContain('"amount_1000":1}');
  expect(template.check(["one"])).toMatchObject({ code: "value_not_whole" });
});

test.each(["52,2297", "91", "-90.5", "52° 13'", "north"])("%j is no latitude", (value) => {
  const place = header({ type: "location", location: { latitude: "{{v}}", longitude: 21 } });

  expect(sent(place, value)).toBe("value_not_degrees");
});

test.each(["a.png", "www.example.com/a.png", "ftp://example.com/a", "https:// x", "https://a b"])(
  "%j is no link for a header",
  (value) => {
    expect(sent(header({ type: "image", image: { link: "{{v}}" } }), value)).toBe("value_not_link");
  },
);

test("a link for a header is sent as it is", () => {
  const image = header({ type: "image", image: { link: "https://example.com/{{v}}.png" } });

  expect(sent(image, "ann")).toEqual({
    type: "image",
    image: { link: "https://example.com/ann.png" },
  });
  expect(sent(image, "ann lee")).toBe("value_not_link");
});

test.each([
  [
    "copy_code",
    { type: "coupon_code", coupon_code: "{{v}}" },
    "x".repeat(15),
    "x".repeat(16),
    "value_coupon",
  ],
  ["copy_code", { type: "coupon_code", coupon_code: "{{v}}" }, "SALE25", "SALE-25", "value_coupon"],
  [
    "copy_code",
    { type: "coupon_code", coupon_code: "SALE{{v}}" },
    "2026",
    "x".repeat(12),
    "value_coupon",
  ],
  [
    "quick_reply",
    { type: "payload", payload: "{{v}}" },
    "x".repeat(256),
    "x".repeat(257),
    "value_payload",
  ],
  [
    "url",
    { type: "text", text: "{{v}}" },
    "x".repeat(2_000),
    "x".repeat(2_001),
    "value_url_suffix",
  ],
  [
    "URL",
    { type: "text", text: "{{v}}" },
    "sale?id=5",
    "https://example.com/sale",
    "value_url_suffix",
  ],
  ["url", { type: "text", text: "{{v}}" }, "a%20b", "a b", "value_url_suffix"],
] as const)(
  "a %s button: %j is fine with the first value, and told with the second",
  (kind, parameter, fine, odd, code) => {
    expect(sent(button(kind, parameter), fine)).toMatchObject({ type: parameter.type });
    expect(sent(button(kind, parameter), odd)).toEqual([code]);
  },
);

test("a one-time code is told from 16 characters on, in body and button, in its category only", () => {
  const text = { type: "text", text: "{{v}}" };

  for (const component of [body(text), button("url", text)]) {
    expect(sent(component, "1".repeat(15), "authentication")).toMatchObject({ type: "text" });
    expect(sent(component, "1".repeat(16), "authentication")).toEqual(["value_one_time_code"]);
  }
  expect(sent(body(text), "1".repeat(16), "marketing")).toMatchObject({ type: "text" });
});

test("a header's value is told from 61 characters on, a body's is not", () => {
  const text = { type: "text", text: "{{v}}" };

  expect(sent(header(text), "😀".repeat(60))).toMatchObject({ type: "text" });
  expect(sent(header(text), "x".repeat(61))).toEqual(["value_header"]);
  expect(sent(body(text), "x".repeat(61))).toMatchObject({ type: "text" });
});

test("a doubtful text without a column is named by its field", () => {
  const template = compiled(button("copy_code", { type: "coupon_code", coupon_code: "SALE-2026" }));

  expect(template.check([""])).toEqual({
    ok: true,
    doubts: [{ code: "value_coupon", column: "coupon_code" }],
  });
});
