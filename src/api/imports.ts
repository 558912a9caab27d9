/**
 * Campaigns that are made over HTTP. A list is checked first, to its end, and nothing is stored if
 * it is refused. Then the same import as that of `send` begins. The request is answered once the
 * campaign has its id; the import goes on by itself (running.ts).
 */
import { rm } from "node:fs/promises";
import { audited } from "../campaigns/audited.ts";
import { findCampaign, type Stores } from "../campaigns/find.ts";
import type { Actor } from "../core/act.ts";
import type { CampaignStatus } from "../core/campaign.ts";
import { withoutDigits } from "../core/recipient.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { countsOf } from "../producer/drop/note-drop.ts";
import { refuseLost } from "../producer/import/store-rows.ts";
import type { ImportFile, ImportFileInput } from "../producer/import-file.ts";
import type { ImportReport, ImportResult } from "../producer/report.ts";
import type { ImportProgress } from "../producer/request.ts";
import type { ActLog, RequestTry } from "../store/index.ts";
import { collectGarbage } from "./collect-garbage.ts";
import type { CreateRequest } from "./create-request.ts";
import type { Place, Running } from "./running.ts";
import type { Uploads } from "./uploads.ts";

export interface ImportsDeps {
  readonly stores: Stores;
  readonly uploads: Uploads;
  readonly running: Running;
  /** Imports a list, and checks one without storing anything; loaded when first needed. */
  readonly importFile: () => Promise<ImportFile>;
  readonly checkFile: () => Promise<ImportFile>;
  /** Refuses a number from which no process could send. */
  readonly maySend: (number: string) => Result<unknown>;
  readonly acts: Pick<ActLog, "begin" | "end" | "read">;
}

/**
 * How long a list that passed its check need not be checked again before it is imported: the import
 * looks at everything that may have changed (opt-outs, earlier imports, the time) once more itself.
 */
export const CHECK_HOLDS_MS = 15 * 60_000;
const PASSED_MAX = 100;
/** A hundred thousand rows. */
const LARGE_BYTES = 6 * 1024 * 1024;

/** The result of a request for a campaign. */
export type Created =
  | {
      readonly kind: "created";
      readonly id: string;
      readonly status: CampaignStatus;
      /** Of the check; null if an earlier try of the request began the campaign. */
      readonly report: ImportReport | null;
    }
  | {
      readonly kind: "refused";
      readonly refused: Refused;
      readonly report: ImportReport | null;
    }
  | { readonly kind: "busy" };

/** Who asks, and what an earlier try of the same request has begun. */
interface Asking {
  readonly attempt: RequestTry | null;
  readonly by: Actor;
}

