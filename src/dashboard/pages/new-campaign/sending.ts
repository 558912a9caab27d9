import { html } from "hono/html";
import type { Draft } from "../../../api/api.ts";
import { parseInstant } from "../../../core/instant.ts";
import type { JsonObject } from "../../../core/json.ts";
import { instantAt } from "../../../time/local-time.ts";
import type { Html } from "../layout.ts";
import { textAt, typedNumber, valueAt, withValue } from "./content.ts";
import { selectField, textField } from "./fields.ts";
import type { FieldProblems } from "./problems.ts";
import { stepUrl } from "./steps.ts";

/** When, in which hours, how many first and how fast: the settings that the check depends on. */
export function sendingCard(draft: Draft, problems: FieldProblems): Html {
  const { content, start } = draft;
  const startAt = textAt(content, ["schedule", "startAt"]);
  const window = valueAt(content, ["schedule", "window"]);
  return html`<section class="card" aria-labelledby="sending">
    <h2 id="sending">When and how</h2>
    <form method="post" action="${stepUrl(draft, "check")}" class="wizard">
      <div class="pair">
        ${textField({ name: "start", label: "Begin at", type: "datetime-local", value: start?.local ?? "", problems, hint: start === null && startAt !== "" ? `Now: ${startAt}` : "Left out: as soon as you press Start." })}
        ${textField({ name: "zone", label: "by the clock of", value: start?.zone ?? "", placeholder: "Europe/Warsaw", problems, hint: "A time zone." })}
      </div>
      ${selectField({
        ...{ name: "window", label: "Hours", value: windowChoice(window), problems },
        options: [
          { value: "", words: "At any time" },
          { value: "quiet-hours", words: "The usual hours of each person's country" },
          ...(windowChoice(window) === "own"
            ? [{ value: "own", words: "As the campaign file has them" }]
            : []),
        ],
      })}
      <div class="pair">
        ${textField({ name: "first", label: "Only the first", type: "number", value: textAt(content, ["recipients", "first"]), problems, hint: "The others wait until you resume the campaign." })}
        ${textField({ name: "canary", label: "Canary", type: "number", value: textAt(content, ["canary", "size"]), problems, hint: "So many go first, and the rest once enough of them are delivered." })}
        ${textField({ name: "rate", label: "Messages a second, at most", type: "number", value: textAt(content, ["delivery", "ratePerSecond"]), problems })}
      </div>
      <button type="submit">Check with these settings</button>
    </form>
  </section>`;
}

/** The draft with these settings; a start that cannot be one stays as it was typed. */
export function typedSending(draft: Draft, fields: URLSearchParams): Draft {
  const local = (fields.get("start") ?? "").trim();
  const zone = (fields.get("zone") ?? "").trim();
  let content: JsonObject = draft.content;
  const set = (path: readonly string[], value: Parameters<typeof withValue>[2]): void => {
    content = withValue(content, path, value);
  };
  // A start of the campaign file stays until another one is typed.
  if (local !== "" || draft.start !== null) {
    set(["schedule", "startAt"], local === "" ? undefined : startText(local, zone));
  }
  const window = fields.get("window") ?? "";
  if (window === "quiet-hours") set(["schedule", "window"], { preset: "quiet-hours" });
  else if (window === "") set(["schedule", "window"], undefined);
  set(["recipients", "first"], typedNumber(fields.get("first")));
  const size = typedNumber(fields.get("canary"));
  if (size === undefined) set(["canary"], undefined);
  else set(["canary", "size"], size);
  set(["delivery", "ratePerSecond"], typedNumber(fields.get("rate")));
  return { ...draft, content, start: local === "" ? null : { local, zone } };
}

/** With its offset, as a campaign file has it; as typed if there is no such time. */
function startText(local: string, zone: string): string {
  const at = instantAt(local, zone);
  if (at !== null && parseInstant(at).ok) return at;
  return zone === "" ? local : `${local} ${zone}`;
}

/** What is wrong with the time that was typed, in the words of its fields. */
export function startProblem({ start }: Draft): string | null {
  if (start === null) return null;
  if (start.zone === "") return "needs a time zone, as in Europe/Warsaw";
  if (instantAt(start.local, start.zone) !== null) return null;
  return "is not a time of this time zone: it does not exist, comes twice when clocks are changed, or the zone is not known (write it as Europe/Warsaw)";
}

function windowChoice(window: unknown): string {
  if (window === undefined || window === null) return "";
  const isPreset = JSON.stringify(window) === JSON.stringify({ preset: "quiet-hours" });
  return isPreset ? "quiet-hours" : "own";
}
