import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { parseCampaign } from "../campaign-file.ts";
import type { CampaignDefinition } from "../core/campaign.ts";
import type { Mode } from "../core/mode.ts";
import { didYouMean } from "../core/nearest.ts";
import { accept, type Refusal, type Result, refuse } from "../core/refusal.ts";
import type { ImportStore } from "../store/import-store.ts";
import { numberOfCampaign, readCampaignMark } from "../store/keys.ts";
import type { Mending } from "../store/mending.ts";
import type { People } from "../store/people.ts";
import { mendList, refuseMarked } from "./correct/correct-list.ts";
import { importList } from "./import/import.ts";
import type { ImportListOptions } from "./import/import-options.ts";
import type { ImportResult } from "./import/import-outcome.ts";
import { numberedStem } from "./import/taken-name.ts";
import type { PreflightInput } from "./preflight/preflight.ts";
import { campaignOfRejects, type OpenedList, peekList } from "./rejects/peek.ts";
import { emptyReport, reportCampaign } from "./report.ts";

/** A number that campaigns may be sent from, as the import needs it. */
export interface ImportNumber {
  readonly imports: ImportStore;
  /** What takes corrected rows back; null: rejects files are read as lists of their own. */
  readonly mending: { readonly mending: Mending; readonly people: People } | null;
  /** Country of national numbers, unless the campaign names one. */
  readonly country: string | null;
  readonly preflight?: PreflightInput;
}

export interface ImportFileInput
  extends Pick<
    ImportListOptions,
    | "purpose"
    | "repeats"
    | "startJudgedAtMs"
    | "checked"
    | "encoding"
    | "signal"
    | "onRead"
    | "onBegun"
    | "onProgress"
  > {
  /** `null`: the list is a rejects file, which names its campaign itself. */
  readonly campaignPath: string | null;
  /** What messages call that file. Default: its name. */
  readonly campaignName?: string;
  /** `null`: the campaign's `recipients.file`, relative to the campaign file. */
  readonly csvPath: string | null;
  /** That list, when the caller has opened it, and closes it: nothing is opened by its name then. */
  readonly opened?: Result<OpenedList>;
  /** Default: {@link freeRejectsPath}; null: none is written. */
  readonly rejectsPath?: string | null;
}

export type ImportFile = (input: ImportFileInput) => Promise<ImportResult>;

/**
 * Imports a list by a campaign file, or takes the corrected rows of a rejects file back into their
 * campaign: what `send`, `check` and the drop folder do.
 */
export function createFileImporter(deps: {
  numbers: Readonly<Record<string, unknown>>;
  /** Called for names in `numbers` only. */
  openNumber: (name: string) => ImportNumber | Promise<ImportNumber>;
  mode: Mode;
}): ImportFile {
  const known = Object.keys(deps.numbers);

  return async (input) => {
    const path = input.csvPath ?? input.campaignPath ?? "";
    const campaign =
      input.campaignPath === null
        ? null
        : await readCampaign(input.campaignPath, input.campaignName);
    if (campaign?.ok === false) return refused(basename(path), campaign.refusal);
    const definition = campaign?.value ?? null;
    if (definition !== null && !known.includes(definition.number)) {
      return refused(basename(path), unknownNumber(definition.number, known));
    }
    const csvPath = listPath(input, definition);
    if (csvPath === null) return refused(basename(path), noList(basename(path)));
    const opened = input.opened ?? (await peekList(csvPath, { links: "follow" }));
    if (!opened.ok) return refused(basename(csvPath), opened.refusal, definition);
    try {
      const { rejectsPath = await freeRejectsPath(csvPath) } = input;
      return await take({ ...input, rejectsPath }, opened.value, definition);
    } finally {
      if (input.opened === undefined) await opened.value.close();
    }
  };

  type Input = ImportFileInput & { readonly rejectsPath: string | null };

  async function take(
    input: Input,
    file: OpenedList,
    definition: CampaignDefinition | null,
  ): Promise<ImportResult> {
    const mended = file.rejectsOf === null ? null : await mend(input, file, definition);
    if (mended !== null) return mended;
    if (definition === null) return refused(file.name, noCampaign(file.name));
    const { imports, country, preflight } = await deps.openNumber(definition.number);
    const { campaignPath: _path, campaignName: _name, csvPath: _list, opened: _, ...rest } = input;
    return importList({
      ...rest,
      ...{ file, imports, definition, mode: deps.mode, defaultCountry: country },
      ...(preflight === undefined ? {} : { preflight }),
    });
  }

  /** Null where rejects files are read as lists of their own. */
  async function mend(
    input: Input,
    file: OpenedList,
    given: CampaignDefinition | null,
  ): Promise<ImportResult | null> {
    const { rejectsPath, checked, encoding, signal, purpose = "import" } = input;
    const mark = file.rejectsOf ?? "";
    const { campaign: id, ofSandbox } = readCampaignMark(mark);
    if (ofSandbox && deps.mode === "live") return refused(file.name, ofSandboxOnly(id));
    const name = numberOfCampaign(id);
    if (name === undefined) return refused(file.name, refuseMarked(id).refusal);
    if (!known.includes(name)) return refused(file.name, unknownNumber(name, known));
    const { mending, country, preflight } = await deps.openNumber(name);
    if (mending === null) return null;
    return mendList({
      ...mending,
      ...{ id, mark, file, rejectsPath, checked, encoding, signal, purpose, given, preflight },
      ...{ mode: deps.mode, defaultCountry: country },
    });
  }
}

