import { STOP_ON, type StopOn } from "../../core/stop-on.ts";

/** `stopOn` as the campaign's hash has it and lib/recent.lua reads it; 0 is off. */
export function packStopOn({ failureShare, sample, sameCode, category }: StopOn): string {
  return [failureShare, sample, sameCode, category].map((limit) => limit ?? 0).join(" ");
}

/** A campaign of an older version has none: the defaults hold. */
export function readStopOn(stored: string | undefined): StopOn {
  if (stored === undefined) return STOP_ON;
  const [failureShare = 0, sample = 0, sameCode = 0, category = 0] = stored.split(" ").map(Number);
  return {
    failureShare: failureShare || null,
    sample,
    sameCode: sameCode || null,
    category: category || null,
  };
}
