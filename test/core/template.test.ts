import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import {
  compileTemplate,
  type TemplateDefinition,
  templateColumns,
} from "../../src/core/template.ts";
import { readValue } from "../../src/core/value.ts";

function withTexts(...texts: string[]): TemplateDefinition {
  const parameters = texts.map((text) => ({ type: "text", text }));
  return { name: "t", language: { code: "en_US" }, components: [{ type: "body", parameters }] };
}

function compiled(template: TemplateDefinition, header: string[]) {
  const result = compileTemplate(template, header);
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}

function refusal(template: TemplateDefinition, header: string[]) {
  const result = compileTemplate(template, header);
  if (result.ok) throw new Error("it was not refused");
  return result.refusal;
}

/** The texts of the body after filling, read back from the JSON. */
function texts(template: TemplateDefinition, header: string[], cells: string[]): string[] {
  const filled = compiled(template, header).fill(cells);
  if (!filled.ok) throw new Error(filled.code);
  const { components } = JSON.parse(filled.json) as {
    components: { parameters: { text: string }[] }[];
  };
  return components[0]?.parameters.map(({ text }) => text) ?? [];
}

/** Any UTF-16, halves of surrogate pairs included. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x7f })))
  .map((units) => String.fromCharCode(...units));

describe("filling", () => {
  test("puts the trimmed values of a row in their places", () => {
    const filled = texts(
      withTexts("Hi {{name}}!", "{{city}}", "{{ name }} of {{city}}"),
      ["phone", "name", "city"],
      ["48609655911", "  Zoë ", "Łódź"],
    );

    expect(filled).toEqual(["Hi Zoë!", "Łódź", "Zoë of Łódź"]);
  });

  test("uses the fallback for an empty value only", () => {
    const template = withTexts("{{name|there}}", "Hi{{title|}}!");

    expect(texts(template, ["name", "title"], ["", ""])).toEqual(["there", "Hi!"]);
    expect(texts(template, ["name", "title"], ["Ann", " Dr"])).toEqual(["Ann", "HiDr!"]);
  });

  test("finds a column whatever its case and the spaces around it", () => {
    expect(texts(withTexts("{{First_Name}}"), [" first_name "], ["Ann"])).toEqual(["Ann"]);
    expect(texts(withTexts("{{imię}}"), ["IMIĘ"], ["Ann"])).toEqual(["Ann"]);
  });

  test("prefers the exact name where two differ in case only", () => {
    expect(texts(withTexts("{{name}}"), ["Name", "name"], ["A", "b"])).toEqual(["b"]);
  });

  test("fills any string, and sends everything else as it is", () => {
    const template: TemplateDefinition = {
      name: "{{which}}",
      language: { code: "pl", policy: "deterministic" },
      components: [
        { type: "button", sub_type: "url", index: 0, parameters: [], later: [1.5, true, null, {}] },
      ],
    };

    const filled = compiled(template, ["which"]).fill(["spring"]);

    expect(filled.ok && JSON.parse(filled.json)).toEqual({ ...template, name: "spring" });
  });

  test("a value with quotes, braces or backslashes stays a value", () => {
    const value = '"}],"to":"1","x":"\\ {{name}} \u00ad \ud83d\ude00';

    expect(texts(withTexts("<{{name}}>"), ["name"], [value])).toEqual([`<${value}>`]);
  });

  test("a field named __proto__ stays a field", () => {
    const template = JSON.parse('{"name":"t","language":{"code":"pl"},"__proto__":{"a":"{{x}}"}}');

    const filled = compiled(template, ["x"]).fill(["1"]);

    expect(filled.ok && filled.json).toContain('"__proto__":{"a":"1"}');
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });

  test("any template without placeholders becomes exactly its JSON", () => {
    const json = fc
      .jsonValue({ depthSize: "small" })
      .filter((x) => !JSON.stringify(x).includes("{{"));

    fc.assert(
      fc.property(json, (extra) => {
        const template = { ...withTexts("a"), extra: extra as Json };
        const filled = compiled(template, []).fill([]);

        expect(filled.ok && filled.json).toBe(JSON.stringify(template));
      }),
    );
  });

  test("any value that is not refused comes back from the JSON as it went in", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const template = compiled(withTexts("{{v|f}}"), ["v"]);
        const filled = template.fill([value]);

        expect(template.check([value]).ok).toBe(filled.ok);
        if (filled.ok) {
          const { text } = readValue(value);
          expect(texts(withTexts("{{v|f}}"), ["v"], [value])).toEqual([text || "f"]);
        }
      }),
    );
  });
});

describe("rows that cannot be sent", () => {
  test.each([
    ["", "value_empty"],
    ["   ", "value_empty"],
    ["a\nb", "value_newline"],
    ["a\r\nb", "value_newline"],
    ["a\u2028b", "value_newline"],
    ["a\tb", "value_tab"],
    ["a     b", "value_spaces"],
    ["x".repeat(32_769), "value_too_long"],
  ])("%j is refused as %s", (value, code) => {
    const template = compiled(withTexts("{{name}}"), ["phone", "name"]);
    const verdict = { ok: false, code, column: "name" };

    expect(template.fill(["1", value])).toEqual(verdict);
    expect(template.check(["1", value])).toEqual(verdict);
  });

  test.each(["a    b", "\ta\n", "x".repeat(32_768)])("%j can be sent", (value) => {
    expect(compiled(withTexts("{{name}}"), ["name"]).check([value])).toEqual({ ok: true });
  });

  test("only columns that the template uses are looked at", () => {
    const template = compiled(withTexts("{{name}}"), ["name", "note"]);

    expect(template.check(["Ann", "line\nline\tline"])).toEqual({ ok: true });
  });

  test.each([
    [["{{name|you}}", "{{name}}"]],
    [["{{name}}", "{{name|you}}"]],
    [["{{name|you}}, {{name}}"]],
    [["{{name}}, {{name|you}}"]],
    [["{{name|you}}", "{{NAME}}", "{{name|you}}"]],
  ])("one use without a fallback is enough to need the value: %j", (used) => {
    const template = compiled(withTexts(...used), ["name"]);
    const verdict = { ok: false, code: "value_empty" };

    expect(template.check([""])).toMatchObject(verdict);
    expect(template.fill([" "])).toMatchObject(verdict);
  });

  test("a cell that shows nothing takes the fallback, and is refused where there is none", () => {
    for (const unseen of ["\u3164", "\u2800", "\u200b\u00ad", "\ufeff", "\u0301\ufe0f", "\u202f"]) {
      expect(texts(withTexts("{{name|there}}"), ["name"], [unseen])).toEqual(["there"]);
      expect(compiled(withTexts("{{name}}"), ["name"]).check([unseen])).toMatchObject({
        code: "value_empty",
      });
    }
  });

  test("what is doubtful is told and can be sent, each column by itself", () => {
    const template = compiled(withTexts("{{a}}", "{{b}}", "{{c}}"), ["a", "b", "c"]);
    const cells = ["#N/A", "Ann", "=A1"];

    expect(template.check(cells)).toEqual({
      ok: true,
      doubts: [
        { code: "value_spreadsheet", column: "a" },
        { code: "value_formula", column: "c" },
      ],
    });
    expect(template.fill(cells).ok).toBe(true);
    expect(template.check(["x", "Ann", "y"])).toEqual({ ok: true });
  });

  test.each([
    "date",
    "Due date",
    "deliveryDate",
    "ORDER_DATE",
    "Geburtsdatum",
    "Data dostawy",
    "Fecha de entrega",
    "Дата",
  ])("a date that became a spreadsheet's number is told in a column called %j", (name) => {
    const template = compiled(withTexts(`{{${name}}}`), [name]);
    const doubts = [{ code: "value_spreadsheet", column: name }];

    expect(template.check(["45992"])).toEqual({ ok: true, doubts });
    expect(template.check(["45992.375"])).toEqual({ ok: true, doubts });
    for (const fine of ["2025-12-01", "1 December", "20251201", "99999", "5"]) {
      expect(template.check([fine])).toEqual({ ok: true });
    }
  });

  test.each(["amount", "Update", "Candidate", "zip", "Mandate", "Database id", "order"])(
    "a number of five digits is one in a column called %j",
    (name) => {
      expect(compiled(withTexts(`{{${name}}}`), [name]).check(["45992"])).toEqual({ ok: true });
    },
  );

  test("as many cells are needed as reach to the last column that is used", () => {
    expect(compiled(withTexts("{{b}}", "{{a|x}}"), ["a", "b", "c"]).cellsNeeded).toBe(2);
    expect(compiled(withTexts("plain"), ["a", "b", "c"]).cellsNeeded).toBe(0);
  });

  test("a cell that is not there counts as empty", () => {
    expect(compiled(withTexts("{{name}}"), ["phone", "name"]).check(["1"]).ok).toBe(false);
  });
});

describe("templates that cannot be used", () => {
  test("a column that the list lacks is named, with the nearest and all there are", () => {
    const refused = refusal(withTexts("{{frist_name}}", "{{town}}"), ["phone", "first_name"]);

    expect(refused.code).toBe("template_column_missing");
    expect(refused.message).toContain("{{frist_name}}, {{town}}");
    expect(refused.message).toContain("phone, first_name");
    expect(refused.fix).toContain("{{first_name}}");
  });

  test("a number as column is told where numbers belong", () => {
    const refused = refusal(withTexts("{{1}}"), ["phone", "name"]);

    expect(refused.code).toBe("template_column_missing");
    expect(refused.fix).toContain("template.preview");
    expect(texts(withTexts("{{1}}"), ["1"], ["fine"])).toEqual(["fine"]);
  });

  test("a column that the list has twice is refused", () => {
    expect(refusal(withTexts("{{name}}"), ["name", "name"]).code).toBe("template_column_ambiguous");
    expect(refusal(withTexts("{{NAME}}"), ["Name", "name"]).code).toBe("template_column_ambiguous");
  });

  test.each([
    ["Hi {{name", "without its }}"],
    ["Hi {{}}", "without a column name"],
    ["Hi {{ | x }}", "without a column name"],
    ["Hi {{{name}}}", "braces inside"],
    ["Hi {{a {{b}} }}", "braces inside"],
    ["{{name|}}", "sent empty"],
    ["{{name||there}}", "signs of another program"],
    ["{{name|'there'}}", "signs of another program"],
    ["{{ name | default: 'there' }}", "signs of another program"],
    ["{{name|default('there')}}", "signs of another program"],
    ["{{name|upper}}", "filter of another program"],
    ["{{name|capitalize|trim}}", "filter of another program"],
    ["\u200b{{name|\u2800}}", "sent empty"],
    ["{{name|a\nb}}", "fallback with a line break"],
    ["{{name|a\u202eb}}", "fallback with a control character, or one that reverses"],
  ])("%j is refused with its path", (text, reason) => {
    const refused = refusal(withTexts("fine", text), ["name"]);

    expect(refused.code).toBe("template_placeholder_invalid");
    expect(refused.message).toContain("template.components.0.parameters.1.text");
    expect(refused.message).toContain(reason);
  });

  test("a placeholder in the name of a field is refused", () => {
    const template = { ...withTexts("a"), "{{name}}": 1 };

    expect(refusal(template, ["name"]).message).toContain("only values are filled");
  });
});

test("the columns of a template are named once each, in order", () => {
  expect(templateColumns(withTexts("{{b}} {{a|x}}", "{{ b }}", "}} plain"))).toEqual(["b", "a"]);
});
