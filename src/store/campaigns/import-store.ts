import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import {
  type CampaignDefinition,
  type CampaignStatus,
  PRIORITY_WEIGHTS,
} from "../../core/campaign.ts";
import { delegatedTo } from "../../core/delegate.ts";
import type { Mode } from "../../core/mode.ts";
import { rampText } from "../../core/ramp.ts";
import { REASONS } from "../../core/reasons.ts";
import type { Refusal } from "../../core/refusal.ts";
import { REJECTS } from "../../core/reject.ts";
import { packSendAgain } from "../../core/send-again.ts";
import { packStopOn } from "../../core/stop-on.ts";
import { campaignMark } from "../campaign-id.ts";
import { type ImportOutcome, type ImportRow, packRows } from "../ledger/batch-rows.ts";
import type { Safety } from "../ledger/ledger.ts";
import { encodeImportedValue } from "../ledger/ledger-value.ts";
import { templateOf } from "../people/people.ts";
import { packPeople } from "../people/people-index.ts";
import type { PersonDigest } from "../people/person-digest.ts";
import type { ClaimCounter } from "../recovery/claim-counter.ts";
import { hasShortForms } from "../schema.ts";
import { IMPORTED_ROW } from "../scripts/protocol.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { ScriptEach } from "../scripts/script-list.ts";
import { packPlaces, packWindow, type StoredPlace } from "./campaign-hours.ts";
import { readShortOfMemory, type ShortOfMemory } from "./import-room.ts";
import { packTrialRows, trialRules } from "./trial.ts";

/** Batches that one script deletes. */
const DELETED_AT_ONCE = 100;

/** An importer that has stored nothing for this time counts as dead: another may take over. */
export const IMPORT_LEASE_MS = 3_000;

export interface BeginImport {
  /** sha256 of mode, number, campaign name and file bytes, hex. */
  readonly digest: string;
  /** Import known bytes once more, as a new campaign. */
  readonly again: boolean;
  /** `refuse`: only an interrupted import is resumed; no new one begins. */
  readonly fresh?: "begin" | "refuse";
  readonly definition: CampaignDefinition;
  /** The file's name, for people. */
  readonly file: string;
  readonly columns: readonly string[];
  /** The delimiter of the list, which its export uses too. */
  readonly delimiter?: string;
  /** The column of the phones; by default it is found again when needed. */
  readonly phoneColumn?: string;
  readonly mode: Mode;
  /** Who imports it; above so many messages it waits for another person's approval. */
  readonly approval?: { readonly by: string; readonly above: number } | null;
  /** The pool that it is a part of. */
  readonly pool?: string;
  /** A test message: for how long it may be sent, ms. Default: it is a campaign. */
  readonly testMs?: number;
}

/** The earlier import of the same bytes. */
export interface KnownImport {
  readonly campaign: string;
  /** How many of its messages were tried before it was cancelled; null if it was not. */
  readonly tried: number | null;
}

export type BeginResult =
  | {
      readonly kind: "begun";
      readonly campaign: string;
      readonly token: string;
      /** Another importer of these bytes died: its campaign is filled from the start. */
      readonly restarted: boolean;
      /** Whether its rows may be stored in short forms (schema.ts). */
      readonly shortForms: boolean;
      /** For a check: the earlier import of these bytes. */
      readonly known?: KnownImport | null;
    }
  | ({ readonly kind: "already_imported" } & KnownImport)
  | { readonly kind: "busy"; readonly campaign: string }
  /** It would have been a new import, which was refused. */
  | { readonly kind: "not_begun" };

/** The campaign being imported, and the token that fences every chunk. */
interface ImportHandle {
  readonly campaign: string;
  readonly token: string;
}

/** Exactly {@link BATCH_ROWS} rows, fewer in the last batch; packed already, or not. */
export type ImportBatch =
  | { readonly rows: readonly ImportRow[] }
  | { readonly outcomes: readonly ImportOutcome[]; readonly blob: Buffer };

type FinishResult =
  | { readonly kind: "stored"; readonly status: CampaignStatus }
  | { readonly kind: "lost" };

/**
 * The import's side of the store. Nothing of an `importing` campaign is sent; `finish` is the step
 * that allows it. Every call may be repeated.
 */
