import { resolve } from "node:path";
import { type Config, findNumber, requireSendingNumber } from "../config.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { Platform } from "../platform.ts";
import type { ImportedList, ImportResult } from "../producer/import.ts";
import type { Cli } from "./command.ts";
import { count, counted, duration, rate } from "./words.ts";

/** What is to be sent: as it was typed, relative to the working folder. */
export interface SendInput {
  readonly campaignPath: string;
  readonly listPath: string | null;
  readonly repeats: "refuse" | "import";
  /** Where the rejected rows go; left out: beside the list. */
  readonly rejectsPath?: string;
}

/**
 * Imports a list as a campaign, with progress on a terminal. When `signal` is aborted the campaign
 * stays `importing` and nothing of it is sent. On an interactive terminal, and unless `asking` is
 * `skip`, a person is asked first: before the campaign is stored, for nothing can be called back.
 */
export async function importCampaign(
  cli: Cli,
  platform: Platform,
  input: SendInput & { readonly asking: "ask" | "skip"; readonly signal: AbortSignal },
): Promise<Result<ImportedList>> {
  const paths = {
    campaignPath: resolve(cli.cwd, input.campaignPath),
    csvPath: input.listPath === null ? null : resolve(cli.cwd, input.listPath),
  };
  const sendable = await checkSendable(platform, paths.campaignPath);
  if (!sendable.ok) return sendable;
  if (input.asking === "ask") {
    const agreed = await askFirst(platform, { ...paths, signal: input.signal });
    if (!agreed.ok) return agreed;
  }
  const { createImporter } = await import("../app.ts");
  const importFile = await createImporter(platform);
  let lookAt = 0;
  const imported: ImportResult = await importFile({
    ...paths,
    ...(input.rejectsPath === undefined ? {} : { rejectsPath: input.rejectsPath }),
    repeats: input.repeats,
    signal: input.signal,
    onProgress: ({ rows, bytes, totalBytes }) => {
      const now = performance.now();
      if (cli.json || now - lookAt < 100) return;
      lookAt = now;
      const percent = totalBytes === 0 ? 100 : Math.floor((100 * bytes) / totalBytes);
      cli.terminal.live(`Reading the list: ${count(rows)} rows, ${percent} %`);
    },
  });
  cli.terminal.live("");
  return imported;
}

/**
 * With a Redis of this machine alone, nobody else has the token: a live campaign of a number that
 * cannot send would lie in wait, and go out on the day somebody fills the token in.
 */
async function checkSendable({ config }: Platform, campaignPath: string): Promise<Result<unknown>> {
  if (config.mode !== "live" || config.redisUrl !== null) return accept(null);
  const { readCampaign } = await import("../producer/import-file.ts");
  const campaign = await readCampaign(campaignPath);
  if (!campaign.ok) return campaign;
  const number = findNumber(config, campaign.value.number);
  return number.ok ? requireSendingNumber(number.value) : number;
}

async function askFirst(
  platform: Platform,
  input: { campaignPath: string; csvPath: string | null; signal: AbortSignal },
): Promise<Result<void>> {
  const { previewImport } = await import("./preview.ts");
  const preview = await previewImport(platform, input);
  if (!preview.ok) return preview;
  const { counts, definition, numberRate } = preview.value;
  const perSecond = Math.min(numberRate, definition.delivery.ratePerSecond ?? numberRate);
  const left = leftOut(counts);
  const question =
    `Send ${counted(counts.pending, "message")} of "${definition.name}" from number ` +
    `${definition.number} at ${rate(perSecond)} (about ${duration((counts.pending / perSecond) * 1_000)})` +
    `${left === "" ? "" : `; ${left}`}${platform.config.mode === "sandbox" ? ", in the sandbox" : ""}? [y/N] `;
  const answer = await ask(question, input.signal);
  if (/^\s*(y|yes)\s*$/i.test(answer)) return accept(undefined);
  return refuse("not_confirmed", "nothing was sent.", "Answer y, or give --yes, to send it.");
}

/** An empty answer when the person leaves instead. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  const gone = new AbortController();
  reader.once("close", () => gone.abort());
  // readline takes Ctrl-C for itself while it reads.
  reader.once("SIGINT", () => gone.abort());
  try {
    return await reader.question(question, { signal: AbortSignal.any([signal, gone.signal]) });
  } catch {
    process.stdout.write("\n");
    return "";
  } finally {
    reader.close();
  }
}

/** Rows of the list that get no message, in words; empty when there are none. */
export function leftOut(counts: ImportedList["counts"]): string {
  const parts: string[] = [];
  if (counts.rejected > 0) parts.push(`${counted(counts.rejected, "row")} rejected`);
  if (counts.duplicate > 0) parts.push(`${counted(counts.duplicate, "duplicate")} left out`);
  if (counts.suppressed > 0) parts.push(`${counted(counts.suppressed, "row")} suppressed`);
  return parts.join(", ");
}

/** What a campaign that was just stored is, in a line or two. */
export function importedText(
  list: ImportedList,
  input: { config: Config; number: string; ratePerSecond: number | null },
): string {
  const { id, status, rows, counts, rejectsPath } = list;
  const numberRate = input.config.numbers[input.number]?.ratePerSecond ?? 0;
  const perSecond = Math.min(numberRate, input.ratePerSecond ?? numberRate);
  const pace =
    perSecond > 0
      ? ` at ${rate(perSecond)} (about ${duration((counts.pending / perSecond) * 1_000)})`
      : "";
  const left = leftOut(counts);
  const lines = [
    `${id} is ${status}: ${counted(rows, "row")}, ${counted(counts.pending, "message")}${pace}` +
      `${left === "" ? "." : `; ${left}.`}`,
  ];
  if (list.restarted)
    lines.push("An interrupted import of this list was begun again under its id.");
  if (rejectsPath !== null) lines.push(`The rejected rows, with reasons, are in ${rejectsPath}`);
  return lines.join("\n");
}
