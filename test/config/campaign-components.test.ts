import { describe, expect, test } from "vitest";
import { parseCampaign } from "../../src/config/campaign-file.ts";
import { message } from "./refused-campaign.ts";

/** The refusal of a file whose template has this component. */
function withComponent(component: string): string {
  return message(
    `name: a\ncategory: utility\ntemplate:\n  name: t\n  language: { code: pl }\n  components:\n    - ${component}\n`,
  );
}

describe("the components of a template in a campaign file", () => {
  test.each([
    ["{ type: bdoy }", 'did you mean "body"?'],
    ["{ type: buttons }", "one component of type button"],
    ["{ parameters: [] }", "components.0.type is missing"],
    ["{ type: button, index: 0 }", "components.0.sub_type is missing"],
    ["{ type: button, sub_type: url }", "components.0.index is missing"],
    ["{ type: button, sub_type: url, index: 10 }", "0 to 9"],
    ["{ type: body, parameters: [ { type: text, text: 7 } ] }", "text must be text: put quotes"],
    ["{ type: body, parameters: [ { type: text, text: '' } ] }", "text must not be empty"],
    ['{ type: body, parameters: [ { type: text, text: "a\\tb" } ] }', "a line break, a tab"],
    [
      '{ type: body, parameters: [ { type: text, text: "a\\n{{first_name}}" } ] }',
      "a line break, a tab",
    ],
    [
      '{ type: body, parameters: [ { type: text, text: "a\\u202eb {{x}}" } ] }',
      "reverses the text",
    ],
    ['{ type: body, parameters: [ { type: text, text: "\\u200b" } ] }', "must not be empty"],
    ["{ type: body, parameters: [ { type: text, text: '{{a' } ] }", "a {{ without its }}"],
    ["{ type: body, parameters: [ { type: txt, text: a } ] }", 'did you mean "text"?'],
    ["{ type: header, parameters: [ { type: image, image: {} } ] }", "a link or an id"],
    [
      "{ type: header, parameters: [ { type: image, image: { id: 12345678901234567890 } } ] }",
      "cannot be kept exactly: put quotes",
    ],
    ["{ type: carousel, cards: [ { components: [] } ] }", "2 to 10 cards"],
    [
      "{ type: body, parameters: [ { type: text, text: a, parameter_name: x }, { type: text, text: b } ] }",
      "must have a parameter_name for every text",
    ],
    ["{ type: body, parameters: [ { type: text, text: {{name}} } ] }", 'write "{{column}}" within'],
    ["{ type: button, sub_type: phone_number, index: 0 }", "refused by WhatsApp (#100)"],
    ["{ type: BUTTON, sub_type: PHONE_NUMBER, index: 0 }", "refused by WhatsApp (#100)"],
    [
      "{ type: button, sub_type: url, index: 1 }\n    - { type: button, sub_type: url, index: '1' }",
      "components.1.index is 1, which another button already has",
    ],
    [
      "{ type: carousel, cards: [ { components: [ { type: button, sub_type: url, index: 0 }, { type: button, sub_type: url, index: 0 } ] }, { components: [] } ] }",
      "cards.0.components.1.index is 0, which another button already has",
    ],
    [
      "{ type: button, sub_type: quick_reply, index: 0, parameters: [ { type: text, text: a } ] }",
      "cannot be text: a quick_reply button takes payload",
    ],
    [
      "{ type: button, sub_type: URL, index: 0, parameters: [ { type: text, text: a }, { type: text, text: b } ] }",
      "must be one parameter: a url button takes only one",
    ],
    [
      "{ type: header, parameters: [ { type: currency, currency: {} } ] }",
      "cannot be currency: a header takes text, image",
    ],
    [
      "{ type: body, parameters: [ { type: image, image: { id: '1' } } ] }",
      "cannot be image: a body takes text, currency, date_time",
    ],
    [
      '{ type: body, parameters: [ { type: currency, currency: { fallback_value: "1 EUR", code: EUR, amount_1000: "1,5" } } ] }',
      "amount_1000 must be a whole number",
    ],
    [
      "{ type: body, parameters: [ { type: currency, currency: { fallback_value: a, code: EUR, amount_1000: 1.5 } } ] }",
      "amount_1000 must be a whole number",
    ],
    [
      "{ type: body, parameters: [ { type: currency, currency: { code: EUR, amount_1000: 1 } } ] }",
      "fallback_value is missing",
    ],
    [
      "{ type: body, parameters: [ { type: date_time, date_time: { day_of_month: 3 } } ] }",
      "fallback_value is missing",
    ],
    [
      '{ type: header, parameters: [ { type: location, location: { latitude: "52,2", longitude: 21 } } ] }',
      "latitude must be a decimal number",
    ],
    [
      "{ type: header, parameters: [ { type: product, product: { product_retailer_id: a, catalog_id: 123 } } ] }",
      "catalog_id must be text: put quotes",
    ],
    [
      "{ type: limited_time_offer, parameters: [ { type: limited_time_offer, limited_time_offer: { expiration_time_ms: soon } } ] }",
      "expiration_time_ms must be a whole number",
    ],
    [
      "{ type: button, sub_type: catalog, index: 0, parameters: [ { type: action, action: { thumbnail_product_retailer_id: 7 } } ] }",
      "thumbnail_product_retailer_id must be text",
    ],
    [
      "{ type: header, parameters: [ { type: image, image: { link: 'pictures/{{name}}.png' } } ] }",
      "link must begin with https://",
    ],
    [
      "{ type: body, parameters: [ { type: text, text: a, parameter_name: x }, { type: text, text: b, parameter_name: x } ] }",
      "is x, which another parameter already has",
    ],
    [
      "{ type: header, parameters: [ { type: text, text: a } ] }\n    - { type: body, parameters: [ { type: text, text: b, parameter_name: x } ] }",
      "must have a parameter_name for every text",
    ],
  ])("component %s: %s", (component, expected) => {
    expect(withComponent(component)).toContain(expected);
  });

  test.each([
    "{ type: button, sub_type: voice_call, index: 0 }",
    "{ type: button, sub_type: something_new, index: 0, parameters: [ { type: text, text: a } ] }",
    "{ type: body, parameters: [ { type: checkout_offer, anything: 1 } ] }",
    "{ type: button, sub_type: quick_reply, index: 0 }\n    - { type: button, sub_type: url, index: 2 }",
    "{ type: header, parameters: [ { type: image, image: { link: '{{picture}}' } } ] }",
    '{ type: body, parameters: [ { type: currency, currency: { fallback_value: "{{p}}", code: EUR, amount_1000: "{{cents}}0" } } ] }',
    "{ type: header, parameters: [ { type: image, image: { id: '1' } } ] }\n    - { type: body, parameters: [ { type: text, text: b, parameter_name: x } ] }",
  ])("component %s is fine, or too new to be judged", (component) => {
    const file = `name: a\ncategory: utility\ntemplate:\n  name: t\n  language: { code: pl }\n  components:\n    - ${component}\n`;

    expect(parseCampaign(file, "c.yaml")).toMatchObject({ ok: true });
  });
});
