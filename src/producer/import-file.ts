import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { parseCampaign } from "../campaign-file.ts";
import type { CampaignDefinition } from "../core/campaign.ts";
import { didYouMean } from "../core/nearest.ts";
import { type Refusal, type Result, refuse } from "../core/refusal.ts";
import type { ImportStore } from "../store/import-store.ts";
import { type ImportResult, importList } from "./import.ts";
import type { ImportListOptions } from "./import-options.ts";
import { emptyReport } from "./report.ts";

/** A number that campaigns may be sent from, as the import needs it. */
export interface ImportNumber {
  readonly imports: ImportStore;
  /** Country of national numbers, unless the campaign names one. */
  readonly country: string | null;
}

export interface ImportFileInput
  extends Pick<ImportListOptions, "repeats" | "links" | "signal" | "onBegun" | "onProgress"> {
  readonly campaignPath: string;
  /** `null`: the campaign's `recipients.file`, relative to the campaign file. */
  readonly csvPath: string | null;
  /** Default: `<list>.rejects.csv` beside the list. */
  readonly rejectsPath?: string;
}

export type ImportFile = (input: ImportFileInput) => Promise<ImportResult>;

/** Imports a list by a campaign file: what `send` and the drop folder do. */
export function createFileImporter(deps: {
  numbers: Readonly<Record<string, unknown>>;
  /** Called for names in `numbers` only. */
  openNumber: (name: string) => ImportNumber | Promise<ImportNumber>;
  mode: "live" | "sandbox";
}): ImportFile {
  return async (input) => {
    const campaign = await readCampaign(input.campaignPath);
    const file = basename(input.csvPath ?? input.campaignPath);
    if (!campaign.ok) return refused(file, campaign.refusal);
    const definition = campaign.value;
    if (!Object.hasOwn(deps.numbers, definition.number)) {
      return refused(file, unknownNumber(definition.number, Object.keys(deps.numbers)));
    }
    const csvPath = listPath(input, definition);
    if (csvPath === null) return refused(file, noList(file));
    const { imports, country } = await deps.openNumber(definition.number);
    const { campaignPath: _campaign, csvPath: _csv, rejectsPath, ...rest } = input;
    return importList({
      ...rest,
      imports,
      definition,
      csvPath,
      rejectsPath: rejectsPath ?? join(dirname(csvPath), `${stem(csvPath)}.rejects.csv`),
      mode: deps.mode,
      defaultCountry: country,
    });
  };
}

/** Campaign files are written by hand: what is larger is something else. */
const CAMPAIGN_BYTES_MAX = 1024 * 1024;

/** Reads a campaign file: `campaign_not_readable`, or what the parser refuses. */
export async function readCampaign(path: string): Promise<Result<CampaignDefinition>> {
  const name = basename(path);
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > CAMPAIGN_BYTES_MAX) {
      return refuse(
        "campaign_not_readable",
        `${name} is no campaign file: it is not a file of up to 1 MiB.`,
        "Give a campaign file (YAML or JSON) first, then the list.",
      );
    }
    return parseCampaign(await readFile(path, "utf8"), name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return refuse(
      "campaign_not_readable",
      `${name} cannot be read (${code}).`,
      "Check the path of the campaign file and its permissions.",
    );
  }
}

function listPath(input: ImportFileInput, definition: CampaignDefinition): string | null {
  if (input.csvPath !== null) return input.csvPath;
  const { file } = definition.recipients;
  return file === null ? null : resolve(dirname(input.campaignPath), file);
}

function unknownNumber(number: string, known: readonly string[]): Refusal {
  const { refusal } = refuse(
    "number_unknown",
    `the campaign is to be sent from the number "${number}", which is not configured${didYouMean(number, known) || "."}`,
    known.length === 0
      ? "Configure one, by DROPCAST_NUMBER_ID or in DROPCAST_CONFIG."
      : `Configured: ${known.join(", ")}.`,
  );
  return refusal;
}

function noList(file: string): Refusal {
  const { refusal } = refuse(
    "list_missing",
    `there is no list to send: none was given, and ${file} names none.`,
    "Give the CSV after the campaign file, or name it there as recipients.file.",
  );
  return refusal;
}

function refused(file: string, refusal: Refusal): ImportResult {
  return { ok: false, refusal, report: { ...emptyReport(file), refusal } };
}

function stem(path: string): string {
  return basename(path, extname(path));
}