export function createImportStore(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  person: PersonDigest;
  safety: Safety;
  sender: string | null;
  counter: ClaimCounter;
  mode: Mode;
}) {
  const { redis, number, run, person, safety, sender, counter, mode } = input;
  const importer = () => ({
    leaseMs: IMPORT_LEASE_MS,
    reading: counter.reading(),
    process: counter.worker,
    settleMs: counter.settleMs,
  });
  return {
    /** How a campaign's rejects file names it. */
    markOf: (campaign: string): string => campaignMark(campaign, mode),

    async begin(input: BeginImport): Promise<BeginResult> {
      // As if Redis were down: the drop folder tries again, and a command reports why it ends.
      const problem = safety.problem();
      if (problem !== undefined) throw new Error(`${problem.message} ${problem.fix}`);
      const token = randomBytes(8).toString("hex");
      const again = input.again ? "1" : "";
      const [kind, id, tried] = await run(
        "import-begin",
        {
          ...{ ...importer(), digest: input.digest, token, again },
          ...{ fresh: input.fresh ?? "begin", testMs: input.testMs ?? 0 },
        },
        campaignFields(input, sender),
      );
      const campaign = String(id);
      if (kind === "known") {
        const rows = Number(tried);
        return { kind: "already_imported", campaign, tried: rows < 0 ? null : rows };
      }
      if (kind === "busy") return { kind, campaign };
      if (kind === "none") return { kind: "not_begun" };
      // An id that was given out must not be given again, even if Redis loses it.
      await counter.remember();
      const shortForms = await hasShortForms(redis, number);
      return { kind: "begun", campaign, token, restarted: kind === "restarted", shortForms };
    },

    /** Fills the campaign that is being imported from the start once more, with the same token. */
    async beginAnew(input: BeginImport, { token }: ImportHandle): Promise<"begun" | "lost"> {
      const [kind] = await run(
        "import-begin",
        { ...importer(), digest: input.digest, token, again: "own", fresh: "begin", testMs: 0 },
        campaignFields(input, sender),
      );
      return kind === "lost" ? "lost" : "begun";
    },

    /** Stores consecutive batches. `lost`: another importer took over, or it was cancelled. */
    async chunk(
      input: ImportHandle & { firstBatch: number; batches: readonly ImportBatch[] },
    ): Promise<"stored" | "lost"> {
      const { campaign, token, firstBatch, batches } = input;
      const packed = batches.map((batch) => ("blob" in batch ? batch : packBatch(batch.rows)));
      const people = packPeople(packed, firstBatch, person);
      const stored = await run(
        "import-chunk",
        { campaign, token, leaseMs: IMPORT_LEASE_MS, firstBatch, people },
        packed.map(({ blob, outcomes }) => {
          return { blob, rows: outcomes.length, others: packOthers(outcomes) };
        }),
      );
      return stored === 1 ? "stored" : "lost";
    },

    /** Keeps the importer's lease while it has nothing to store. */
    async heartbeat({ campaign, token }: ImportHandle): Promise<"alive" | "lost"> {
      const args = { campaign, token, leaseMs: IMPORT_LEASE_MS, firstBatch: 0, people: "" };
      return (await run("import-chunk", args)) === 1 ? "alive" : "lost";
    },

    /**
     * `phoneStyle` is stored for reading corrected rows of the list; `places` to show whom a
     * campaign with a window waits for. `canaryRows`: the pending rows that go first, if the
     * definition has a canary.
     */
    async finish(
      input: ImportHandle & {
        rows: number;
        batches: number;
        phoneStyle?: string;
        places?: readonly StoredPlace[];
        canaryRows?: readonly number[];
        /** Of a pool: whether it waits for a second person; by default its own rows decide. */
        awaits?: boolean;
        /** It waits until a person resumes it. */
        isPaused?: boolean;
      },
    ): Promise<FinishResult> {
      const { campaign, token, rows, batches, phoneStyle = "", isPaused } = input;
      const places = packPlaces(input.places);
      const canary = packTrialRows(input.canaryRows ?? []);
      const awaits = input.awaits === undefined ? "" : input.awaits ? "1" : "0";
      const list = { rows, batches, rejected: "", phoneStyle, places, canary };
      const paused = isPaused === true ? "1" : "";
      const args = { campaign, token, ...list, awaits, paused };
      const [stored, status] = (await run("import-finish", args)) as [number, CampaignStatus];
      await counter.remember();
      return stored === 1 ? { kind: "stored", status } : { kind: "lost" };
    },

    /** Whether Redis has too little memory left for further rows; null: it has enough. */
    shortOfMemory: (): Promise<ShortOfMemory | null> => readShortOfMemory(redis),

    /**
     * The list cannot be sent: the campaign is `rejected`, and its bytes may be imported again.
     * `rows`: whether those that are stored are kept for as long as of any campaign.
     */
    async reject(
      input: ImportHandle & { refusal: Refusal; rows?: "keep" | "delete" },
    ): Promise<void> {
      const { campaign, token, refusal, rows = "keep" } = input;
      const none = { phoneStyle: "", places: "", canary: "", awaits: "", paused: "" };
      const stored = { rows: 0, batches: 0, ...none };
      await run("import-finish", { campaign, token, ...stored, rejected: refusal.message });
      if (rows === "keep") return;
      const purge = { campaign, keptMs: 0, batchesMax: DELETED_AT_ONCE };
      while ((await run("purge-campaign", purge))[0] === "more");
    },
  };
}

