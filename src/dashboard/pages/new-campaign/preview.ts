import { html } from "hono/html";
import type { Draft, MessagePreview } from "../../../api/api.ts";
import type { CampaignDefinition } from "../../../core/campaign.ts";
import { foldText } from "../../../core/fold.ts";
import { isJsonObject, type Json } from "../../../core/json.ts";
import { count } from "../format.ts";
import type { Html } from "../layout.ts";
import { textOf } from "./content.ts";
import { stepUrl } from "./steps.ts";

const MEDIA = ["image", "video", "document"];

/** The messages of the first people, as their phones show them. */
export function previewStep(
  draft: Draft,
  { definition, people }: { definition: CampaignDefinition; people: readonly MessagePreview[] },
): Html {
  const isMarketing = definition.category === "marketing";
  return html`
    ${people.length === 0 ? html`<section class="card alert" role="alert"><p>None of the first rows can be sent. The check says why.</p></section>` : ""}
    ${definition.preview === null ? html`<section class="card note"><p>Only what fills the variables is shown: <a href="${stepUrl(draft, "template")}">the text of the body</a> was not entered.</p></section>` : ""}
    <ol class="people">${people.map((one) => personCard(one, isMarketing))}</ol>
    ${isMarketing ? html`<p class="quiet">WhatsApp shows about the first four lines of a marketing message, three below a picture, and the rest behind "Read more". How much fits into a line depends on the phone.</p>` : ""}
    <p class="wizard-next"><a class="button main" href="${stepUrl(draft, "check")}">Check the whole list</a></p>`;
}

function personCard({ line, body, preview }: MessagePreview, isMarketing: boolean): Html {
  const parts = partsOf(body.template);
  const hasMedia = parts.some(({ type }) => MEDIA.includes(type));
  const { shown, hidden } =
    preview !== null && isMarketing
      ? foldText(preview, { hasMedia })
      : { shown: preview, hidden: "" };
  return html`<li class="card">
    <p class="quiet">Line ${count(line)}, to ${body.to}</p>
    ${parts.filter(({ place }) => place === "header").map(({ type, text }) => html`<p class="quiet">${type === "text" ? "Header" : type}: ${text}</p>`)}
    ${
      shown === null
        ? html`<ul>${parts.filter(({ place }) => place === "body").map(({ name, text }) => html`<li>{{${name}}}: ${text}</li>`)}</ul>`
        : html`<p class="bubble">${shown}${hidden === "" ? "" : html`<span class="fold"><span class="badge">Read more: WhatsApp folds it about here</span></span><span class="folded">${hidden}</span>`}</p>`
    }
    ${parts.filter(({ place }) => place === "button").map(({ text, name }) => html`<p class="quiet">Button ${name}: ${text}</p>`)}
  </li>`;
}

interface Part {
  readonly place: "header" | "body" | "button";
  readonly type: string;
  readonly name: string;
  readonly text: string;
}

/** What fills the template, in words. */
function partsOf(template: unknown): Part[] {
  const components = isJsonObject(template) ? template["components"] : undefined;
  if (!Array.isArray(components)) return [];
  return (components as readonly Json[]).filter(isJsonObject).flatMap((component) => {
    const type = textOf(component["type"]).toLowerCase();
    if (type !== "header" && type !== "body" && type !== "button") return [];
    const { parameters } = component;
    const all = Array.isArray(parameters) ? (parameters as readonly Json[]) : [];
    return all.filter(isJsonObject).map((parameter, at): Part => {
      const kind = textOf(parameter["type"]);
      const name = type === "button" ? component["index"] : parameter["parameter_name"];
      return {
        ...{ place: type, type: kind, name: textOf(name) || String(at + 1) },
        text: wordsOf(parameter[kind]),
      };
    });
  });
}

function wordsOf(value: Json | undefined): string {
  if (!isJsonObject(value)) return textOf(value);
  return textOf(value["link"] ?? value["fallback_value"]) || JSON.stringify(value);
}
