/**
 * Importing one list as one campaign.
 *
 * The file is read twice from one descriptor: once to name the import by its bytes (the same bytes
 * for the same campaign name and number are the same import), once to store its rows. The second
 * reading must give the same bytes, or the campaign is rejected. It assumes how the list writes its
 * phones by the first rows, and counts all of them: where the count says otherwise, the campaign is
 * filled anew, under the same id. Nothing is sent before `finish`,
 * so an importer that dies leaves `importing` and nothing else: the next one with these bytes gets
 * the same id and starts from the first row. Two importers at once: the store's lease lets one in,
 * and every chunk carries its token, so one that froze and wakes up stores nothing.
 */
import { accept, type Result, refuse } from "../../core/refusal.ts";
import type {
  BeginImport,
  ImportHandle,
  ImportStore,
  KnownImport,
} from "../../store/import-store.ts";
import { fingerprintOf, refuseOtherList } from "../check/fingerprint.ts";
import { prepareList } from "../check/prepare-list.ts";
import { isPhoneCountry } from "../phones/phones.ts";
import { createPreflight, type Preflight } from "../preflight/preflight.ts";
import { emptyReport, type ImportReport, reportCampaign } from "../report.ts";
import type { ImportListOptions, PreparedList } from "./import-options.ts";
import { type ImportedList, type ImportResult, refuseInterrupted } from "./import-outcome.ts";
import { hasStartPassed, refuseStartPassed } from "./start-time.ts";
import { refuseLost, storeRows } from "./store-rows.ts";

/**
 * Reads, checks and stores a list; the campaign then runs, or waits for its `startAt`. Throws only
 * when Redis or the disk fails: the campaign is then left `importing`, to be imported again.
 */
export async function importList(options: ImportListOptions): Promise<ImportResult> {
  const report = emptyReport(options.file.name);
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
  const { numbers } = options.definition.recipients;
  if (country === null && numbers === "national") return refuseNoCountry();
  const { file, definition, encoding, signal } = options;
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
  const list = prepared.value;
  const preflight = preflightOf(options, { list, country });
  if (options.signal?.aborted) return refuseInterrupted(null);
  const read = await options.onRead?.(bytes.digest);
  if (read?.ok === false) return read;
  const fingerprint = fingerprintOf([bytes.digest, JSON.stringify(definition)]);
  if (options.checked !== undefined && options.checked !== fingerprint) {
    return refuseOtherList(file.name);
  }
  const { purpose = "import" } = options;
  const { number, name } = definition;
  const digest = fingerprintOf([options.mode, number, name, bytes.digest]);
  const may = purpose === "check" ? accept(undefined) : await preflight.mayBegin(digest);
  if (!may.ok) return may;
  const startPassed = hasStartPassed(definition.schedule, startJudgedAtMs);
  const identity = identityOf(options, {
    ...{ list, digest },
    // What was interrupted goes on: it was in time when it began.
    fresh: startPassed ? "refuse" : "begin",
  });
  const begun = await begin(options, identity);
  if (!begun.ok) return begun;
  if (begun.value.kind === "not_begun") return refuseStartPassed(definition.schedule);
  const { campaign } = begun.value;
  report.campaign = purpose === "check" ? null : campaign;
  if (begun.value.kind === "already_imported") return refuseAgain(file.name, begun.value);
  const { token, restarted } = begun.value;
  const handle = { campaign, token };
  const wanted = await options.onBegun?.(campaign);
  if (wanted?.ok === false) {
    await options.imports.reject({ ...handle, refusal: wanted.refusal });
    return wanted;
  }
  const { phone: phoneColumn } = list;
  const stored = await store({ options, list, handle, country, identity, preflight, report });
  if (!stored.ok) return stored;
  // A check tells everything about the list, and then that there is nothing to be done.
  if (begun.value.known) {
    report.campaign = begun.value.known.campaign;
    return refuseAgain(file.name, begun.value.known);
  }
  if (startPassed && !restarted) return refuseStartPassed(definition.schedule);
  const { rows, counts } = report;
  return accept({
    ...{ id: campaign, ...stored.value, rows, counts, phoneColumn, restarted, fingerprint },
  });
}