export type ImportStore = ReturnType<typeof createImportStore>;

function campaignFields(input: BeginImport, sender: string | null): ScriptEach<"import-begin">[] {
  const { definition, file, columns, delimiter, phoneColumn, mode, approval = null } = input;
  const { schedule, delivery } = definition;
  const fields: Record<string, string | number> = {
    name: definition.name,
    definition: JSON.stringify(definition),
    columns: JSON.stringify(columns),
    template: templateOf(definition),
    skipRepeat: definition.recipients.skipRepeatMs ?? 0,
    category: definition.category,
    file,
    mode,
    guarantee: delivery.guarantee,
    phoneColumn: phoneColumn ?? "",
    delimiter: delimiter ?? "",
    weight: PRIORITY_WEIGHTS[delivery.priority],
    startAt: schedule.delegate === true ? 0 : (schedule.startAtMs ?? 0),
    delegatedTo: delegatedTo(schedule) ?? 0,
    endBy: schedule.endByMs ?? 0,
    window: packWindow(schedule.window),
    again: packSendAgain(delivery.retry),
    first: definition.recipients.first ?? 0,
    canary: trialRules(definition.canary ?? null),
  };
  if (input.pool !== undefined) fields["pool"] = input.pool;
  if (definition.stopOn !== undefined) fields["stopOn"] = packStopOn(definition.stopOn);
  if (sender !== null) fields["sender"] = sender;
  if (approval !== null) {
    fields["startedBy"] = approval.by;
    fields["approvalAbove"] = approval.above;
  }
  if (delivery.rampUp != null) fields["ramp"] = rampText(delivery.rampUp);
  if (delivery.ratePerSecond !== null) fields["ratePerSecond"] = delivery.ratePerSecond;
  return Object.entries(fields).map(([field, value]) => ({ field, value }));
}

/** The rows that are not pending, as IMPORTED_ROW has them. */
function packOthers(outcomes: readonly ImportOutcome[]): Buffer {
  if (outcomes.every(({ kind }) => kind === "pending")) return NO_OTHERS;
  const others = [...outcomes.entries()].filter(([, { kind }]) => kind !== "pending");
  const packed = Buffer.alloc(others.length * IMPORTED_ROW.bytes);
  for (const [at, [place, outcome]] of others.entries()) {
    const value = encodeImportedValue(outcome.kind, reasonNumber(outcome));
    IMPORTED_ROW.write(packed, at * IMPORTED_ROW.bytes, { place, value });
  }
  return packed;
}

const NO_OTHERS = Buffer.alloc(0);

function packBatch(rows: readonly ImportRow[]) {
  return { outcomes: rows.map(({ outcome }) => outcome), blob: packRows(rows) };
}

function reasonNumber(outcome: ImportOutcome): number {
  if (outcome.kind === "rejected") return REJECTS[outcome.code];
  return outcome.kind === "suppressed" ? REASONS[outcome.reason] : 0;
}
