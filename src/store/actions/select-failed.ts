import {
  type FailureCause,
  type FailureCount,
  isAskedFor,
  type NotRetried,
  notRetried,
  type RetryFilter,
} from "../../core/failure.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import type { CampaignStore, RetriedRows, RetryVerdict } from "../campaigns/campaign-store.ts";
import type { CampaignRow, RowReader } from "../ledger/row-reader.ts";
import type { PersonDigest } from "../people/person-digest.ts";
import { createPersonSet } from "../people/person-set.ts";
import { batchesOf } from "../rows.ts";
import type { RunScript } from "../scripts/runner.ts";
import { createRowsPacker } from "./packed-rows.ts";

/** Failed messages that stay failed, by why and cause. */
export interface LeftOut extends FailureCount {
  readonly why: NotRetried;
}

export interface SelectedFailed {
  readonly kind: "selected";
  /** The messages that would be sent again, packed (packed-rows.ts). */
  readonly packed: Buffer;
  readonly total: number;
  /** The same by cause, most frequent first. */
  readonly byCode: readonly FailureCount[];
  /** Messages that were requested but stay failed, most frequent first. */
  readonly left: readonly LeftOut[];
  /** Of those sent again: how many wait for their window, and when it first opens, ms. */
  readonly waiting: { readonly count: number; readonly firstMs: number } | null;
}

type SelectFailedResult = SelectedFailed | { readonly kind: "closed" | "no_campaign" };

interface SelectFailedRequest extends RetryFilter {
  /**
   * When the message may leave at the earliest, ms; 0 at once, null not before the campaign ends.
   * Default: at once.
   */
  readonly opensMs?: (row: CampaignRow) => number | null;
}

/** Batches looked at in one call: some milliseconds of Redis. */
const LOOKED_AT_ONCE = 100;
/** Batches that are read at the same time. */
const AHEAD = 8;

/**
 * Chooses the failed messages that a retry is about: those the filter asks for, except messages
 * that must wait, whose person does not want them or would get two (core/failure.ts). It changes
 * nothing. It works batch by batch: it holds one batch of rows, and 15 bytes for each message that
 * is asked for.
 */
