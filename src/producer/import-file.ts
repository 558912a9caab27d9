import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { parseCampaign } from "../config/campaign-file.ts";
import type { CampaignDefinition } from "../core/campaign.ts";
import type { Mode } from "../core/mode.ts";
import { accept, type Refusal, type Result, refuse } from "../core/refusal.ts";
import { refuseUnknownNumber } from "../core/unknown-number.ts";
import { numberOfCampaign, readCampaignMark } from "../store/index.ts";
import { nameAt } from "../time/due-times.ts";
import { correctList, refuseMarked } from "./correct/correct-list.ts";
import { importList } from "./import/import-list.ts";
import { freeRejectsPath } from "./rejects/free-path.ts";
import { type OpenedList, peekList } from "./rejects/peek.ts";
import { endWith, type ImportResult } from "./report.ts";
import type { ListNumber, ListRequest } from "./request.ts";

/** The options given with a list; absent ones have a default. */
export interface ImportFileInput extends Omit<ListRequest, "rejectsPath" | "approval"> {
  /** `null`: the list is a rejects file, which names its campaign. */
  readonly campaignPath: string | null;
  /** The campaign file's name in messages. Default: its base name. */
  readonly campaignName?: string;
  /** `null`: the campaign's `recipients.file`, relative to the campaign file. */
  readonly csvPath: string | null;
  /** That list if the caller has opened it (and closes it): nothing is opened by name then. */
  readonly opened?: Result<OpenedList>;
  /** Default: {@link freeRejectsPath}; null: none is written. */
  readonly rejectsPath?: string | null;
  /** The due time of a recurring campaign file, ms: without it, such a file is refused. */
  readonly dueMs?: number;
  /** The numbers that may be used; default, or null: every configured one. */
  readonly numbers?: ReadonlySet<string> | null;
  /** Who asks, as the audit names them. Default: not known, so any person may be the second. */
  readonly startedBy?: string;
}

export type ImportFile = (input: ImportFileInput) => Promise<ImportResult>;

/**
 * Imports a list by a campaign file, or takes the corrected rows of a rejects file back into their
 * campaign. Used by `send`, the drop folder, and `check` (with a sink that stores nothing).
 */
export function createFileImporter(deps: {
  numbers: Readonly<Record<string, unknown>>;
  /** Called for names in `numbers` only. */
  openNumber: (name: string) => ListNumber | Promise<ListNumber>;
  /** The same for several numbers together. */
  openPool?: (names: readonly string[]) => ListNumber | Promise<ListNumber>;
  mode: Mode;
  /** A campaign of more messages waits for a second person's approval; default: none does. */
  approvalAbove?: number | null;
}): ImportFile {
  const { mode, approvalAbove = null } = deps;
  const configured = Object.keys(deps.numbers);

  return async (input) => {
    const { campaignPath, campaignName, csvPath: given, opened: handed, ...more } = input;
    const { dueMs, numbers = null, startedBy = "", ...asked } = more;
    const approval = approvalAbove === null ? null : { by: startedBy, above: approvalAbove };
    const known = configured.filter((name) => numbers === null || numbers.has(name));
    const named = given ?? campaignPath ?? "";
    const campaign =
      campaignPath === null ? null : await readCampaignFile(campaignPath, campaignName);
    if (campaign?.ok === false) return refused(given ?? "", campaign.refusal);
    const definition = campaign === null ? null : definitionAt(campaign.value, dueMs);
    if (definition === "recurring") {
      return refused(given ?? "", recurringCampaign(campaignName ?? basename(campaignPath ?? "")));
    }
    const wanted = definition === null ? [] : (definition.numbers ?? [definition.number]);
    const unknown = wanted.find((name) => !known.includes(name));
    if (unknown !== undefined) return refused(given ?? "", unknownNumber(unknown, known));
    if (definition?.numbers !== undefined && (asked.first ?? null) !== null) {
      return refused(given ?? "", firstOfPool());
    }
    const csvPath = given ?? listOf(definition, campaignPath ?? "");
    if (csvPath === null) return refused("", noList(basename(named)));
    const opened = handed ?? (await peekList(csvPath, { links: "follow" }));
    if (!opened.ok) return refused(csvPath, opened.refusal, definition ?? undefined);
    try {
      const { rejectsPath = await freeRejectsPath(csvPath) } = input;
      const first = asked.first ?? null;
      const request = { ...asked, rejectsPath, approval };
      return await take(opened.value, known, withFirst(definition, first), request);
    } finally {
      if (handed === undefined) await opened.value.close();
    }
  };

  async function take(
    file: OpenedList,
    known: readonly string[],
    definition: CampaignDefinition | null,
    request: ListRequest,
  ): Promise<ImportResult> {
    const corrected =
      file.rejectsOf === null ? null : await correct(file, known, definition, request);
    if (corrected !== null) return corrected;
    if (definition === null) return refused(file.name, noCampaign(file.name));
    const { numbers } = definition;
    const number =
      numbers === undefined
        ? await deps.openNumber(definition.number)
        : await deps.openPool?.(numbers);
    if (number === undefined) throw new Error("Lists over several numbers have no place here.");
    return importList({ file, definition, mode, number, request });
  }

  /** Null where rejects files are read as ordinary lists. */
  async function correct(
    file: OpenedList,
    known: readonly string[],
    given: CampaignDefinition | null,
    request: ListRequest,
  ): Promise<ImportResult | null> {
    const mark = file.rejectsOf ?? "";
    const { campaign: id, ofSandbox } = readCampaignMark(mark);
    if (ofSandbox && mode === "live") return refused(file.name, ofSandboxOnly(id));
    const name = numberOfCampaign(id);
    if (name === undefined) return refused(file.name, refuseMarked(id).refusal);
    if ((request.first ?? null) !== null) return refused(file.name, noFirst(file.name, id));
    if (!known.includes(name)) return refused(file.name, unknownNumber(name, known));
    const number = await deps.openNumber(name);
    const { store, sink } = number;
    if (store === null) return null;
    const of = { id, mark, given };
    const { purpose } = sink;
    return correctList({ file, of, mode, purpose, number, store, request });
  }
}

