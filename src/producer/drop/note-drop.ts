import { hostname } from "node:os";
import type { ActDetails } from "../../core/act.ts";
import { withoutDigits } from "../../core/recipient.ts";
import type { ActLog } from "../../store/index.ts";
import type { ImportReport } from "../report.ts";

/** Notes the outcome of a dropped list in the audit. Who dropped it is not known. */
export type NoteDrop = (dropped: string, report: ImportReport) => Promise<void>;

export function createNoteDrop(acts: Pick<ActLog, "end">): NoteDrop {
  return (dropped, report) => {
    const { campaign, refusal } = report;
    return acts.end("", {
      ...{ who: "drop folder", via: "drop folder", from: hostname() },
      ...{ what: "send", campaigns: campaign === null ? [] : [campaign] },
      details: { list: withoutDigits(dropped), ...countsOf(report) },
      result: refusal === undefined ? "done" : "refused",
      code: refusal?.code ?? null,
    });
  };
}

/** What a list became, for the audit. */
export function countsOf({ refusal, status, ok, rejected, mended }: ImportReport): ActDetails {
  // Stored by a producer that died before it noted it: the campaign has its counts.
  if (refusal !== undefined || status === "imported") return {};
  return mended === undefined ? { messages: ok, rejected } : { corrected: mended };
}
