import type { Numbers } from "../../core/campaign.ts";
import type { NumberStyle, ShapeCounts } from "../phones/number-style.ts";

/** How the phones of a list are written, and what those without "+" were taken for. */
export interface PhoneStyleReport {
  /** Of bare phones; `unclear`: those that may be another country's were rejected. */
  numbers: NumberStyle["bare"];
  decidedBy: "campaign" | "list";
  /** Whose national numbers they are. */
  country: string | null;
  /** Cells without any country code. */
  national: number;
  /** Cells that begin with one, without "+". */
  withCode: number;
  plus: number;
  /** `00`, or what the country dials before a number abroad. */
  prefix: number;
}

export function phoneStyleReport(
  counts: ShapeCounts,
  style: NumberStyle,
  { country, given }: { country: string | null; given: Numbers | null },
): PhoneStyleReport {
  const { trunk, plain, coded, abroad, either, either_home, old, short, plus, prefix, zeros } =
    counts;
  const international = style.bare === "international";
  const coming = international ? abroad + either : 0;
  const ownCode = style.eitherHome === "plain" ? 0 : either_home;
  return {
    numbers: style.bare,
    decidedBy: given === null ? "list" : "campaign",
    country: country?.toUpperCase() ?? null,
    national: trunk + plain + old + short + (international ? 0 : either) + (either_home - ownCode),
    withCode: coded + coming + ownCode,
    plus,
    prefix: prefix + zeros,
  };
}
