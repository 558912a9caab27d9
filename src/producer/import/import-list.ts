/**
 * Imports one list as one campaign.
 *
 * The file is read twice from one descriptor: once to identify the import by its bytes (the same
 * bytes for the same campaign name and number are the same import), once to store its rows. The
 * second read must give the same bytes, or the campaign is rejected. It assumes the phone style of
 * the first rows and counts all rows: if the count shows another style, the campaign is filled
 * again under the same id. Nothing is sent before `finish`, so an importer that dies only leaves
 * `importing`: the next one with these bytes gets the same id and starts from the first row. Of two
 * importers at once, the store's lease admits one, and every chunk carries its token, so that one
 * that froze and wakes up stores nothing.
 */
import type { CampaignDefinition, CampaignStatus } from "../../core/campaign.ts";
import type { Mode } from "../../core/mode.ts";
import { accept, type Result, refuse } from "../../core/refusal.ts";
import type { BeginImport, KnownImport } from "../../store/index.ts";
import { type PreparedList, prepareList } from "../check/prepare-list.ts";
import type { ListFile } from "../list/open.ts";
import { isPhoneCountry } from "../phones/phone-reader.ts";
import { createPreflight } from "../preflight/preflight.ts";
import { endWith, type ImportResult, type RowFindings } from "../report.ts";
import {
  fingerprintOf,
  type ListNumber,
  type ListRequest,
  refuseInterrupted,
  refuseOtherList,
} from "../request.ts";
import type { Begun, ListSink, Place } from "../sink/sink.ts";
import { refuseLost, storeRows } from "./store-rows.ts";

export interface ImportListInput {
  /** Read to its end, and left open. */
  readonly file: ListFile;
  readonly definition: CampaignDefinition;
  readonly mode: Mode;
  readonly number: ListNumber;
  readonly request: ListRequest;
}

/**
 * Reads, checks and stores a list; the campaign then runs, or waits for its `startAt`. Throws only
 * if Redis or the disk fails: the campaign stays `importing`, to be imported again.
 */
export async function importList(input: ImportListInput): Promise<ImportResult> {
  const { file, definition, number } = input;
  const found = { file: file.name, definition };
  const country = countryOf(definition, number);
  if (!country.ok) return endWith(country, found);
  const { encoding, signal } = input.request;
  const list = await prepareList(file, { definition, country: country.value, encoding, signal });
  return list.ok ? importPrepared(input, list.value) : endWith(list, found);
}

async function importPrepared(input: ImportListInput, list: PreparedList): Promise<ImportResult> {
  const { definition, number, request } = input;
  const found = { file: list.file.name, definition, list };
  const fingerprint = fingerprintOf([list.bytes.digest, JSON.stringify(definition)]);
  const wanted = await checkWanted(request, list, fingerprint);
  if (!wanted.ok) return endWith(wanted, found);
  const { startCheckedAtMs = number.preflight?.nowMs ?? Date.now() } = request;
  const startPassed = hasStartPassed(definition.schedule, startCheckedAtMs);
  // An interrupted import may be resumed: it was in time when it began.
  const identity = identityOf(input, list, startPassed ? "refuse" : "begin");
  if (number.sink.purpose === "import") {
    const may = await preflightOf(input, list).mayBegin(identity.digest);
    if (!may.ok) return endWith(may, found);
  }
  const begun = await begin(number.sink, identity, request.signal);
  if (!begun.ok) return endWith(begun, found);
  if (begun.value.kind === "not_begun") {
    return endWith(refuseStartPassed(definition.schedule), found);
  }
  if (begun.value.kind === "already_imported") {
    const { campaign } = begun.value;
    return endWith(refuseAgain(list.file.name, begun.value, identity.again), {
      ...found,
      campaign,
    });
  }
  const { place } = begun.value;
  const { campaign, restarted, known } = place;
  const stored = await store(input, list, place);
  const rows = { ...found, campaign, ...(stored.found === null ? {} : { rows: stored.found }) };
  if (!stored.result.ok) return endWith(stored.result, rows);
  // A check reports everything about the list, and then that there is nothing to do.
  if (known !== null) {
    return endWith(refuseAgain(list.file.name, known), { ...rows, campaign: known.campaign });
  }
  if (startPassed && !restarted) return endWith(refuseStartPassed(definition.schedule), rows);
  const status = stored.result.value;
  const imported = { id: campaign ?? "", status, restarted, fingerprint };
  return endWith(accept(imported), { ...rows, status });
}

/** Whether these are the bytes that the caller wants to import. */
async function checkWanted(
  { signal, onRead, checked }: ListRequest,
  { file, bytes }: PreparedList,
  fingerprint: string,
): Promise<Result<void>> {
  if (signal?.aborted) return refuseInterrupted(null);
  const read = await onRead?.(bytes.digest);
  if (read?.ok === false) return read;
  if (checked !== undefined && checked !== fingerprint) return refuseOtherList(file.name);
  return accept(undefined);
}

