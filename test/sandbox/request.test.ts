import { describe, expect, it } from "vitest";
import { readSendRequest } from "../../src/sandbox/request.ts";
import { message } from "./running-sandbox.ts";

const JSON_TYPE = "application/json";
const TO = "48600000001";

function withTemplate(template: unknown): string {
  return JSON.stringify({ to: TO, template });
}

function withText(text: unknown): string {
  return withTemplate({
    name: "spring_sale",
    language: { code: "en_US" },
    components: [{ type: "body", parameters: [{ type: "text", text }] }],
  });
}

function withComponents(components: unknown): string {
  return withTemplate({ name: "spring_sale", language: { code: "en_US" }, components });
}

describe("a request to send", () => {
  it.each([
    ["no JSON", "{", 100],
    ["an array", "[]", 100],
    ["an unknown field", JSON.stringify({ ...message(TO), tp: 1 }), 100],
    ["no to", JSON.stringify({ template: message(TO)["template"] }), 100],
    ["a + in to", JSON.stringify(message(`+${TO}`)), 131009],
    ["a number as to", JSON.stringify({ ...message(TO), to: 48600000001 }), 131009],
    ["to of 16 digits", JSON.stringify(message("4860000000100000")), 131009],
    ["to that starts with 0", JSON.stringify(message("0048600000001")), 131009],
    ["no template", JSON.stringify({ to: TO }), 100],
    ["a template without name", withTemplate({ language: { code: "en" } }), 100],
    ["a template without language", withTemplate({ name: "a" }), 100],
    ["a language without code", withTemplate({ name: "a", language: {} }), 100],
    ["a name no template has", withTemplate({ name: "A b", language: { code: "en" } }), 132001],
    ["a language that is none", withTemplate({ name: "a", language: { code: "English" } }), 132001],
    ["components that are no array", withComponents({}), 100],
    ["a component without type", withComponents([{}]), 100],
    ["a button without index", withComponents([{ type: "button", sub_type: "url" }]), 131008],
    ["parameters that are no array", withComponents([{ type: "body", parameters: {} }]), 100],
    ["a parameter without type", withComponents([{ type: "body", parameters: [{}] }]), 100],
    ["a text parameter without text", withText(undefined), 132012],
    ["an empty text", withText(""), 131008],
    ["a new-line in a text", withText("a\nb"), 132018],
    ["a tab in a text", withText("a\tb"), 132018],
    ["five spaces in a text", withText("a     b"), 132018],
    ["a text of 33,000 characters", withText("x".repeat(33_000)), 132005],
    [
      "an empty text in a card",
      withComponents([
        {
          type: "carousel",
          cards: [{ components: [{ type: "body", parameters: [{ type: "text", text: "" }] }] }],
        },
      ]),
      131008,
    ],
    ["Go's layout string as schedule", schedule("2006-01-02T15:04:05Z07:00"), 131009],
    ["30 February as schedule", schedule("2026-02-30T10:00:00Z"), 131009],
    ["a schedule without zone", schedule("2026-12-01T10:00:00"), 131009],
    ["a number as schedule", schedule(1_800_000_000), 131009],
  ])("with %s is refused with its code", (_, body, code) => {
    expect(readSendRequest(JSON_TYPE, Buffer.from(body))).toMatchObject({ code });
  });

  it.each([undefined, "text/plain", "application/jsonp"])(
    "of content type %s is refused",
    (contentType) => {
      const body = Buffer.from(JSON.stringify(message(TO)));

      expect(readSendRequest(contentType, body)).toMatchObject({ code: 100, httpStatus: 400 });
    },
  );

  it("is understood, four spaces, a charset and an offset in the schedule included", () => {
    const body = JSON.stringify({
      ...(JSON.parse(withText("a    b")) as object),
      schedule: "2026-12-01T10:00:00.5+01:00",
    });

    const read = readSendRequest("application/json; charset=utf-8", Buffer.from(body));

    expect(read).toEqual({
      to: TO,
      templateName: "spring_sale",
      sendAtMs: Date.UTC(2026, 11, 1, 9, 0, 0, 500),
    });
  });
});

function schedule(value: unknown): string {
  return JSON.stringify({ ...message(TO), schedule: value });
}
