import type { CampaignStatus } from "../../core/campaign.ts";
import { type Result, refuse } from "../../core/refusal.ts";
import type { PhoneColumn } from "../columns/phone-column.ts";
import type { ImportReport } from "../report.ts";

/** What became of a list that was stored. */
export interface ImportedList {
  readonly id: string;
  readonly status: CampaignStatus;
  readonly rows: number;
  readonly counts: ImportReport["counts"];
  readonly phoneColumn: PhoneColumn;
  readonly rejectsPath: string | null;
  /** An importer of these bytes had died; this is its campaign. */
  readonly restarted: boolean;
  /** Tells this list under this campaign from any other: see `checked` of the import options. */
  readonly fingerprint: string;
  /** Set for a rejects file that was dropped again: `rows` are those of the file. */
  readonly mend?: {
    readonly mended: number;
    readonly stillRejected: number;
    readonly alreadyMended: number;
  };
}

/** Besides the result, the report for people: of a refused list too. */
export type ImportResult = Result<ImportedList> & { readonly report: ImportReport };

/**
 * The importer was asked to stop. Nothing of the list is sent; the same command goes on with it.
 * `campaign` is null when nothing is stored, as in a check.
 */
export function refuseInterrupted(campaign: string | null): Result<never> {
  return refuse(
    "import_interrupted",
    campaign === null
      ? "It was interrupted before anything was stored."
      : `The import of ${campaign} was interrupted; nothing of it has been sent.`,
    campaign === null
      ? "Give the same command again."
      : `Give the same command again to go on under the same id, or dropcast cancel ${campaign} to drop it.`,
  );
}