function preflightOf({ definition, mode, number }: ImportListInput, list: PreparedList) {
  return createPreflight(number.preflight ?? null, { ...list, definition, mode });
}

interface Stored {
  /** Null if it was not determined. */
  readonly found: RowFindings | null;
  readonly result: Result<CampaignStatus | null>;
}

/** Reads the rows into their place; once more if the phones have another style than assumed. */
async function store(input: ImportListInput, list: PreparedList, place: Place): Promise<Stored> {
  const { definition, request } = input;
  const wanted = place.campaign === null ? null : await request.onBegun?.(place.campaign);
  if (wanted?.ok === false) {
    await place.reject(wanted.refusal);
    return { found: null, result: wanted };
  }
  let { style } = list;
  for (;;) {
    const preflight = preflightOf(input, list);
    const stored = await storeRows({ definition, list, style, place, preflight, request });
    if (stored.kind === "ended") return stored;
    style = stored.style;
    if ((await place.restart()) === "lost") return { found: null, result: refuseLost(place) };
  }
}

function identityOf(
  { definition, mode, request }: ImportListInput,
  { file, bytes, columns, header, phone }: PreparedList,
  fresh: "begin" | "refuse",
): BeginImport {
  return {
    digest: fingerprintOf([mode, numbersOf(definition), definition.name, bytes.digest]),
    ...{ again: request.repeats === "import", fresh, definition, mode },
    approval: request.approval ?? null,
    ...{ file: file.name, columns, delimiter: header.dialect.delimiter, phoneColumn: phone.name },
  };
}

/** Those of a pool in any order. */
function numbersOf({ number, numbers }: CampaignDefinition): string {
  return numbers === undefined ? number : numbers.toSorted().join("+");
}

/**
 * Whether a campaign would start at once because its `startAt` has passed: a mistyped date, or a
 * list that lay somewhere for too long. Neither is a request to send now.
 */
function hasStartPassed({ startAtMs }: CampaignDefinition["schedule"], nowMs: number): boolean {
  return startAtMs !== null && startAtMs < nowMs;
}

function refuseStartPassed({ startAtMs }: CampaignDefinition["schedule"]): Result<never> {
  const startAt = new Date(startAtMs ?? 0).toISOString().replace(/\.000Z$/, "Z");
  return refuse(
    "start_at_past",
    `schedule.startAt (${startAt}) has passed.`,
    "Set schedule.startAt to a later time, or leave it out to start at once.",
  );
}

/** How long to wait for another live importer of the same bytes, and how often to ask. */
const BUSY_WAIT_MS = 5_000;
const BUSY_ASK_EVERY_MS = 250;

async function begin(
  sink: ListSink,
  identity: BeginImport,
  signal: AbortSignal | undefined,
): Promise<Result<Exclude<Begun, { kind: "busy" }>>> {
  const deadline = performance.now() + BUSY_WAIT_MS;
  for (;;) {
    const begun = await sink.begin(identity);
    if (begun.kind !== "busy") return accept(begun);
    if (signal?.aborted) return refuseInterrupted(begun.campaign);
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

function countryOf(
  { recipients: { country: own, numbers } }: CampaignDefinition,
  number: ListNumber,
): Result<string | null> {
  const country = own ?? number.country;
  if (country === null) return numbers === "national" ? refuseNoCountry() : accept(null);
  return isPhoneCountry(country) ? accept(country) : refuseCountry(country);
}

function refuseAgain(file: string, { campaign, tried }: KnownImport, again = false): Result<never> {
  const before = `${file} was imported before under this campaign name and number, as ${campaign}`;
  if (tried === null) {
    return refuse(
      "already_imported",
      `${before}.`,
      // Of a pool that Redis lost its numbers know the list, and a repeated --again may find them.
      again
        ? "To send it once more to everybody, give the campaign another name in its file."
        : "Nothing needs to be done; to send it once more to everybody, use send --again.",
    );
  }
  // None of its rows shows an attempt, but one was made and taken back, or Redis has lost it.
  const sent =
    tried === 0
      ? "sending had begun, so some people may have its message"
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
    "recipients.numbers says that the numbers are national, but no country is given.",
    "Give it as recipients.country or DROPCAST_DEFAULT_COUNTRY, two letters as in PL.",
  );
}

function refuseCountry(country: string): Result<never> {
  return refuse(
    "country_unknown",
    `"${country}" is not a country with its own phone numbers.`,
    "Give two letters (ISO 3166) as recipients.country or DROPCAST_DEFAULT_COUNTRY, as in PL.",
  );
}
