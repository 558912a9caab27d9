/**
 * Where the rows of a list go: into a campaign, or, for a check, nowhere. The rest of an import is
 * the same, so `check` cannot disagree with `send`.
 */

import type { CampaignStatus } from "../../core/campaign.ts";
import type { Refusal } from "../../core/refusal.ts";
import type {
  BeginImport,
  BeginResult,
  CampaignReader,
  ImportStore,
  KnownImport,
  ShortOfMemory,
  StoredPlace,
} from "../../store/index.ts";
import { createBatchWriter, type RowWriter } from "./batch-writer.ts";

export interface ListSink {
  readonly purpose: "import" | "check";
  begin(list: BeginImport): Promise<Begun>;
}

export type Begun =
  | { readonly kind: "begun"; readonly place: Place }
  | Exclude<BeginResult, { kind: "begun" }>;

/** The place of one list: its campaign, from which nothing is sent before `finish`. */
export interface Place {
  /** Null in a check. */
  readonly campaign: string | null;
  /** The campaign as its rejects file names it. */
  readonly mark: string | null;
  /** Another importer of these bytes died: its campaign is filled from the start. */
  readonly restarted: boolean;
  /** In a check: the earlier import of these bytes. */
  readonly known: KnownImport | null;
  open(): RowWriter;
  /** Empties the place; rows are then written from the first one again. */
  restart(): Promise<"begun" | "lost">;
  /** The one step after which everything may be sent. `phoneStyle` is kept for corrected rows. */
  finish(list: {
    rows: number;
    batches: number;
    phoneStyle: string;
    places: readonly StoredPlace[];
    canaryRows: readonly number[];
  }): Promise<Finished>;
  /** Whether there is too little memory for further rows; null, or absent: there is enough. */
  shortOfMemory?(): Promise<ShortOfMemory | null>;
  /** The list cannot be sent: the campaign is `rejected`, and the same bytes may be given again. */
  reject(refusal: Refusal, rows?: "keep" | "delete"): Promise<void>;
}

/** `status`: null in a check. */
type Finished = { kind: "stored"; status: CampaignStatus | null } | { kind: "lost" };

/** Lists become campaigns of this store. */
export function storeIn(imports: ImportStore): ListSink {
  return {
    purpose: "import",
    async begin(list) {
      const begun = await imports.begin(list);
      if (begun.kind !== "begun") return begun;
      const { campaign, token, restarted, shortForms } = begun;
      const handle = { campaign, token };
      const place: Place = {
        ...{ campaign, mark: imports.markOf(campaign), restarted, known: null },
        open: () => createBatchWriter({ imports, ...handle, shortForms }),
        restart: () => imports.beginAnew(list, handle),
        finish: (read) => imports.finish({ ...handle, ...read }),
        shortOfMemory: () => imports.shortOfMemory(),
        reject: (refusal, rows = "keep") => imports.reject({ ...handle, refusal, rows }),
      };
      return { kind: "begun", place };
    },
  };
}

/**
 * Stores nothing. With the campaigns of the number, an earlier import of the same bytes is
 * detected, and reported once the list has been read.
 */
export function keepNothing(campaigns: Pick<CampaignReader, "importOf"> | null): ListSink {
  return {
    purpose: "check",
    async begin({ digest, again }) {
      const before = campaigns === null ? null : await campaigns.importOf(digest);
      const place: Place = {
        ...{ campaign: null, mark: null, restarted: before?.step === "importing" },
        known: !again && before?.step === "imported" ? before : null,
        open: () =>
          createBatchWriter({ imports: NOWHERE, campaign: "", token: "", shortForms: true }),
        restart: async () => "begun",
        finish: async () => ({ kind: "stored", status: null }),
        reject: async () => {},
      };
      return { kind: "begun", place };
    },
  };
}

/** Packs the rows too, so that a check also refuses a list whose rows are too large. */
const NOWHERE: Pick<ImportStore, "chunk" | "heartbeat"> = {
  chunk: async () => "stored",
  heartbeat: async () => "alive",
};
