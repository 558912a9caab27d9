import { basename, resolve } from "node:path";
import type { Platform } from "../app/platform.ts";
import { audited } from "../campaigns/audited.ts";
import type { Config } from "../config/config.ts";
import { findNumber, requireSendingNumber } from "../config/find-number.ts";
import type { Encoding } from "../core/encoding.ts";
import { withoutDigits } from "../core/recipient.ts";
import { accept, type Result } from "../core/refusal.ts";
import { countsOf } from "../producer/drop/note-drop.ts";
import type { ImportFileInput } from "../producer/import-file.ts";
import type { ImportedList, ImportReport } from "../producer/report.ts";
import { commandActor } from "./actor.ts";
import { checkList, readingProgress } from "./check.ts";
import type { Cli } from "./command.ts";
import { confirm, type Question } from "./confirm.ts";
import { importThrough } from "./import-through.ts";
import { canaryWords, goesFirstWords, messageWords, paceWords, startWords } from "./plan-words.ts";
import { lineWords, phoneStyleWords, preflightText, suppressedWords } from "./preflight-text.ts";
import { count, counted, modeWords, printable } from "./words.ts";

/** What to send: paths as typed, relative to the working folder. */
export interface SendInput {
  readonly campaignPath: string;
  readonly listPath: string | null;
  readonly repeats: "refuse" | "import";
  readonly encoding?: Encoding | null;
  /** Only so many rows go until a person resumes the campaign. */
  readonly first?: number | null;
  /** Where to write the rejected rows; left out: beside the list. */
  readonly rejectsPath?: string;
}

/**
 * Imports a list as a campaign, with progress on a terminal. If `signal` is aborted, the campaign
 * stays `importing` and nothing is sent. Unless `asking` is `skip`, a person must confirm before
 * anything is stored, because messages cannot be recalled. Exactly what was shown is then imported
 * (else `list_changed`).
 */
export async function importCampaign(
  cli: Cli,
  platform: Platform,
  input: SendInput & { readonly asking: "ask" | "skip"; readonly signal: AbortSignal },
): Promise<Result<Imported>> {
  const paths = {
    campaignPath: resolve(cli.cwd, input.campaignPath),
    csvPath: input.listPath === null ? null : resolve(cli.cwd, input.listPath),
  };
  const { encoding = null, first = null } = input;
  const sendable = await checkSendable(platform, paths.campaignPath);
  if (!sendable.ok) return sendable;
  let agreed: Agreed = {};
  if (input.asking === "ask") {
    const { repeats, signal } = input;
    const asked = await askFirst(cli, platform, { ...paths, repeats, encoding, first, signal });
    if (!asked.ok) return asked;
    agreed = asked.value;
  }
  const { createImporter } = await import("../app/lists.ts");
  const importFile = await createImporter(platform);
  const options = {
    ...paths,
    ...(input.rejectsPath === undefined ? {} : { rejectsPath: input.rejectsPath }),
    ...agreed,
    ...{ encoding, first },
    startedBy: commandActor(cli).who,
    signal: input.signal,
    onProgress: readingProgress(cli),
  };
  return audited(
    platform.actsOf(platform.config.mode),
    commandActor(cli),
    {
      what: "send",
      details: { list: withoutDigits(basename(input.listPath ?? input.campaignPath)) },
    },
    async () => {
      const imported = await importThrough(
        platform,
        (attempt) => importFile({ ...options, ...attempt }),
        input,
      );
      cli.terminal.live("");
      if (!imported.ok) return imported;
      const { value: list, report, rejectsPath } = imported;
      return accept({ list, report, rejectsPath });
    },
    ({ list, report }) => ({ campaigns: [list.id], details: countsOf(report) }),
  );
}

/** A stored list and its report. */
export interface Imported {
  readonly list: ImportedList;
  readonly report: ImportReport;
  /** The file with the rejected rows. */
  readonly rejectsPath: string | null;
}

/**
 * With a Redis on this machine only, no other process has the token: a live campaign of a number
 * that cannot send would wait, and go out on the day the token is filled in.
 */
async function checkSendable({ config }: Platform, campaignPath: string): Promise<Result<unknown>> {
  if (config.mode !== "live" || config.redisUrl !== null) return accept(null);
  const { readCampaignFile } = await import("../producer/import-file.ts");
  const campaign = await readCampaignFile(campaignPath);
  if (!campaign.ok) return campaign;
  const { number: only, numbers = [only] } = campaign.value;
  for (const name of numbers) {
    const number = findNumber(config, name);
    const may = number.ok ? requireSendingNumber(number.value) : number;
    if (!may.ok) return may;
  }
  return accept(null);
}

/** What the person confirmed, and the import must keep to. */
type Agreed = Partial<Pick<ImportFileInput, "checked" | "startCheckedAtMs">>;

/** A start that passes while the question is open is tolerated for this long. */
const ANSWER_MS_MAX = 5 * 60_000;

