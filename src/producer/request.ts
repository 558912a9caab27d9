import { createHash } from "node:crypto";
import type { Encoding } from "../core/encoding.ts";
import { type Result, refuse } from "../core/refusal.ts";
import type { Corrections, People } from "../store/index.ts";
import type { PreflightInput } from "./preflight/preflight.ts";
import type { ListSink } from "./sink/sink.ts";

/** A number that campaigns may be sent from, as a list needs it. */
export interface ListNumber {
  /** Where its lists go. */
  readonly sink: ListSink;
  /** What takes corrected rows back; null: rejects files are read as lists of their own. */
  readonly store: CorrectionStore | null;
  /** ISO 3166 code for phones without country code; the campaign's own comes first. */
  readonly country: string | null;
  /** What the report says beyond the rows themselves; left out, it says what needs nothing else. */
  readonly preflight?: PreflightInput;
}

/** The number's campaigns, as corrected rows need them. */
export interface CorrectionStore {
  readonly corrections: Corrections;
  readonly people: People;
}

/** What a person, or the drop folder, asks for with a list. */
export interface ListRequest {
  /** Where the rejected rows go; a file of that name is replaced. `null`: they are not written. */
  readonly rejectsPath: string | null;
  /** Import bytes that were imported before as a new campaign. */
  readonly repeats?: "refuse" | "import";
  /** The time at which `startAt` must not have passed, ms; left out: now. */
  readonly startJudgedAtMs?: number;
  /** The fingerprint of what a person was shown: anything else is refused (`list_changed`). */
  readonly checked?: string;
  /** How the list is encoded, by the person who gives it: before what the campaign says. */
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

/** A digest of texts in their order; two different sets of texts never give the same one. */
export function fingerprintOf(parts: readonly string[]): string {
  // Each with its length: "ab", "c" is not "a", "bc".
  const named = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join();
  return createHash("sha256").update(named).digest("hex");
}

/** The list is not the one that a person was shown and said yes to. */
export function refuseOtherList(file: string): Result<never> {
  return refuse(
    "list_changed",
    `${file} or its campaign file was changed after it was shown. Nothing was sent.`,
    "Give the command again, and look at it as it is now.",
  );
}

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
