import { html } from "hono/html";
import type { Draft } from "../../../api/api.ts";
import { CATEGORIES } from "../../../core/category.ts";
import { foldColumnName } from "../../../core/columns.ts";
import { isJsonObject } from "../../../core/json.ts";
import type { Html } from "../layout.ts";
import { textOf } from "./content.ts";
import {
  areaField,
  idOf,
  type Option,
  optionList,
  selectField,
  textField,
  wrongWords,
} from "./fields.ts";
import type { FieldProblems } from "./problems.ts";
import { canBeNamed, type Slot } from "./slot.ts";
import { stepUrl } from "./steps.ts";
import { BUTTON_KINDS, HEADER_KINDS, type TemplateForm } from "./template-form.ts";

interface Shown {
  readonly draft: Draft;
  readonly form: TemplateForm;
  readonly problems: FieldProblems;
  /** Of the list. */
  readonly columns: readonly string[];
  /** The numbers that the person may send from. */
  readonly numbers: readonly string[];
}

/** Which template is sent from which number, and what fills its variables. */
export function templateStep(shown: Shown): Html {
  const { draft, form, problems, numbers } = shown;
  const { texts } = form;
  return html`<form method="post" action="${stepUrl(draft, "template")}" class="wizard">
    <section class="card" aria-labelledby="what">
      <h2 id="what">Campaign and template</h2>
      ${textField({ name: "name", label: "Name of the campaign", value: texts.name, problems, hint: "For you; people do not see it." })}
      ${selectField({
        ...{ name: "number", label: "Sending number", value: texts.number, problems },
        options: [
          { value: "", words: "Choose…" },
          ...numbers.map((name) => ({ value: name, words: name })),
        ],
      })}
      ${textField({ name: "template", label: "Template", value: texts.template, problems, hint: "Its name in WhatsApp Manager, as in spring_sale." })}
      ${textField({ name: "language", label: "Language", value: texts.language, problems, hint: "Its code there, as in en_US or pl." })}
      ${selectField({
        ...{ name: "category", label: "Category", value: texts.category, problems },
        options: [
          { value: "", words: "Choose…" },
          ...CATEGORIES.map((one) => ({ value: one, words: one })),
        ],
      })}
      ${areaField({ name: "body", label: "Text of the body", value: texts.body, rows: 6, problems, hint: "As in WhatsApp Manager, with {{1}} or {{name}}. It is never sent: it is for the preview, and shows which variables are to be filled." })}
      <button type="submit" name="go" value="again">Show its variables</button>
    </section>
    <section class="card" aria-labelledby="filled">
      <h2 id="filled">What fills its variables</h2>
      <p class="quiet">Choose a column, and what stands there where its cell is empty. Without a column, the text is the same for everybody. A row with an empty cell and no fallback is not sent.</p>
      ${wrongWords("parts", problems)}
      ${form.variables.length === 0 ? html`<p>The body has no variables.</p>` : form.variables.map((one) => (one.kept === null ? slotField(`v.${one.name}`, `{{${one.name}}} of the body`, one.slot, shown) : html`<p>{{${one.name}}} of the body stays as it is: <code>${JSON.stringify(one.kept)}</code></p>`))}
    </section>
    <details class="card parts"${hasParts(form) ? html` open` : ""}>
      <summary>Header and buttons</summary>
      <p class="quiet">Only if they have a variable, a picture or a code.</p>
      ${selectField({
        ...{ name: "header.kind", label: "Header", value: form.header.kind, problems },
        options: HEADER_KINDS.map((one) => ({ value: one, words: HEADER_WORDS[one] })),
      })}
      ${slotField("header", "Text or link of the header", form.header.slot, shown)}
      ${form.buttons.map(
        (one, at) => html`<fieldset>
        <legend>Button ${at + 1}</legend>
        ${selectField({
          ...{ name: `b${at}.kind`, label: "Kind", value: one.kind, problems },
          options: [
            { value: "none", words: "None" },
            ...BUTTON_KINDS.map((kind) => ({ value: kind, words: BUTTON_WORDS[kind] })),
          ],
        })}
        ${textField({ name: `b${at}.index`, label: "Position among all buttons, from 0", value: one.index, problems })}
        ${slotField(`b${at}`, "What fills it", one.slot, shown)}
      </fieldset>`,
      )}
      ${form.kept.length === 0 ? "" : html`<p>These parts stay as they are: ${form.kept.map((one) => html`<code>${isJsonObject(one) ? textOf(one["type"]) : "?"}</code> `)}. Change them in campaign.yaml.</p>`}
    </details>
    <p class="wizard-next"><button type="submit" name="go" value="next" class="main">Preview the first five people</button></p>
  </form>`;
}

/** Most templates have none that is to be filled. */
function hasParts({ header, buttons, kept }: TemplateForm): boolean {
  return header.kind !== "none" || kept.length > 0 || buttons.some(({ kind }) => kind !== "none");
}

const HEADER_WORDS: Readonly<Record<(typeof HEADER_KINDS)[number], string>> = {
  none: "None, or fixed text",
  text: "Text with a variable",
  image: "Picture (link)",
  video: "Video (link)",
  document: "Document (link)",
};

const BUTTON_WORDS: Readonly<Record<(typeof BUTTON_KINDS)[number], string>> = {
  url: "Web address with a variable end",
  quick_reply: "Quick reply with a payload",
  copy_code: "Copy a coupon code",
};

/** A page with a choice of all columns for each text, at most; beyond it, names are typed. */
const CHOICES_LENGTH_MAX = 500_000;

/** A column and a fallback, or a text. */
function slotField(name: string, label: string, slot: Slot, shown: Shown): Html {
  const { columns, problems, form } = shown;
  const slots = form.variables.length + form.buttons.length + 1;
  const isMany = columns.join("").length * slots > CHOICES_LENGTH_MAX;
  const wrong = problems.has(name)
    ? html` aria-invalid="true" aria-describedby="${idOf(name)}-wrong"`
    : "";
  const named = html` name="${name}.column" aria-label="${label}: column"${wrong}`;
  const chosen = chosenColumn(slot, columns);
  return html`<div class="field slot" role="group" aria-labelledby="${idOf(name)}-label">
    <span id="${idOf(name)}-label">${label}</span>
    ${isMany ? html`<input${named} value="${chosen}" placeholder="column" autocomplete="off">` : html`<select${named}>${optionList(columnOptions(columns, chosen), chosen)}</select>`}
    <input name="${name}.text" value="${slot.text}" aria-label="${label}: fallback, or the text" placeholder="fallback, or the text" autocomplete="off"${wrong}>
    ${wrongWords(name, problems)}
  </div>`;
}

/** As the list spells it; columns are found whatever their case. */
function chosenColumn({ column }: Slot, columns: readonly string[]): string {
  if (column === null || columns.includes(column)) return column ?? "";
  return columns.find((one) => foldColumnName(one) === foldColumnName(column)) ?? column;
}

function columnOptions(columns: readonly string[], chosen: string): Option[] {
  const isGone = chosen !== "" && !columns.includes(chosen);
  return [
    { value: "", words: "No column: this text" },
    ...columns.map((column) => ({
      ...{ value: column, disabled: !canBeNamed(column) },
      words: canBeNamed(column) ? column : `${column} (rename it: its name has { } or |)`,
    })),
    ...(isGone ? [{ value: chosen, words: `${chosen} (not in this list)` }] : []),
  ];
}
