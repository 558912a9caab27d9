import { html } from "hono/html";
import type { Draft, Inspected } from "../../../api/api.ts";
import { DELIMITER_NAMES, delimiterName } from "../../../core/delimiters.ts";
import { ENCODINGS } from "../../../core/encoding.ts";
import { printable } from "../../../core/format.ts";
import type { Result } from "../../../core/refusal.ts";
import { count } from "../format.ts";
import type { Html } from "../layout.ts";
import { textAt } from "./content.ts";
import { selectField, textField } from "./fields.ts";
import type { FieldProblems } from "./problems.ts";
import { refusalBox, stepUrl } from "./steps.ts";

interface Shown {
  readonly draft: Draft;
  readonly inspected: Result<Inspected>;
  readonly problems: FieldProblems;
  /** Of numbers without a country code, unless another is chosen. */
  readonly country: string | null;
}

/** What was understood of the list, and where it can be changed. */
export function listStep({ draft, inspected, problems, country }: Shown): Html {
  const { content } = draft;
  const list = inspected.ok ? inspected.value : null;
  const refusal = inspected.ok ? inspected.value.refusal : inspected.refusal;
  const value = (...path: string[]) => textAt(content, ["recipients", ...path]);
  const columns = list?.columns ?? [];
  return html`
    ${refusal === null ? "" : refusalBox(refusal)}
    ${list === null ? "" : understoodCard(list)}
    <form method="post" action="${stepUrl(draft, "list")}" class="wizard">
      <section class="card" aria-labelledby="reading">
        <h2 id="reading">Read it otherwise</h2>
        ${selectField({
          ...{ name: "encoding", label: "Encoding", value: value("encoding"), problems },
          hint: list?.encodingGuessed === true ? "A guess: look at the letters above." : undefined,
          options: [
            { value: "", words: `Recognised${list === null ? "" : `: ${list.encoding}`}` },
            ...ENCODINGS.map((one) => ({ value: one, words: one })),
          ],
        })}
        ${selectField({
          ...{ name: "delimiter", label: "Between the cells", value: value("delimiter"), problems },
          options: [
            {
              value: "",
              words: `Recognised${list === null ? "" : `: ${delimiterWords(list.delimiter)}`}`,
            },
            ...DELIMITER_NAMES.map((one) => ({ value: one, words: one })),
          ],
        })}
        ${selectField({
          ...{ name: "to", label: "Column with the phone numbers", value: value("to"), problems },
          options: [
            { value: "", words: phoneWords(list) },
            ...withChosen(columns, value("to")).map((one) => ({ value: one, words: one })),
          ],
        })}
        ${textField({ name: "country", label: "Country of numbers without a country code", value: value("country"), placeholder: country ?? "", problems, hint: `Two letters, as in PL.${country === null ? "" : ` If left out: ${country}.`}` })}
        ${selectField({
          ...{ name: "numbers", label: "Numbers without + are", value: value("numbers"), problems },
          options: [
            { value: "", words: "as most of the list is written" },
            { value: "national", words: "national" },
            { value: "international", words: "international, with their country code" },
          ],
        })}
        <button type="submit" name="go" value="again">Read it again</button>
      </section>
      <p class="wizard-next"><button type="submit" name="go" value="next" class="main">Choose the template</button></p>
    </form>`;
}

function understoodCard(list: Inspected): Html {
  const { columns, sample, rows, phoneColumn } = list;
  return html`<section class="card" aria-labelledby="understood">
    <div class="split"><h2 id="understood">What was understood</h2>
    <p>${rows === null ? "It cannot be read to its end." : html`<b>${count(rows)}</b> ${rows === 1 ? "row" : "rows"} below the header`}, ${list.encoding}, ${delimiterWords(list.delimiter)}</p></div>
    <div class="scroll" tabindex="0" role="region" aria-label="First rows of the list"><table class="sample">
      <thead><tr><th scope="col" class="figure">Line</th>${columns.map((name) => html`<th scope="col">${shortened(name)}${name === phoneColumn ? html` <span class="badge">phone</span>` : ""}</th>`)}</tr></thead>
      <tbody>${sample.map(({ line, cells }) => html`<tr><th scope="row" class="figure">${count(line)}</th>${columns.map((_, at) => html`<td>${shortened(cells[at] ?? "")}</td>`)}</tr>`)}</tbody>
    </table></div>
  </section>`;
}

const SHOWN_LENGTH_MAX = 120;

function shortened(text: string): string {
  const shown = printable(text);
  return shown.length > SHOWN_LENGTH_MAX ? `${shown.slice(0, SHOWN_LENGTH_MAX)}…` : shown;
}

function phoneWords(list: Inspected | null): string {
  if (list === null || list.phoneColumn === null) return "Choose…";
  const { phoneColumn, phoneColumnGuessed } = list;
  return phoneColumnGuessed === null
    ? "Find it"
    : `Found by its ${phoneColumnGuessed}: ${phoneColumn}`;
}

function withChosen(columns: readonly string[], chosen: string): string[] {
  const named = [...new Set(columns.filter((name) => name !== ""))];
  return chosen === "" || named.includes(chosen) ? named : [...named, chosen];
}

function delimiterWords(delimiter: string): string {
  return delimiterName(delimiter) ?? printable(delimiter);
}
