import type { CampaignDefinition } from "../../core/campaign.ts";
import type { Encoding } from "../../core/encoding.ts";
import type { Mode } from "../../core/mode.ts";
import type { Result } from "../../core/refusal.ts";
import type { CompiledTemplate } from "../../core/template.ts";
import type { ImportStore } from "../../store/import-store.ts";
import type { PhoneColumn } from "../columns/phone-column.ts";
import type { ListBytes } from "../list/bytes.ts";
import type { CsvHeader } from "../list/csv.ts";
import type { ListFile } from "../list/open.ts";
import type { NumberStyle } from "../phones/number-style.ts";
import type { PreflightInput } from "../preflight/preflight.ts";
import type { RejectsLayout } from "../rejects/layout.ts";

/** What an import is asked to do. */
export interface ImportListOptions {
  readonly imports: ImportStore;
  readonly definition: CampaignDefinition;
  /** Read to its end, and left open. */
  readonly file: ListFile;
  /** Where the rejected rows go; a file of that name is replaced. `null`: they are not written. */
  readonly rejectsPath: string | null;
  readonly mode: Mode;
  /** ISO 3166 code for numbers without country code; the campaign's own comes first. */
  readonly defaultCountry: string | null;
  /** What the report says beyond the rows themselves; left out, it says what needs nothing else. */
  readonly preflight?: PreflightInput;
  /** `check`: `imports` keeps nothing, and the rejects file names no campaign. */
  readonly purpose?: "import" | "check";
  /** Import bytes that were imported before as a new campaign. */
  readonly repeats?: "refuse" | "import";
  /** The time at which `startAt` must not have passed, ms; left out: now. */
  readonly startJudgedAtMs?: number;
  /** The fingerprint of what a person was shown: anything else is refused (`list_changed`). */
  readonly checked?: string;
  /** How the list is encoded, by the person who imports it: before what the campaign says. */
  readonly encoding?: Encoding | null;
  readonly signal?: AbortSignal;
  /**
   * The list's bytes are known, as SHA-256 in hex, and nothing is stored: a refusal ends the
   * import.
   */
  readonly onRead?: (digest: string) => Promise<Result<void>>;
  /** The campaign has its id, and no row is stored yet: a refusal rejects the campaign. */
  readonly onBegun?: (campaign: string) => Promise<Result<void>>;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  readonly rows: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

/** A list whose header has passed: it can be read for this campaign. */
export interface PreparedList {
  readonly file: ListFile;
  readonly bytes: ListBytes;
  /** Of a guessed encoding: cells by which a person can judge it. */
  readonly encodingSamples: readonly string[];
  readonly header: CsvHeader;
  /** The rows' columns: the header's, without what a rejects file adds to them. */
  readonly columns: readonly string[];
  /** Set when the list is a rejects file. */
  readonly layout: RejectsLayout | null;
  readonly phone: PhoneColumn;
  readonly template: CompiledTemplate;
  /** What the first rows say of it; all rows decide. */
  readonly style: NumberStyle;
}