export function createSelectFailed(input: {
  run: RunScript;
  campaigns: CampaignStore;
  rows: RowReader;
  person: PersonDigest;
}) {
  const { run, campaigns, rows, person } = input;

  /** The batches with failed rows, ascending. It looks no further than the last of them. */
  async function failedBatches({ id, rows: all, counts }: Campaign): Promise<number[]> {
    const found: number[] = [];
    let left = counts.failed;
    for (let first = 0; first < batchesOf(all) && left > 0; first += LOOKED_AT_ONCE) {
      const looked = { campaign: id, firstBatch: first, batches: LOOKED_AT_ONCE };
      const flat = (await run("find-failed", looked)) as number[];
      for (let at = 0; at < flat.length; at += 2) {
        found.push(flat[at] ?? 0);
        left -= flat[at + 1] ?? 0;
      }
    }
    return found;
  }

  return async function selectFailed(
    id: string,
    request: SelectFailedRequest,
  ): Promise<SelectFailedResult> {
    const campaign = await campaigns.find(id);
    if (campaign === undefined) return { kind: "no_campaign" };
    if (campaign.closed) return { kind: "closed" };
    const [sent, left] = [createTally<FailureCount>(), createTally<LeftOut>()];
    const people = createPersonSet();
    const packer = createRowsPacker();
    const { opensMs: opensOf = () => 0 } = request;
    const waiting = { count: 0, firstMs: Number.POSITIVE_INFINITY };

    /** The failed rows of a batch that are asked for and may be sent. */
    function choose(found: readonly CampaignRow[]): Asked[] {
      const asked: Asked[] = [];
      for (const row of found) {
        if (row.state !== "failed" || !isAskedFor(request, row.value)) continue;
        const { phone, value } = row;
        const one = { row: row.row, attempt: value.attempt, person: person(phone) };
        const opensMs = opensOf(row);
        const why =
          whyNotRetried(row, request) ??
          (opensMs === null ? "window" : null) ??
          // An erased row has no person, so several do not have the same one.
          (phone !== "" && !people.add(one.person) ? "same_person" : null);
        if (why !== null) left.add({ ...causeOf(row), why });
        else asked.push({ ...one, cause: causeOf(row), opensMs: opensMs ?? 0 });
      }
      return asked;
    }

    async function* readAhead(batches: readonly number[]) {
      const ahead: Promise<CampaignRow[]>[] = [];
      for (const [at, batch] of batches.entries()) {
        for (let next = at + ahead.length; next < Math.min(batches.length, at + AHEAD); next++) {
          const asked = rows.batch(id, batches[next] ?? 0);
          // If the caller stops early, no one waits for it.
          asked.catch(() => {});
          ahead.push(asked);
        }
        yield { batch, found: (await ahead.shift()) ?? [] };
      }
    }

    function note(asked: Asked, verdict: RetryVerdict | undefined): void {
      const { cause, opensMs } = asked;
      if (verdict === "suppressed" || verdict === "open_attempt") {
        left.add({ ...cause, why: verdict });
      }
      if (verdict !== "taken") return;
      packer.add(asked);
      sent.add(cause);
      if (opensMs <= Date.now()) return;
      waiting.count++;
      waiting.firstMs = Math.min(waiting.firstMs, opensMs);
    }

    /** Batches about which Redis is asked while the next ones are read, in order. */
    const open: { asked: readonly Asked[]; result: Promise<RetriedRows> }[] = [];

    /** The verdicts on the oldest of them; null if they were noted. */
    async function noteOldest(): Promise<Exclude<SelectFailedResult, SelectedFailed> | null> {
      const oldest = open.shift();
      const result = await oldest?.result;
      if (oldest === undefined || result === undefined) return null;
      if (result.kind === "guarded") throw new Error("A count sends nothing again.");
      if (result.kind !== "retried") return result;
      for (const [at, one] of oldest.asked.entries()) note(one, result.verdicts[at]);
      return null;
    }

    for await (const { batch, found } of readAhead(await failedBatches(campaign))) {
      const asked = choose(found);
      if (asked.length === 0) continue;
      const result = campaigns.retryRows(id, batch, asked, "count");
      // If it fails while an older one is waited for, that is told when its turn comes.
      result.catch(() => {});
      open.push({ asked, result });
      const refused = open.length < AHEAD ? null : await noteOldest();
      if (refused !== null) return refused;
    }
    while (open.length > 0) {
      const refused = await noteOldest();
      if (refused !== null) return refused;
    }
    return {
      ...{ kind: "selected", ...packer.end(), byCode: sent.list(), left: left.list() },
      waiting: waiting.count === 0 ? null : waiting,
    };
  };
}

interface Asked {
  readonly row: number;
  readonly attempt: number;
  readonly person: Buffer;
  readonly cause: FailureCause;
  readonly opensMs: number;
}

/** Why the failure of a row forbids its retry; null if it does not. */
export function whyNotRetried({ value }: CampaignRow, filter: RetryFilter): NotRetried | null {
  const at = { failedAtMs: value.times.failed ?? 0, nowMs: Date.now() };
  return notRetried(value, at, filter);
}

function causeOf({ value: { code, reason } }: CampaignRow): FailureCause {
  return code === 0 ? { code, reason } : { code, reason: 0 };
}

/** Counts equal ones. */
function createTally<Counted extends FailureCount>() {
  const found = new Map<string, Counted>();
  return {
    add(one: Omit<Counted, "count">): void {
      const key = JSON.stringify(one);
      found.set(key, { ...one, count: (found.get(key)?.count ?? 0) + 1 } as Counted);
    },
    /** Most frequent first. */
    list: (): Counted[] => [...found.values()].sort((a, b) => b.count - a.count || a.code - b.code),
  };
}
