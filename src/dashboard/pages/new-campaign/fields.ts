import { html } from "hono/html";
import type { Html } from "../layout.ts";
import type { FieldProblems } from "./problems.ts";

/** Form controls with their label, a hint, and what is wrong beside them. */

interface Labelled {
  readonly name: string;
  readonly label: string | Html;
  readonly hint?: string | Html | undefined;
  readonly problems: FieldProblems;
}

export interface Option {
  readonly value: string;
  readonly words: string;
  readonly disabled?: boolean;
}

export function textField(
  input: Labelled & {
    readonly value: string;
    readonly type?: "text" | "number" | "datetime-local" | "tel";
    readonly placeholder?: string;
    /** The id of a datalist. */
    readonly list?: string;
  },
): Html {
  const { name, value, type = "text", placeholder = "", list } = input;
  return labelled(
    input,
    html`<input id="${idOf(name)}" name="${name}" type="${type}" value="${value}" placeholder="${placeholder}" autocomplete="off"${list === undefined ? "" : html` list="${list}"`}${type === "number" ? html` step="any"` : ""}${described(input)}>`,
  );
}

export function areaField(
  input: Labelled & { readonly value: string; readonly rows: number },
): Html {
  const { name, value, rows } = input;
  // A browser drops the first line break of a text area.
  return labelled(
    input,
    html`<textarea id="${idOf(name)}" name="${name}" rows="${rows}"${described(input)}>${"\n"}${value}</textarea>`,
  );
}

export function selectField(
  input: Labelled & { readonly value: string; readonly options: readonly Option[] },
): Html {
  return labelled(
    input,
    html`<select id="${idOf(input.name)}" name="${input.name}"${described(input)}>${optionList(input.options, input.value)}</select>`,
  );
}

export function optionList(options: readonly Option[], chosen: string): Html[] {
  return options.map(
    ({ value, words, disabled = false }) =>
      html`<option value="${value}"${value === chosen ? html` selected` : ""}${disabled ? html` disabled` : ""}>${words}</option>`,
  );
}

export function idOf(name: string): string {
  return `f-${name.replace(/[^\w-]/g, "_")}`;
}

/** Names what is wrong for people who cannot see where it stands. */
function described({ name, problems }: Pick<Labelled, "name" | "problems">): Html | "" {
  if (!problems.has(name)) return "";
  return html` aria-invalid="true" aria-describedby="${idOf(name)}-wrong"`;
}

function labelled({ name, label, hint, problems }: Labelled, control: Html): Html {
  return html`<div class="field">
    <label for="${idOf(name)}">${label}</label>
    ${control}
    ${hint === undefined ? "" : html`<p class="quiet">${hint}</p>`}
    ${wrongWords(name, problems)}
  </div>`;
}

export function wrongWords(name: string, problems: FieldProblems): Html | "" {
  const wrong = problems.get(name) ?? [];
  if (wrong.length === 0) return "";
  return html`<p class="wrong" id="${idOf(name)}-wrong">${wrong.map((one) => html`<span>${one}</span> `)}</p>`;
}
