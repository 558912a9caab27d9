import type { Platform } from "../app/platform.ts";
import { findCampaign } from "../campaigns/find.ts";
import { accept, type Refused, refuse } from "../core/refusal.ts";
import { refuseLost } from "../producer/import/store-rows.ts";
import { emptyReport, type ImportedList, type ImportResult } from "../producer/report.ts";
import type { ListRequest } from "../producer/request.ts";
import type { Campaign } from "../store/index.ts";
import { askThrough, DETACHED, type Reachable } from "./outage.ts";

type Attempt = Required<Pick<ListRequest, "onBegun" | "repeats">>;

/**
 * Imports a list as one campaign, through outages of Redis; refuses (`import_interrupted`) if
 * `signal` is aborted and the import does not end by itself. After an outage the import is
 * repeated, and the repeat must not make a second campaign: Redis may have done the last step
 * although its answer was lost. So once this command has begun a campaign, it only continues that
 * one, with `--again` too:
 *
 *     attempt 1   begins main-7, stores all rows, finishes it; Redis dies before its answer
 *     attempt 2   "already imported as main-7": this command did that, so the list is stored
 */
export async function importThrough(
  platform: Reachable & Pick<Platform, "stores">,
  importFile: (attempt: Attempt) => Promise<ImportResult>,
  { repeats, signal }: Pick<Attempt, "repeats"> & { readonly signal: AbortSignal },
): Promise<ImportResult | Refused> {
  let begun: string | undefined;
  const attempt = () =>
    importFile({
      repeats: begun === undefined ? repeats : "refuse",
      onBegun: async (campaign) => {
        // A person cancelled what this command had stored: it does not begin another campaign.
        if (begun !== undefined && begun !== campaign) return refuseLost({ campaign: begun });
        begun = campaign;
        return accept(undefined);
      },
    });
  const imported = await askThrough(platform, attempt, signal);
  if (imported === DETACHED) return refuseLeft(platform.outage.now() !== undefined, repeats);
  if (imported.ok || begun === undefined) return imported;
  const { refusal, report } = imported;
  if (refusal.code !== "already_imported" || report.campaign !== begun) return imported;
  const id = begun;
  const found = await askThrough(platform, () => findCampaign(platform.stores, id), signal);
  return found === DETACHED || !found.ok ? imported : storedBefore(imported, found.value.campaign);
}

/** Whether its last step was done is not known: `--again` would then send the list once more. */
function refuseLeft(isAway: boolean, repeats: Attempt["repeats"]): Refused {
  const back = isAway ? " when Redis is back" : "";
  return refuse(
    "import_interrupted",
    `The import was interrupted${isAway ? " while Redis was away" : ""}.`,
    repeats === "import"
      ? `See dropcast list${back}: if it has a new campaign of this list that is no longer importing, the list is stored, and --again would send it to everybody once more. Otherwise run the same command again.`
      : `Run the same command again${back}: it continues with the same id.`,
  );
}

/** The result of an attempt whose answer was lost, from the campaign it stored. */
function storedBefore(
  { report, rejectsPath }: ImportResult,
  { id, rows, status, counts }: Campaign,
): ImportResult {
  const { rejected, duplicate, suppressed } = counts;
  const pending = rows - rejected - duplicate - suppressed;
  const { file, name, number, category, columns, encoding, delimiter, phoneColumn } = report;
  const list: ImportedList = { id, status, restarted: false, fingerprint: "" };
  return {
    ...accept(list),
    report: {
      ...emptyReport(file),
      ...{ name, number, category, columns, encoding, delimiter, phoneColumn },
      ...{ campaign: id, status, rows, ok: pending, rejected, duplicate, suppressed },
      counts: { pending, rejected, duplicate, suppressed },
    },
    rejectsPath,
  };
}
