import { createHash } from "node:crypto";
import type { Encoding } from "../core/encoding.ts";
import { type Result, refuse } from "../core/refusal.ts";
import type { Corrections, People } from "../store/index.ts";
import type { PreflightInput } from "./preflight/preflight.ts";
import type { ListSink } from "./sink/sink.ts";

/** A number that campaigns can be sent from, as far as a list needs it. */
export interface ListNumber {
  /** Where its lists go. */
  readonly sink: ListSink;
  /** Takes corrected rows back; null: rejects files are read as ordinary lists. */
  readonly store: CorrectionStore | null;
  /** ISO 3166 code for phones without country code; the campaign's own takes precedence. */
  readonly country: string | null;
  /** Supplies what the report says beyond the rows; without it, only what needs no Redis. */
  readonly preflight?: PreflightInput;
}

/** The number's campaigns, for corrected rows. */
export interface CorrectionStore {
  readonly corrections: Corrections;
  readonly people: People;
}

/** The options that a person, or the drop folder, gives with a list. */
export interface ListRequest {
  /** Where the rejected rows go; replaces a file of that name. `null`: they are not written. */
  readonly rejectsPath: string | null;
  /** Import bytes that were imported before as a new campaign. */
  readonly repeats?: "refuse" | "import";
  /** The time that `startAt` must not precede, ms; default: now. */
  readonly startCheckedAtMs?: number;
  /** The fingerprint of what a person was shown: anything else is refused (`list_changed`). */
  readonly checked?: string;
  /** The list's encoding as the person gave it; takes precedence over the campaign's. */
  readonly encoding?: Encoding | null;
  /** Who asks; above so many messages the campaign waits for another person's approval. */
  readonly approval?: { readonly by: string; readonly above: number } | null;
  /** Only so many rows may go at first; takes precedence over the campaign's. */
  readonly first?: number | null;
  readonly signal?: AbortSignal;
  /**
   * Called when the list's SHA-256 (hex) is known and nothing is stored: a refusal ends the import.
   */
  readonly onRead?: (digest: string) => Promise<Result<void>>;
  /** Called when the campaign has its id but no row yet: a refusal rejects the campaign. */
  readonly onBegun?: (campaign: string) => Promise<Result<void>>;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  readonly rows: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

/** A digest of texts in order; two different lists of texts never have the same one. */
export function fingerprintOf(parts: readonly string[]): string {
  // Each with its length, so that "ab", "c" differs from "a", "bc".
  const named = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join();
  return createHash("sha256").update(named).digest("hex");
}

/** The list is not the one that the person was shown and confirmed. */
export function refuseOtherList(file: string): Result<never> {
  return refuse(
    "list_changed",
    `${file} or its campaign file was changed after it was shown. Nothing was sent.`,
    "Run the command again and check what it shows now.",
  );
}

/**
 * The importer was asked to stop. Nothing of the list is sent; the same command resumes it.
 * `campaign` is null when nothing is stored, as in a check.
 */
export function refuseInterrupted(campaign: string | null): Result<never> {
  return refuse(
    "import_interrupted",
    campaign === null
      ? "It was interrupted before anything was stored."
      : `The import of ${campaign} was interrupted; nothing of it has been sent.`,
    campaign === null
      ? "Run the same command again."
      : `Run the same command again to resume under the same id, or dropcast cancel ${campaign} to drop it.`,
  );
}