async function askFirst(
  cli: Cli,
  platform: Platform,
  input: Pick<ImportFileInput, "campaignPath" | "csvPath" | "repeats" | "encoding" | "first"> & {
    signal: AbortSignal;
  },
): Promise<Result<Agreed>> {
  const { config } = platform;
  const shownAtMs = Date.now();
  const checked = await checkList(cli, platform, { ...input, rejectsPath: null, config });
  if (!checked.ok) return checked;
  const agreed = { checked: checked.value.fingerprint };
  // There would be no message: nothing to confirm.
  if (checked.report.ok === 0) return accept(agreed);
  const question = sendingQuestion(cli, { report: checked.report, mode: config.mode });
  const confirmed = await confirm(cli, question, input.signal);
  if (!confirmed.ok) return confirmed;
  return accept({ ...agreed, startCheckedAtMs: Math.max(shownAtMs, Date.now() - ANSWER_MS_MAX) });
}

function sendingQuestion(
  { terminal }: Cli,
  { report, mode }: { report: ImportReport; mode: Config["mode"] },
): Question {
  const what =
    report.mended === undefined
      ? `${messageWords(report)} of "${printable(report.name ?? "")}"`
      : `${counted(report.mended, "corrected row")} of ${report.campaign}`;
  const { estimate, number } = report;
  const start = startWords(estimate, Date.now());
  const canary = canaryWords(report);
  const words = `send ${what} from number ${number}${paceWords(estimate)}, ${start}${canary}`;
  return {
    shown: preflightText(report, terminal),
    ...{ question: `${modeWords(mode)}: ${words}?`, would: `${words}. ${modeWords(mode)}` },
    otherwise: "Nothing was sent",
  };
}

/** Rows of the list that get no message, in words; empty if there are none. */
function leftOut(report: ImportReport): string {
  const { counts } = report;
  const parts: string[] = [];
  if (counts.rejected > 0) parts.push(`${counted(counts.rejected, "row")} rejected`);
  if (counts.duplicate > 0) parts.push(`${counted(counts.duplicate, "duplicate")} left out`);
  if (counts.suppressed > 0)
    parts.push(`${counted(counts.suppressed, "person", "people")} ${suppressedWords(report)}`);
  return parts.join(", ");
}

/** A campaign that was just stored, in a few lines. */
export function importedText(
  { list, report, rejectsPath }: Imported,
  mode: Config["mode"],
): string {
  const { id, status } = list;
  const { rows, counts } = report;
  const left = leftOut(report);
  const lines =
    report.mended === undefined
      ? [
          `${id} is ${status}: ${counted(rows, "row")}, ${messageWords(report)}${paceWords(report.estimate)}` +
            `${left === "" ? "." : `; ${left}.`}`,
        ]
      : [`${id} is ${status}: ${correctedWords(report)}.`];
  if (counts.pending > 0) {
    lines.push(`${modeWords(mode)}; ${startWords(report.estimate, Date.now())}.`);
  }
  const { goesFirst } = report;
  if (goesFirst !== undefined) lines.push(...goesFirstWords(goesFirst, counts.pending));
  if (list.restarted) lines.push("An interrupted import of this list was continued under its id.");
  lines.push(...guessesText(report));
  if (report.phoneStyle !== null) lines.push(`Phones: ${phoneStyleWords(report.phoneStyle)}.`);
  for (const { code, count: rowsWarned, reason, lines: first } of report.warnings) {
    // The night of a sandbox wakes no one; `check` says it, as of the real list.
    const isIdle = code === "marketing_at_night" && mode === "sandbox";
    if (code !== "duplicate" && code !== "opted_out" && !isIdle) {
      const where = first.length === 0 ? "" : ` (${lineWords(first, rowsWarned)})`;
      lines.push(`${counted(rowsWarned, "row")}${where}: ${reason}.`);
    }
  }
  const late = report.estimate?.late ?? 0;
  if (late > 0) {
    const until = report.estimate?.endBy === null ? "in the hours of" : "before endBy for";
    lines.push(`There is no time ${until} ${counted(late, "message")}: they will expire.`);
  }
  if (rejectsPath !== null) lines.push(`The rejected rows, with reasons, are in ${rejectsPath}`);
  return lines.join("\n");
}

/** What was guessed about the list, so that a wrong guess is noticed in time. */
function guessesText(report: ImportReport): string[] {
  const lines: string[] = [];
  if (report.phoneColumnGuessed !== null) {
    const by = report.phoneColumnGuessed === "name" ? "by its name" : "by its contents";
    lines.push(`The phones were found in "${printable(report.phoneColumn ?? "")}", ${by}.`);
  }
  if (report.encodingGuessed) {
    const seen = report.encodingSamples.map((text) => `"${printable(text)}"`).join(", ");
    lines.push(
      `The list was read as ${report.encoding}, which is a guess${seen === "" ? "" : `: ${seen}`}.`,
    );
  }
  return lines;
}

/** The result of a corrected rejects file. */
function correctedWords(report: ImportReport): string {
  const { mended = 0, stillRejected = 0, alreadyMended = 0 } = report;
  const parts = [`${counted(mended, "row")} corrected`];
  if (stillRejected > 0) parts.push(`${count(stillRejected)} still rejected`);
  if (alreadyMended > 0) parts.push(`${count(alreadyMended)} corrected before`);
  return parts.join(", ");
}
