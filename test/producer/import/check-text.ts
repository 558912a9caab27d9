import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CampaignDefinition } from "../../../src/core/campaign.ts";
import type { Json } from "../../../src/core/json.ts";
import type { TemplateDefinition } from "../../../src/core/template.ts";
import type { ImportResult } from "../../../src/producer/report.ts";
import { keepNothing } from "../../../src/producer/sink/sink.ts";
import { testDefinition } from "../../support/campaigns.ts";
import { testFolder } from "../list/read-list.ts";
import { importList } from "./by-path.ts";

/** A template whose body has one parameter for each text. */
export function templateOf(...texts: string[]): TemplateDefinition {
  const parameters = texts.map((text) => ({ type: "text", text }));
  return { name: "t", language: { code: "en" }, components: [{ type: "body", parameters }] };
}

/** What `check` says of a list, without Redis: the same import on a store that keeps nothing. */
export async function checkText(
  csv: string,
  input: {
    texts?: readonly string[];
    /** Instead of a body of `texts`. */
    components?: readonly Json[];
    recipients?: Partial<CampaignDefinition["recipients"]>;
    preview?: string;
    rejectsPath?: string;
  } = {},
): Promise<ImportResult> {
  const csvPath = join(await testFolder(), "list.csv");
  await writeFile(csvPath, csv);
  const { recipients } = testDefinition("main");
  return importList({
    sink: keepNothing(null),
    definition: testDefinition("main", {
      preview: input.preview ?? null,
      template: {
        ...templateOf(...(input.texts ?? ["{{name}}"])),
        ...(input.components === undefined ? {} : { components: input.components }),
      },
      recipients: { ...recipients, to: null, ...input.recipients },
    }),
    ...{ csvPath, rejectsPath: input.rejectsPath ?? null, mode: "sandbox" },
    ...{ country: null },
  });
}

/** The texts of the first messages, as they would be sent. */
export function sampleTexts({ report }: ImportResult): string[][] {
  return report.samples.map(({ body }) => {
    const { components } = body.template as {
      components: { parameters: { text: string }[] }[];
    };
    return components[0]?.parameters.map(({ text }) => text) ?? [];
  });
}
