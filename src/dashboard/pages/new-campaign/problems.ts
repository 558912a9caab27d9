import { checkContent } from "../../../config/campaign-file.ts";
import type { CampaignDefinition } from "../../../core/campaign.ts";
import type { JsonObject } from "../../../core/json.ts";
import { pathText, type ShapeProblem } from "../../../core/shape.ts";
import type { StepName } from "./steps.ts";

/** What is wrong, by the name of the field that it stands beside. */
export type FieldProblems = ReadonlyMap<string, readonly string[]>;

/** Keys of the campaign file and their fields; a key stands for all below it. */
const FIELDS: readonly (readonly [key: string, step: StepName, field: string])[] = [
  ["name", "template", "name"],
  ["number", "template", "number"],
  ["category", "template", "category"],
  ["template.name", "template", "template"],
  ["template.language", "template", "language"],
  ["template.preview", "template", "body"],
  ["template", "template", "parts"],
  ["recipients.to", "list", "to"],
  ["recipients.country", "list", "country"],
  ["recipients.numbers", "list", "numbers"],
  ["recipients.encoding", "list", "encoding"],
  ["recipients.delimiter", "list", "delimiter"],
  ["recipients.first", "check", "first"],
  ["schedule.startAt", "check", "start"],
  ["schedule.window", "check", "window"],
  ["canary", "check", "canary"],
  ["delivery.ratePerSecond", "check", "rate"],
];

/** Refusals of a list that another choice in a field may end. */
const REFUSED_FIELDS: Readonly<Record<string, string>> = {
  phone_column_unknown: "to",
  phone_column_unclear: "to",
  phone_column_missing: "to",
  header_missing: "delimiter",
  header_name_empty: "delimiter",
  header_name_twice: "delimiter",
  list_not_utf8: "encoding",
  list_not_utf16: "encoding",
  country_missing: "country",
  country_unknown: "country",
  start_at_past: "start",
  template_column_missing: "parts",
  template_column_ambiguous: "parts",
};

/** One mistake: what it says, and where to correct it. */
export interface Mistake {
  readonly step: StepName;
  readonly field: string;
  /** Beside the field. */
  readonly message: string;
  /** Where the field is not at hand. */
  readonly sentence: string;
}

export type Judged =
  | { readonly ok: true; readonly definition: CampaignDefinition }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Whether the content is a whole campaign file, by the check that reads campaign files. */
export function judge(
  content: JsonObject,
  partFields: ReadonlyMap<string, string> = new Map(),
): Judged {
  const checked = checkContent(content);
  if (checked.ok) return checked;
  return { ok: false, mistakes: checked.problems.map((one) => mistakeOf(one, partFields)) };
}

function mistakeOf(
  { path, message }: ShapeProblem,
  partFields: ReadonlyMap<string, string>,
): Mistake {
  const key = path.join(".");
  const sentence = `${pathText(path)} ${message}`;
  const isBelow = (of: string): boolean => key === of || key.startsWith(`${of}.`);
  const [, part] = [...partFields].find(([of]) => isBelow(of)) ?? [];
  if (part !== undefined) return { step: "template", field: part, message, sentence };
  const [of, step, field] = FIELDS.find(([one]) => isBelow(one)) ?? ["", "check" as const, "form"];
  // Beside its own field a mistake needs no key.
  return { step, field, message: of === key ? message : sentence, sentence };
}

/** Those of one step, beside their fields. */
export function problemsOf(mistakes: readonly Mistake[], step: StepName): FieldProblems {
  const found = new Map<string, string[]>();
  for (const { field, message } of mistakes.filter((one) => one.step === step)) {
    found.set(field, [...(found.get(field) ?? []), message]);
  }
  return found;
}

/** The field that a refusal of the list is about; `form` if it is about none. */
export function fieldOfRefusal(code: string): string {
  return REFUSED_FIELDS[code] ?? "form";
}
