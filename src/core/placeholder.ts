import { readValue, showsNothing } from "./value.ts";

/** A placeholder in a string of the template: `{{column}}` or `{{column|fallback}}`. */
export interface Placeholder {
  /** As written, trimmed. */
  readonly column: string;
  /** Used if the row's value is empty; `null`: an empty value rejects the row. */
  readonly fallback: string | null;
}

type Placeholders =
  | { readonly ok: true; readonly parts: readonly (string | Placeholder)[] }
  | { readonly ok: false; readonly problem: string };

/**
 * Splits a string into literal parts and placeholders. An unopened `}}` is literal text. Reports a
 * string that could end up empty, because WhatsApp refuses empty parameters, and a fallback that
 * WhatsApp would refuse as a value.
 */
export function parsePlaceholders(text: string): Placeholders {
  if (!text.includes("{{")) return { ok: true, parts: text === "" ? [] : [text] };
  const parts: (string | Placeholder)[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf("{{", from);
    if (open === -1) break;
    if (open > from) parts.push(text.slice(from, open));
    const close = text.indexOf("}}", open + 2);
    if (close === -1) return wrong("has a {{ without its }}");
    const inside = text.slice(open + 2, close);
    const placeholder = readInside(inside);
    if (typeof placeholder === "string") return wrong(placeholder);
    parts.push(placeholder);
    from = close + 2;
  }
  if (from < text.length) parts.push(text.slice(from));
  if (parts.every(canBeEmpty)) {
    return wrong(
      "would be sent empty if the column is empty: add a fallback, as in {{name|there}}",
    );
  }
  return { ok: true, parts };
}

function readInside(inside: string): Placeholder | string {
  const bar = inside.indexOf("|");
  const column = (bar === -1 ? inside : inside.slice(0, bar)).trim();
  const fallback = bar === -1 ? null : inside.slice(bar + 1).trim();
  if (/[{}]/.test(inside)) return "has braces inside a placeholder: write {{column}}";
  const foreign = fallback === null ? null : foreignFallback(fallback);
  if (foreign !== null) return foreign;
  if (column === "") return "has a placeholder without a column name: write {{column}}";
  if (fallback !== null && /[\n\r\t\u2028\u2029]| {5}/.test(fallback)) {
    return "has a fallback with a line break, a tab or more than 4 spaces, which WhatsApp refuses";
  }
  if (fallback !== null && readValue(fallback).fault !== null) {
    return "has a fallback with a control character, or one that reverses the text";
  }
  return { column, fallback };
}

/** Other programs write `{{name || "there"}}`, `{{name|default: "there"}}`, `{{name|upper}}`. */
function foreignFallback(fallback: string): string | null {
  if (/^\||^default\s*[:(=]|^(["'\u2018\u201c]).*["'\u2019\u201d]$/i.test(fallback)) {
    return "has a fallback with signs of another program, which would be sent: write {{column|there}}";
  }
  return FILTER.test(fallback)
    ? "has a filter of another program, which would be sent in place of an empty value: write {{column}} or {{column|there}}"
    : null;
}

const FILTER =
  /^(?:upper(?:case)?|lower(?:case)?|title|titlecase|capitali[sz]e|capfirst|upcase|downcase|trim|strip|escape|safe|raw)(?:\s*[|(:].*)?$/i;

function canBeEmpty(part: string | Placeholder): boolean {
  const text = typeof part === "string" ? part : part.fallback;
  return text !== null && showsNothing(text);
}

function wrong(problem: string): Placeholders {
  return { ok: false, problem };
}
