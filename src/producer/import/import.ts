/**
 * Importing one list as one campaign.
 *
 * The file is read twice from one descriptor: once to name the import by its bytes (the same bytes
 * for the same campaign name and number are the same import), once to store its rows. The second
 * reading must give the same bytes, or the campaign is rejected. Nothing is sent before `finish`,
 * so an importer that dies leaves `importing` and nothing else: the next one with these bytes gets
 * the same id and starts from the first row. Two importers at once: the store's lease lets one in,
 * and every chunk carries its token, so one that froze and wakes up stores nothing.
 */
import { basename } from "node:path";
import { accept, type Result, refuse } from "../../core/refusal.ts";
import type { ImportStore } from "../../store/import-store.ts";
import { openList } from "../list/list-file.ts";
import { isPhoneCountry } from "../phones/phones.ts";
import { createPreflight } from "../preflight/preflight.ts";
import { emptyReport, type ImportReport, reportCampaign } from "../preflight/report.ts";
import { fingerprintOf, refuseOtherList } from "./fingerprint.ts";
import type { ImportListOptions, PreparedList } from "./import-options.ts";
import { type ImportedList, type ImportResult, refuseInterrupted } from "./import-outcome.ts";
import { storeRows } from "./import-rows.ts";
import { prepareList } from "./prepare-list.ts";
import { hasStartPassed, refuseStartPassed } from "./start-time.ts";

/**
 * Reads, checks and stores a list; the campaign then runs, or waits for its `startAt`. Throws only
 * when Redis or the disk fails: the campaign is then left `importing`, to be imported again.
 */
export async function importList(options: ImportListOptions): Promise<ImportResult> {
  const report = emptyReport(basename(options.csvPath));
  reportCampaign(report, options.definition);
  const result = await run(options, report);
  if (!result.ok) report.refusal = result.refusal;
  else if (options.purpose !== "check") report.status = result.value.status;
  return { ...result, report };
}

async function run(
  options: ImportListOptions,
  report: ImportReport,
): Promise<Result<ImportedList>> {
  const { startJudgedAtMs = options.preflight?.nowMs ?? Date.now() } = options;
  const country = options.definition.recipients.country ?? options.defaultCountry;
  if (country !== null && !isPhoneCountry(country)) return refuseCountry(country);
  const opened = await openList(options.csvPath, { links: options.links ?? "follow" });
  if (!opened.ok) return opened;
  const file = opened.value;
  try {
    const { definition, mode, encoding, signal } = options;
    const prepared = await prepareList(file, { definition, country, encoding, signal });
    if (!prepared.ok) return prepared;
    const { bytes } = prepared.value;
    report.encoding = bytes.encoding;
    report.encodingGuessed = bytes.encodingGuessed;
    report.encodingSamples = prepared.value.encodingSamples;
    report.phoneColumn = prepared.value.phone.name;
    report.phoneColumnGuessed = prepared.value.phone.guessed;
    report.columns = prepared.value.columns;
    report.delimiter = prepared.value.header.dialect.delimiter;
    const list = { ...prepared.value, definition, mode };
    const preflight = createPreflight(options.preflight ?? null, list);
    if (options.signal?.aborted) return refuseInterrupted(null);
    const read = await options.onRead?.(bytes.digest);
    if (read?.ok === false) return read;
    const fingerprint = fingerprintOf([bytes.digest, JSON.stringify(definition)]);
    if (options.checked !== undefined && options.checked !== fingerprint) {
      return refuseOtherList(file.name);
    }
    const { purpose = "import" } = options;
    const { number, name } = definition;
    const digest = fingerprintOf([mode, number, name, bytes.digest]);
    const may = purpose === "check" ? accept(undefined) : await preflight.mayBegin(digest);
    if (!may.ok) return may;
    const startPassed = hasStartPassed(definition.schedule, startJudgedAtMs);
    const begun = await begin(options, {
      ...{ list: prepared.value, digest },
      // What was interrupted goes on: it was in time when it began.
      fresh: startPassed ? "refuse" : "begin",
    });
    if (!begun.ok) return begun;
    if (begun.value.kind === "not_begun") return refuseStartPassed(definition.schedule);
    const { campaign } = begun.value;
    report.campaign = purpose === "check" ? null : campaign;
    if (begun.value.kind === "already_imported") return refuseAgain(file.name, campaign);
    const { token, restarted } = begun.value;
    const handle = { campaign, token };
    const wanted = await options.onBegun?.(campaign);
    if (wanted?.ok === false) {
      await options.imports.reject({ ...handle, refusal: wanted.refusal });
      return wanted;
    }
    const { phone: phoneColumn } = prepared.value;
    const stored = await storeRows({
      ...{ options, list: prepared.value, handle, country, bytes: bytes.digest },
      ...{ preflight, report },
    });
    if (!stored.ok) return stored;
    // A check tells everything about the list, and then that there is nothing to be done.
    if (begun.value.known) {
      report.campaign = begun.value.known;
      return refuseAgain(file.name, begun.value.known);
    }
    if (startPassed && !restarted) return refuseStartPassed(definition.schedule);
    const { rows, counts } = report;
    return accept({
      ...{ id: campaign, ...stored.value, rows, counts, phoneColumn, restarted, fingerprint },
    });
  } finally {
    await file.close();
  }
}

/** How long another live importer of the same bytes is waited for, and how often it is asked. */
const BUSY_WAIT_MS = 5_000;
const BUSY_ASK_EVERY_MS = 250;

type Begun = Exclude<Awaited<ReturnType<ImportStore["begin"]>>, { kind: "busy" }>;

async function begin(
  options: ImportListOptions,
  input: { list: PreparedList; digest: string; fresh: "begin" | "refuse" },
): Promise<Result<Begun>> {
  const { list, digest, fresh } = input;
  const deadline = performance.now() + BUSY_WAIT_MS;
  for (;;) {
    const begun = await options.imports.begin({
      digest,
      again: options.repeats === "import",
      fresh,
      definition: options.definition,
      file: list.file.name,
      columns: list.columns,
      phoneColumn: list.phone.name,
      mode: options.mode,
    });
    if (begun.kind !== "busy") return accept(begun);
    if (options.signal?.aborted) return refuseInterrupted(begun.campaign);
    if (performance.now() > deadline) {
      return refuse(
        "import_in_progress",
        `${list.file.name} is being imported by another process, as ${begun.campaign}.`,
        `Wait for it: dropcast show ${begun.campaign}.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, BUSY_ASK_EVERY_MS));
  }
}

function refuseAgain(file: string, campaign: string): Result<never> {
  return refuse(
    "already_imported",
    `${file} was imported before under this campaign name and number, as ${campaign}.`,
    "Nothing needs to be done; to send it once more to everybody, use send --again.",
  );
}

function refuseCountry(country: string): Result<never> {
  return refuse(
    "country_unknown",
    `"${country}" is no country with phone numbers of its own.`,
    "Give two letters (ISO 3166) as recipients.country or DROPCAST_DEFAULT_COUNTRY, as in PL.",
  );
}
