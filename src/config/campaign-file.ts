import type { CampaignDefinition } from "../core/campaign.ts";
import { type Validated, validateCampaign } from "../core/campaign-schema.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { pathText } from "../core/shape.ts";
import { cronProblem } from "../time/due-times.ts";
import { countryProblem } from "./country.ts";
import type { TextProblem } from "./hand-written.ts";
import { type Correction, correctionText } from "./yaml/correct.ts";
import { PROBLEMS_MAX, readYamlText, type YamlKind } from "./yaml/yaml-text.ts";

/**
 * Reads a campaign file, YAML or JSON. One refusal (`campaign_file_invalid`) reports all mistakes,
 * one line each, with line, column and key. `fileName` is used in messages only.
 */
export function parseCampaign(
  content: Uint8Array | string,
  fileName: string,
): Result<CampaignDefinition> {
  const yaml = readYamlText(content, CAMPAIGN);
  if (!yaml.ok) return refuseFile(fileName, yaml.problems, yaml.corrections);
  const checked = checkContent(yaml.content);
  if (checked.ok) return accept(checked.definition);
  const reported = checked.problems.slice(0, PROBLEMS_MAX);
  return refuseFile(
    fileName,
    reported.map(({ path, message }) => ({
      place: yaml.locate(path),
      message: `${pathText(path)} ${message}`,
    })),
    reported.flatMap(({ path, message }) =>
      message.includes("put quotes around it") ? (yaml.withQuotes(path) ?? []) : [],
    ),
  );
}

/** The content of a campaign file as a definition, or all its mistakes, each with its key. */
export function checkContent(content: Json): Validated {
  const validated = validateCampaign(content);
  if (!validated.ok) return validated;
  const problems = [...listCountry(validated.definition), ...readCron(validated.definition)];
  return problems.length === 0 ? validated : { ok: false, problems };
}

/** The content of a campaign file that a person brings, which may still lack keys. */
export function readContent(bytes: Uint8Array, fileName: string): Result<JsonObject> {
  const yaml = readYamlText(bytes, CAMPAIGN);
  if (!yaml.ok) return refuseFile(fileName, yaml.problems, yaml.corrections);
  if (isJsonObject(yaml.content)) return accept(yaml.content);
  const message = "the file must be a block of keys and values";
  return refuseFile(fileName, [{ place: null, message }], []);
}

const RECURRING_TEXTS: readonly string[] = ["name", "folder", "url", "tokenFile"];

/** Keys whose values are free text: sent or shown, or names of columns and files. */
const CAMPAIGN: YamlKind = {
  isText: ([first, second]) =>
    first === "name" ||
    first === "template" ||
    (first === "recurring" && RECURRING_TEXTS.includes(String(second))) ||
    (first === "recipients" && (second === "to" || second === "file" || second === "timezone")),
  isCount: ([first]) => first !== "template",
  isWhole: (content) => validateCampaign(content).ok,
};

function listCountry(definition: CampaignDefinition): { path: string[]; message: string }[] {
  const { country } = definition.recipients;
  const problem = country === null ? null : countryProblem(country);
  return problem === null ? [] : [{ path: ["recipients", "country"], message: problem }];
}

function readCron({ recurring }: CampaignDefinition): { path: string[]; message: string }[] {
  const problem = recurring === undefined ? null : cronProblem(recurring.cron);
  return problem === null ? [] : [{ path: ["recurring", "cron"], message: problem }];
}

const LIST_NAME = /\.(?:csv|tsv|txt)$/i;

function refuseFile(
  fileName: string,
  problems: readonly TextProblem[],
  corrections: readonly Correction[],
): Refused {
  const lines = problems.map(({ place, message }) => (place ? `${place}: ${message}` : message));
  const message =
    lines.length === 1
      ? `${fileName}: ${lines[0]}`
      : `${fileName} has ${lines.length} mistakes:\n${lines.map((line) => `  ${line}`).join("\n")}`;
  return refuse(
    "campaign_file_invalid",
    message + correctionText(corrections),
    LIST_NAME.test(fileName)
      ? "This looks like a list. Give the campaign file (YAML or JSON) first, then the list."
      : "Correct the campaign file and try again; nothing was queued.",
  );
}