/** The list that a campaign file and a command line name; refuses as the import does. */
export async function listOf(input: {
  campaignPath: string;
  csvPath: string | null;
}): Promise<Result<string>> {
  if (input.csvPath !== null) return accept(input.csvPath);
  const campaign = await readCampaign(input.campaignPath);
  if (!campaign.ok) return campaign;
  const path = listPath(input, campaign.value);
  return path === null
    ? { ok: false, refusal: noList(basename(input.campaignPath)) }
    : accept(path);
}

/**
 * Where the rejected rows of a list go: beside it, `X.rejects.csv`, `X-2.rejects.csv` ... Never over
 * a file that belongs to a campaign: somebody may be correcting it.
 */
export async function freeRejectsPath(csvPath: string): Promise<string> {
  for (let nth = 1; ; nth++) {
    const path = join(dirname(csvPath), `${numberedStem(stem(csvPath), nth)}.rejects.csv`);
    if ((await campaignOfRejects(path, { links: "follow" })) === null) return path;
  }
}

/** Campaign files are written by hand: what is larger is something else. */
const CAMPAIGN_BYTES_MAX = 1024 * 1024;

/** Reads a campaign file: `campaign_not_readable`, or what the parser refuses. */
export async function readCampaign(
  path: string,
  name: string = basename(path),
): Promise<Result<CampaignDefinition>> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > CAMPAIGN_BYTES_MAX) {
      return refuse(
        "campaign_not_readable",
        `${name} is no campaign file: it is not a file of up to 1 MiB.`,
        "Give a campaign file (YAML or JSON) first, then the list.",
      );
    }
    return parseCampaign(await readFile(path), name);
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

function listPath(
  input: Pick<ImportFileInput, "campaignPath" | "csvPath">,
  definition: CampaignDefinition | null,
): string | null {
  if (input.csvPath !== null) return input.csvPath;
  const file = definition?.recipients.file ?? null;
  return file === null ? null : resolve(dirname(input.campaignPath ?? ""), file);
}

function ofSandboxOnly(id: string): Refusal {
  const { refusal } = refuse(
    "mend_other_mode",
    `The rows belong to ${id} of the sandbox, and the API that is set is the real one.`,
    "Give the command with --sandbox; to send the rows as a list of its own, remove the columns dropcast_campaign and dropcast_row.",
  );
  return refusal;
}

function noCampaign(file: string): Refusal {
  const { refusal } = refuse(
    "campaign_not_readable",
    `${file} names no campaign, and no campaign file was given.`,
    "Give a campaign file (YAML or JSON) first, then the list.",
  );
  return refusal;
}

function unknownNumber(number: string, known: readonly string[]): Refusal {
  const { refusal } = refuse(
    "number_unknown",
    `The campaign is to be sent from the number "${number}", which is not configured${didYouMean(number, known) || "."}`,
    known.length === 0
      ? "Configure one, by DROPCAST_NUMBER_ID or in DROPCAST_CONFIG."
      : `Configured: ${known.join(", ")}.`,
  );
  return refusal;
}

function noList(file: string): Refusal {
  const { refusal } = refuse(
    "list_missing",
    `There is no list to send: none was given, and ${file} names none.`,
    "Give the CSV after the campaign file, or name it there as recipients.file.",
  );
  return refusal;
}

function refused(
  file: string,
  refusal: Refusal,
  definition: CampaignDefinition | null = null,
): ImportResult {
  const report = { ...emptyReport(file), refusal };
  if (definition !== null) reportCampaign(report, definition);
  return { ok: false, refusal, report };
}

function stem(path: string): string {
  return basename(path, extname(path));
}
