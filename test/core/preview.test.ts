import { expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import { characters, compilePreview, previewProblem } from "../../src/core/preview.ts";
import type { TemplateDefinition } from "../../src/core/template.ts";

const text = (value: string, name?: string): Json => ({
  type: "text",
  text: value,
  ...(name === undefined ? {} : { parameter_name: name }),
});

function template(...parameters: Json[]): TemplateDefinition {
  return {
    name: "t",
    language: { code: "en" },
    components: [
      { type: "header", parameters: [text("not the body")] },
      { type: "BODY", parameters },
    ],
  };
}

test.each([
  ["Hi {{1}}, {{2}}", [text("{{a}}"), text("b")], null],
  ["Hi {{ 1 }}, {{1}}", [text("{{a}}")], null],
  ["Hi", [], null],
  ["Hi {{name}}", [text("{{a}}", "name")], null],
  ["Hi {{1}}", [], "uses {{1}}, but the body has no parameters"],
  ["Hi {{1}} {{3}}", [text("a"), text("b")], "uses {{3}}, but the body has 2 parameters"],
  ["Hi {{1}}", [text("a"), text("b")], "does not use {{2}}, but the body has 2 parameters"],
  ["Hi {{first}}", [text("a")], "uses {{first}}, but the body has 1 parameter: {{1}}"],
  ["Hi {{1}}", [text("a", "name")], "uses {{1}}, but the body has 1 parameter: {{name}}"],
] as const)("%s: the variables of the body are looked for", (preview, parameters, problem) => {
  const found = previewProblem(preview, template(...parameters).components);

  if (problem === null) expect(found).toBeNull();
  else expect(found).toContain(problem);
});

test("a template without a body has no variables", () => {
  expect(previewProblem("Hi", undefined)).toBeNull();
  expect(previewProblem("Hi {{1}}", undefined)).toContain("no parameters");
});

test("each variable is filled as the message is: trimmed, with its fallback, wherever it stands", () => {
  const currency = { type: "currency", currency: { fallback_value: "5 €" } };
  const parameters = [text("Dear {{First Name|friend}}"), text("{{code}}"), currency];
  const preview = compilePreview(
    "{{1}}! Code {{2}} ({{2}}) for {{3}}. {{9}}",
    template(...parameters),
    ["phone", "first name", "code"],
  );

  expect(preview.fill(["1", " Ana ", "X1"])).toBe("Dear Ana! Code X1 (X1) for 5 €. {{9}}");
  expect(preview.fill(["1", " ", "X1"])).toBe("Dear friend! Code X1 (X1) for 5 €. {{9}}");
});

test("an emoji is one character", () => {
  expect(characters("😀".repeat(1_000))).toBe(1_000);
  expect(characters("a".repeat(1_025))).toBe(1_025);
});