function preflightOf(
  { preflight, definition, mode }: ImportListOptions,
  { list, country }: { list: PreparedList; country: string | null },
): Preflight {
  return createPreflight(preflight ?? null, { ...list, definition, mode, country });
}

/** Reads the rows into the store; once more when its phones turn out to be written otherwise. */
async function store(input: {
  options: ImportListOptions;
  list: PreparedList;
  handle: ImportHandle;
  country: string | null;
  identity: BeginImport;
  preflight: Preflight;
  report: ImportReport;
}): Promise<Result<Pick<ImportedList, "status" | "rejectsPath">>> {
  const { options, list, handle } = input;
  let { preflight } = input;
  let { style } = list;
  for (;;) {
    const stored = await storeRows({ ...input, preflight, style, bytes: list.bytes.digest });
    if (!stored.ok) return stored;
    if (stored.value.kind === "stored") {
      const { status, rejectsPath } = stored.value;
      return accept({ status, rejectsPath });
    }
    style = stored.value.style;
    const anew = await options.imports.beginAnew(input.identity, handle);
    if (anew === "lost") return refuseLost(handle.campaign);
    preflight = preflightOf(options, input);
  }
}

function identityOf(
  options: ImportListOptions,
  {
    list,
    digest,
    fresh,
  }: {
    list: PreparedList;
    digest: string;
    fresh: "begin" | "refuse";
  },
): BeginImport {
  return {
    digest,
    again: options.repeats === "import",
    fresh,
    definition: options.definition,
    file: list.file.name,
    columns: list.columns,
    delimiter: list.header.dialect.delimiter,
    phoneColumn: list.phone.name,
    mode: options.mode,
  };
}

/** How long another live importer of the same bytes is waited for, and how often it is asked. */
const BUSY_WAIT_MS = 5_000;
const BUSY_ASK_EVERY_MS = 250;

type Begun = Exclude<Awaited<ReturnType<ImportStore["begin"]>>, { kind: "busy" }>;

async function begin(options: ImportListOptions, identity: BeginImport): Promise<Result<Begun>> {
  const deadline = performance.now() + BUSY_WAIT_MS;
  for (;;) {
    const begun = await options.imports.begin(identity);
    if (begun.kind !== "busy") return accept(begun);
    if (options.signal?.aborted) return refuseInterrupted(begun.campaign);
    if (performance.now() > deadline) {
      return refuse(
        "import_in_progress",
        `${identity.file} is being imported by another process, as ${begun.campaign}.`,
        `Wait for it: dropcast show ${begun.campaign}.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, BUSY_ASK_EVERY_MS));
  }
}

function refuseAgain(file: string, { campaign, tried }: KnownImport): Result<never> {
  const before = `${file} was imported before under this campaign name and number, as ${campaign}`;
  if (tried === null) {
    return refuse(
      "already_imported",
      `${before}.`,
      "Nothing needs to be done; to send it once more to everybody, use send --again.",
    );
  }
  // None of its rows shows an attempt, and yet one was made and taken back, or was forgotten by Redis.
  const sent =
    tried === 0
      ? "sending had begun, so it is not certain that nobody has its message"
      : `${tried} of its messages ${tried === 1 ? "was" : "were"} tried, so people may have them`;
  return refuse(
    "already_imported",
    `${before}, which was cancelled when ${sent}.`,
    `Send the others as a list of their own: dropcast export ${campaign} --state cancelled. send --again sends to everybody once more.`,
  );
}

function refuseNoCountry(): Result<never> {
  return refuse(
    "country_missing",
    "recipients.numbers says that the numbers are national, and nothing says of which country.",
    "Give it as recipients.country or DROPCAST_DEFAULT_COUNTRY, two letters as in PL.",
  );
}

function refuseCountry(country: string): Result<never> {
  return refuse(
    "country_unknown",
    `"${country}" is no country with phone numbers of its own.`,
    "Give two letters (ISO 3166) as recipients.country or DROPCAST_DEFAULT_COUNTRY, as in PL.",
  );
}
