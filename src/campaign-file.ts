import { type CampaignDefinition, validateCampaign } from "./core/campaign.ts";
import { accept, type Refused, type Result, refuse } from "./core/refusal.ts";
import { pathText } from "./core/shape.ts";
import { countryProblem } from "./country.ts";
import type { TextProblem } from "./hand-written.ts";
import { PROBLEMS_MAX, readYamlText } from "./yaml-text.ts";

/**
 * Reads a campaign file, YAML or JSON. Every mistake is told in one refusal
 * (`campaign_file_invalid`), one line each, with its line, column and key. `fileName` is used in
 * messages only.
 */
export function parseCampaign(
  content: Uint8Array | string,
  fileName: string,
): Result<CampaignDefinition> {
  const yaml = readYamlText(content);
  if (!yaml.ok) return refuseFile(fileName, yaml.problems);
  const validated = validateCampaign(yaml.content);
  const problems = validated.ok ? listCountry(validated.definition) : validated.problems;
  if (validated.ok && problems.length === 0) return accept(validated.definition);
  return refuseFile(
    fileName,
    problems.slice(0, PROBLEMS_MAX).map(({ path, message }) => ({
      place: yaml.locate(path),
      message: `${pathText(path)} ${message}`,
    })),
  );
}

function listCountry(definition: CampaignDefinition): { path: string[]; message: string }[] {
  const { country } = definition.recipients;
  const problem = country === null ? null : countryProblem(country);
  return problem === null ? [] : [{ path: ["recipients", "country"], message: problem }];
}

function refuseFile(fileName: string, problems: readonly TextProblem[]): Refused {
  const lines = problems.map(({ place, message }) => (place ? `${place}: ${message}` : message));
  const message =
    lines.length === 1
      ? `${fileName}: ${lines[0]}`
      : `${fileName} has ${lines.length} mistakes:\n${lines.map((line) => `  ${line}`).join("\n")}`;
  return refuse(
    "campaign_file_invalid",
    message,
    "Correct the campaign file and try again; nothing was queued.",
  );
}
