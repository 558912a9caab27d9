import { dirname, resolve } from "node:path";
import { findNumber } from "../config.ts";
import type { CampaignDefinition } from "../core/campaign.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { Platform } from "../platform.ts";
import { importList } from "../producer/import.ts";
import { readCampaign } from "../producer/import-file.ts";
import type { ImportReport } from "../producer/report.ts";
import type { ImportStore } from "../store/import-store.ts";

/** What an import would come to. */
export interface ImportPreview {
  readonly definition: CampaignDefinition;
  readonly counts: ImportReport["counts"];
  /** The number's configured rate. */
  readonly numberRate: number;
}

/**
 * Reads a list as the import will, and stores nothing: the same reader on a store that keeps
 * nothing, so the two cannot disagree. Refuses what the import would refuse.
 */
export async function previewImport(
  { config }: Platform,
  input: { campaignPath: string; csvPath: string | null; signal: AbortSignal },
): Promise<Result<ImportPreview>> {
  const campaign = await readCampaign(input.campaignPath);
  if (!campaign.ok) return campaign;
  const definition = campaign.value;
  const number = findNumber(config, definition.number);
  if (!number.ok) return number;
  const named = definition.recipients.file;
  const csvPath =
    input.csvPath ?? (named === null ? null : resolve(dirname(input.campaignPath), named));
  const nothing = { pending: 0, rejected: 0, duplicate: 0, suppressed: 0 };
  const { ratePerSecond: numberRate } = number.value;
  // The import refuses it in its own words.
  if (csvPath === null) return accept({ definition, counts: nothing, numberRate });
  const { report, ...result } = await importList({
    imports: KEEPS_NOTHING,
    definition,
    csvPath,
    rejectsPath: null,
    mode: config.mode,
    defaultCountry: number.value.country,
    signal: input.signal,
  });
  return result.ok ? accept({ definition, counts: report.counts, numberRate }) : result;
}

const KEEPS_NOTHING: ImportStore = {
  begin: async () => ({ kind: "begun", campaign: "preview-1", token: "", restarted: false }),
  chunk: async () => "stored",
  heartbeat: async () => "alive",
  finish: async () => ({ kind: "stored", status: "running" }),
  reject: async () => {},
};
