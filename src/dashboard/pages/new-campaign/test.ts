import { html } from "hono/html";
import type { Draft, TestSent } from "../../../api/api.ts";
import type { Mode } from "../../../core/mode.ts";
import type { Html } from "../layout.ts";
import { textField } from "./fields.ts";
import type { FieldProblems } from "./problems.ts";
import { stepUrl } from "./steps.ts";

/** One message to a phone of one's own, and its outcome. */
export function testStep(input: {
  readonly draft: Draft;
  readonly mode: Mode;
  readonly typed: { readonly to: string; readonly row: string };
  readonly problems: FieldProblems;
  readonly sent: (Pick<TestSent, "state" | "words"> & { readonly id: string }) | null;
}): Html {
  const { draft, mode, typed, problems, sent } = input;
  const who = mode === "live" ? "The phone gets this message." : "Sandbox: no one gets it.";
  return html`
    ${sent === null ? "" : sentCard(draft, sent)}
    <section class="card" aria-labelledby="send">
      <h2 id="send">Send one message to yourself</h2>
      <p class="quiet">With the values of one row of the list. ${who} It is kept out of the list of campaigns.</p>
      <form method="post" action="${stepUrl(draft, "test")}" class="wizard">
        <div class="pair">
          ${textField({ name: "to", label: "Your phone number", type: "tel", value: typed.to, placeholder: "+48 600 700 800", problems })}
          ${textField({ name: "row", label: "Row whose values to send", type: "number", value: typed.row, problems, hint: "From 1, without the header." })}
        </div>
        <button type="submit">Send 1 test message</button>
      </form>
    </section>
    <p class="wizard-next"><a class="button main" href="${stepUrl(draft, "start")}">Go to start</a></p>`;
}

function sentCard(
  draft: Draft,
  { id, state, words }: Pick<TestSent, "state" | "words"> & { readonly id: string },
): Html {
  const isBad = state === "failed" || state === "unknown" || state === "cancelled";
  return html`<section class="card ${isBad ? "alert" : "note"}" role="status">
    <h2>Test message ${id}</h2>
    <p>${words}</p>
    <p><a href="${stepUrl(draft, "test")}?sent=${id}">Look again</a></p>
  </section>`;
}