export function createImports(deps: ImportsDeps) {
  const { uploads, running, stores } = deps;
  const { jobs } = running;
  /** Lists that passed, by `checkDigest` of the request. */
  const passed = new Map<string, { result: ImportResult & { ok: true }; atMs: number }>();

  /**
   * Reads a list to its end; nothing is stored. A list that came with its request is removed; with
   * one that was uploaded before, its rejected rows stay beside it.
   */
  async function check(
    request: CreateRequest,
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<ImportResult | "busy"> {
    const place = running.enter(request.list.id, request.digest);
    try {
      if (place === null) return "busy";
      const file = await jobs.writeCampaign(request);
      try {
        const rejectsPath = request.isOwnList ? null : jobs.rejectsOf(request.list);
        if (rejectsPath !== null) await rm(rejectsPath, { force: true });
        const result = await checkRows(request, {
          ...{ ...inputOf(request, file, ""), rejectsPath },
          ...(onProgress === undefined ? {} : { onProgress }),
        });
        remember(request, result);
        return result;
      } finally {
        await jobs.removeCampaign(request, file);
      }
    } finally {
      place?.leave();
      await release(request);
    }
  }

  function remember({ checkDigest }: CreateRequest, result: ImportResult): void {
    passed.delete(checkDigest);
    if (result.ok) passed.set(checkDigest, { result, atMs: Date.now() });
    const [oldest] = passed.keys();
    if (passed.size > PASSED_MAX && oldest !== undefined) passed.delete(oldest);
  }

  /** What a check that holds has found, or another one. */
  async function checkedResult(
    request: CreateRequest,
    input: ImportFileInput,
  ): Promise<ImportResult> {
    const known = passed.get(request.checkDigest);
    if (known !== undefined && known.atMs + CHECK_HOLDS_MS > Date.now()) return known.result;
    return checkRows(request, input);
  }

  async function checkRows({ list }: CreateRequest, input: ImportFileInput): Promise<ImportResult> {
    try {
      return await (await deps.checkFile())(input);
    } finally {
      if (list.bytes > LARGE_BYTES) collectGarbage();
    }
  }

  /** A list that came with its request is removed, unless its import goes on. */
  async function create(request: CreateRequest, asking: Asking): Promise<Created> {
    let goesOn = false;
    try {
      const same = running.campaignOf(request.digest);
      if (same !== undefined) return created(same, "importing");
      const before = await begunBefore(asking.attempt);
      if (before !== null) return before;
      const place = running.enter(request.list.id, request.digest);
      if (place === null) return { kind: "busy" };
      try {
        const result = await begin(request, asking, place);
        goesOn = result.goesOn;
        return result.created;
      } finally {
        if (!goesOn) place.leave();
      }
    } finally {
      if (!goesOn) await release(request);
    }
  }

  /** The campaign that an earlier try of the request began; null if its import is unfinished. */
  async function begunBefore(attempt: RequestTry | null): Promise<Created | null> {
    if (attempt?.campaign == null) return null;
    const found = await findCampaign(stores, attempt.campaign);
    if (!found.ok) return refused(found, null);
    const { id, status } = found.value.campaign;
    return status === "importing" ? null : created(id, status);
  }

  async function begin(
    request: CreateRequest,
    asking: Asking,
    place: Place,
  ): Promise<{ readonly goesOn: boolean; readonly created: Created }> {
    const file = await jobs.writeCampaign(request);
    const repeats = asking.attempt?.campaign == null ? {} : ({ repeats: "refuse" } as const);
    const input = { ...inputOf(request, file, asking.by.who), ...repeats };
    const startCheckedAtMs = Date.now();
    const checked = await checkedResult(request, input);
    const wanted = checked.ok ? asWanted(request, checked.report) : checked;
    if (checked.ok && wanted.ok) {
      const agreed = { checked: checked.value.fingerprint, startCheckedAtMs };
      const begun = await importList(request, asking, { ...input, ...agreed }, place);
      if (typeof begun === "string") {
        return { goesOn: true, created: created(begun, "importing", checked.report) };
      }
      await jobs.removeCampaign(request, file);
      return { goesOn: false, created: endedAtOnce(request, begun) };
    }
    await jobs.removeCampaign(request, file);
    return { goesOn: false, created: refused(wanted as Refused, checked.report) };
  }

  /** Whether a list that may be sent is the one that was asked for, from a number that can send. */
  function asWanted({ options: { expect } }: CreateRequest, report: ImportReport): Result<unknown> {
    const may = deps.maySend(report.number ?? "");
    if (!may.ok) return may;
    if (expect === undefined || expect.messages === report.ok) return accept(null);
    return refuseCount(report.ok, expect.messages);
  }

  /** The id of the campaign, whose import then goes on; or the result, if it begins none. */
  async function importList(
    request: CreateRequest,
    { attempt, by }: Asking,
    input: ImportFileInput & { readonly startCheckedAtMs: number },
    place: Place,
  ): Promise<string | ImportResult> {
    const { list, digest, campaignName } = request;
    const { campaignPath, startCheckedAtMs, encoding = null, first = null } = input;
    const campaignFile = jobs.nameOf(campaignPath ?? "");
    const { startedBy = "" } = input;
    const options = { encoding, first, startCheckedAtMs, startedBy };
    const job = { digest, campaignFile, campaignName, ...options };
    const importFile = await deps.importFile();
    const mine = attempt?.campaign ?? null;
    let answer: (id: string) => void = () => {};
    const begun = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const done = noted(list.name, by, () =>
      importFile({
        ...input,
        onBegun: async (campaign) => {
          if (mine !== null && campaign !== mine) return refuseLost({ campaign: mine });
          if ((await attempt?.note(campaign)) === false) return refuseLost({ campaign });
          await jobs.note(list, { ...job, campaign });
          place.begun(campaign);
          answer(campaign);
          return accept(undefined);
        },
      }),
    );
    const result = await Promise.race([begun, done]);
    if (typeof result === "string") place.leaveAfter(done);
    return result;
  }

  /** The import, with its line in the audit. */
  async function noted(
    name: string,
    by: Actor,
    act: () => Promise<ImportResult>,
  ): Promise<ImportResult> {
    const results: ImportResult[] = [];
    const intended = { what: "send", details: { list: withoutDigits(name) } } as const;
    const importing = async () => {
      const result = await act();
      results.push(result);
      return result;
    };
    await audited(deps.acts, by, intended, importing, ({ id }) => ({
      campaigns: [id],
      details: results.map(({ report }) => countsOf(report))[0] ?? {},
    }));
    return results[0] as ImportResult;
  }

  /** Refused at the last moment; or the rows of a rejects file, which begin no campaign. */
  function endedAtOnce({ digest }: CreateRequest, result: ImportResult): Created {
    // The same request at the same time was first.
    const same = running.campaignOf(digest);
    if (same !== undefined) return created(same, "importing");
    if (!result.ok) return refused(result, result.report);
    return created(result.value.id, result.value.status ?? "running", result.report);
  }

  function inputOf(
    request: CreateRequest,
    campaignFile: string,
    startedBy: string,
  ): ImportFileInput {
    const { list, campaignName, options, numbers } = request;
    const { encoding = null, first = null, again } = options;
    return {
      ...jobs.inputOf(list, { campaignFile, campaignName, encoding, first, startedBy }),
      ...{ repeats: again ? "import" : "refuse", signal: running.signal },
      numbers,
    };
  }

  async function release({ isOwnList, list }: CreateRequest): Promise<void> {
    if (isOwnList) await uploads.remove(list.id);
  }

  return { check, create };
}

export type Imports = ReturnType<typeof createImports>;

function created(id: string, status: CampaignStatus, report: ImportReport | null = null): Created {
  return { kind: "created", id, status, report };
}

function refused(result: Refused, report: ImportReport | null): Created {
  return { kind: "refused", refused: result, report };
}

function refuseCount(found: number, wanted: number): Refused {
  return refuse(
    "list_count_other",
    `The list has ${found} messages to send, not ${wanted}. Nothing was stored.`,
    "Look at the preflight of the list, and expect what it says.",
  );
}