function withFirst(
  definition: CampaignDefinition | null,
  first: number | null,
): CampaignDefinition | null {
  if (definition === null || first === null) return definition;
  return { ...definition, recipients: { ...definition.recipients, first } };
}

/** The list that a campaign file names, relative to itself. */
function listOf(definition: CampaignDefinition | null, campaignPath: string): string | null {
  const file = definition?.recipients.file ?? null;
  return file === null ? null : resolve(dirname(campaignPath), file);
}

/** Campaign files are written by hand: a larger file is something else. */
const CAMPAIGN_BYTES_MAX = 1024 * 1024;

/** Reads a campaign file: `campaign_not_readable`, or the refusals of the parser. */
export async function readCampaignFile(
  path: string,
  name: string = basename(path),
): Promise<Result<CampaignDefinition>> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > CAMPAIGN_BYTES_MAX) {
      return refuse(
        "campaign_not_readable",
        `${name} is not a campaign file: it is not a regular file of up to 1 MiB.`,
        "Give a campaign file (YAML or JSON) first, then the list.",
      );
    }
    return parseCampaign(await readFile(path), name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code === "ENOENT"
      ? refuse(
          "campaign_not_readable",
          `${name} does not exist.`,
          "Give the path of a campaign file (YAML or JSON), then the list. dropcast init writes a sample.",
        )
      : refuse(
          "campaign_not_readable",
          `${name} cannot be read (${code}).`,
          "Check the path of the campaign file and its permissions.",
        );
  }
}

/**
 * The campaign of a file that goes with one list: refuses a recurring one (`campaign_recurring`),
 * and a number that is not among `known` (`number_unknown`), as an import does.
 */
export async function readOneOff(
  path: string,
  name: string,
  known: readonly string[],
): Promise<Result<CampaignDefinition>> {
  const campaign = await readCampaignFile(path, name);
  if (!campaign.ok) return campaign;
  const definition = definitionAt(campaign.value, undefined);
  if (definition === "recurring") return { ok: false, refusal: recurringCampaign(name) };
  if (known.includes(definition.number)) return accept(definition);
  return { ok: false, refusal: unknownNumber(definition.number, known) };
}

/** The campaign of a due time; without one, `recurring` for a file that needs it. */
export function definitionAt(
  { recurring, ...definition }: CampaignDefinition,
  dueMs: number | undefined,
): CampaignDefinition | "recurring" {
  if (recurring === undefined) return definition;
  if (dueMs === undefined) return "recurring";
  return { ...definition, name: nameAt(recurring.name, dueMs, recurring.timezone) };
}

function recurringCampaign(file: string): Refusal {
  const { refusal } = refuse(
    "campaign_recurring",
    `${file} is a recurring campaign: a producer sends it at the times of its cron.`,
    `Put it into the folder recurring of the drop folder (see dropcast check ${file}). To send one list by it now, remove the block recurring from a copy.`,
  );
  return refusal;
}

function ofSandboxOnly(id: string): Refusal {
  const { refusal } = refuse(
    "mend_other_mode",
    `The rows belong to ${id} of the sandbox, but the configured API is the real one.`,
    "Run the command with --sandbox; to send the rows as a list of its own, remove the columns dropcast_campaign and dropcast_row.",
  );
  return refusal;
}

function noFirst(file: string, campaign: string): Refusal {
  const { refusal } = refuse(
    "first_of_corrections",
    `${file} holds corrected rows of ${campaign}: --first is for new lists.`,
    "Send it without --first: its rows continue that campaign.",
  );
  return refusal;
}

function firstOfPool(): Refusal {
  const { refusal } = refuse(
    "first_of_pool",
    "The campaign has several numbers, and the first rows may all belong to one of them.",
    "Send it without --first; a canary tries each number first.",
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
  return refuseUnknownNumber(number, known, "The campaign").refusal;
}

function noList(file: string): Refusal {
  const { refusal } = refuse(
    "list_missing",
    `There is no list to send: none was given, and ${file} names none.`,
    "Give the CSV after the campaign file, or name it there as recipients.file.",
  );
  return refusal;
}

function refused(path: string, refusal: Refusal, definition?: CampaignDefinition): ImportResult {
  return endWith({ ok: false, refusal }, { file: basename(path), definition });
}
