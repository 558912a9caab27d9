import { type CompiledTemplate, compileTemplate } from "../core/template.ts";
import type { CampaignToSend } from "../store/campaign-reader.ts";
import type { CampaignStore } from "../store/campaign-store.ts";
import type { Ledger, LoadedRow } from "../store/ledger.ts";

/** A message of an open batch, ready for its slot. */
export interface DueMessage {
  readonly row: number;
  readonly person: Buffer;
  /** The whole request body. */
  readonly body: string;
}

/** One run of one batch in this process: its messages leave `waiting` when they are claimed. */
export interface BatchRun {
  readonly campaign: CampaignToSend;
  readonly batch: number;
  readonly run: number;
  readonly waiting: DueMessage[];
  /** Messages in a claim that has not been answered. */
  claiming: number;
  /** Messages of this run that were granted. */
  granted: number;
  /** `performance.now()` at which it began. */
  readonly beganAt: number;
  /** Called once, when nothing of this run is left to claim. */
  readonly finish: () => void;
}

/** What loading a batch gives. */
export type LoadedBatch =
  | { readonly kind: "loaded"; readonly campaign: CampaignToSend; readonly due: DueMessage[] }
  | { readonly kind: "gone" }
  /** Stored by somebody else's rules (another version): `why` is for the log. */
  | { readonly kind: "unreadable"; readonly why: string };

/** Compiled templates kept: campaigns that run at the same time are few. */
const COMPILED_MAX = 50;

/**
 * Reads a batch and builds the request of every row that is pending and due. Rows that wait for
 * a later time are left out: closing the run puts the batch back to when they are due.
 */
export function createBatchLoader(input: { campaigns: CampaignStore; ledger: Ledger }) {
  const { campaigns, ledger } = input;
  const compiled = new Map<string, CompiledTemplate>();

  function templateOf(campaign: CampaignToSend): CompiledTemplate {
    const key = `${campaign.id}:${campaign.epochMs}`;
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const fresh = compileTemplate(campaign.definition.template, campaign.columns);
    // The import compiled the same template with the same columns before it stored a row.
    if (!fresh.ok) throw new Error(`The template of ${campaign.id} no longer compiles.`);
    if (compiled.size >= COMPILED_MAX) compiled.delete(compiled.keys().next().value ?? key);
    compiled.set(key, fresh.value);
    return fresh.value;
  }

  function toDue(
    template: CompiledTemplate,
    row: LoadedRow,
    nowMs: number,
  ): DueMessage | undefined {
    if (row.value.state !== "pending" || (row.value.times.due ?? 0) > nowMs) return undefined;
    // Nobody is behind an erased row any more: its claim makes it suppressed, and nothing is sent.
    if (row.phone === "") return { row: row.row, person: ledger.person(""), body: "" };
    const filled = template.fill(row.cells);
    // The import rejects rows whose values do not fit, so a pending row always fills.
    if (!filled.ok) throw new Error(`Row ${row.row} no longer fits its template.`);
    return {
      row: row.row,
      person: ledger.person(row.phone),
      body: `{"to":${JSON.stringify(row.phone)},"template":${filled.json}}`,
    };
  }

  return async function load(id: string, batch: number): Promise<LoadedBatch> {
    const campaign = await campaigns.toSend(id);
    const loaded = campaign && (await ledger.load(id, batch, campaign.epochMs));
    if (campaign === undefined || loaded === undefined) return { kind: "gone" };
    try {
      const template = templateOf(campaign);
      const due = loaded.rows.flatMap((row) => toDue(template, row, loaded.nowMs) ?? []);
      return { kind: "loaded", campaign, due };
    } catch (error) {
      return { kind: "unreadable", why: String(error) };
    }
  };
}
