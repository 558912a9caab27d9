import type { Redis } from "ioredis";
import type { State } from "../../src/core/message.ts";
import type { Campaign } from "../../src/store/campaigns/campaign.ts";
import { createCampaignList } from "../../src/store/campaigns/campaign-list.ts";
import { createCampaignReader } from "../../src/store/campaigns/campaign-reader.ts";
import { numberKeys } from "../../src/store/keys.ts";
import { createScriptRunner } from "../../src/store/scripts/runner.ts";
import { watchProgress } from "./progress.ts";

/**
 * Looks at the ledger of one number all through a run, as `show --json` does but without a process
 * for each look. Every look holds every campaign to what is true at every instant: its states add
 * up to its rows (O6), and what was delivered or read stays so (O7).
 */
export interface LedgerWatch {
  /** One look: every campaign, newest first. */
  campaigns(): Promise<Campaign[]>;
  /** Looks until it holds; throws when nothing moves any more. */
  until(holds: (campaigns: readonly Campaign[]) => boolean): Promise<void>;
  /** What went wrong, and how the campaigns stand. */
  asError(problem: string): Promise<Error>;
  /** What is on the wire: `campaign|row` of each attempt whose lease has not ended. */
  onWire(): Promise<Set<string>>;
  /** Rows that ever became unknown, and rows that are. */
  unknowns(): Promise<{ made: number; left: number }>;
  /** The ledger was put back to an earlier moment: what was delivered may be forgotten. */
  forget(): void;
  looks(): number;
  /** Ends the looking; what was seen and must never be. */
  stop(): Promise<string[]>;
}

const LOOK_EVERY_MS = 50;
const CAMPAIGNS_MAX = 10_000;
/** Looking at many campaigns must not take the processor from what is looked at. */
const LOOK_EACH_MS = 20;

export function watchLedger(input: { redis: Redis; number: string }): LedgerWatch {
  const { redis, number } = input;
  const reader = createCampaignReader(input);
  const newest = createCampaignList({
    ...{ ...input, find: reader.find, run: createScriptRunner(redis, number) },
  });
  // Every one: a run at full volume makes more than a page of them.
  const list = () => newest.list({ max: CAMPAIGNS_MAX });
  const problems = new Set<string>();
  const delivered = new Map<string, number>();
  let looks = 0;
  let forgets = 0;
  let stopped = false;

  /** `was`: as looks that had ended before this one began saw it; two of them may overlap. */
  function judge({ id, rows, counts }: Campaign, was: number): void {
    const sum = Object.values(counts).reduce((total, count) => total + count, 0);
    if (sum !== rows) problems.add(`${id}: ${sum} states for ${rows} rows`);
    if (Object.values(counts).some((count) => count < 0)) problems.add(`${id}: a negative count`);
    const is = counts.delivered + counts.read;
    if (is < was) problems.add(`${id}: ${was} were delivered or read, and then ${is}`);
    delivered.set(id, Math.max(is, delivered.get(id) ?? 0));
  }

  async function campaigns(): Promise<Campaign[]> {
    const [before, known] = [forgets, new Map(delivered)];
    const found = await list();
    // A look that began before the ledger was put back says nothing about it.
    if (before === forgets) for (const one of found) judge(one, known.get(one.id) ?? 0);
    looks++;
    return found;
  }

  async function keepLooking(): Promise<void> {
    while (!stopped) {
      // While Redis is away the commands fail or wait; what it says afterwards is what counts.
      const found = await campaigns().catch(() => []);
      await pause(LOOK_EVERY_MS + found.length * LOOK_EACH_MS);
    }
  }

  const looking = keepLooking();
  return {
    campaigns,
    async until(holds) {
      const progress = watchProgress();
      for (;;) {
        const found = await campaigns();
        if (holds(found)) return;
        const state = found.map(({ id, status, counts }) => [id, status, counts]);
        if (progress.isStuck(state)) throw asError("nothing moves any more", found);
        await pause(LOOK_EVERY_MS);
      }
    },
    asError: async (problem) => asError(problem, await campaigns()),
    async onWire() {
      const refs = await redis.zrangeBuffer(numberKeys(number).leases, "0", "-1");
      return new Set(refs.map((ref) => ref.toString("latin1").split("|", 2).join("|")));
    },
    async unknowns() {
      const found = await list();
      const moves = await Promise.all(found.map(({ id }) => reader.timeline(id)));
      const made = moves.flat().filter(({ state }) => state === "unknown");
      return {
        made: made.reduce((total, { count }) => total + count, 0),
        left: found.reduce((total, { counts }) => total + counts.unknown, 0),
      };
    },
    forget() {
      delivered.clear();
      forgets++;
    },
    looks: () => looks,
    async stop() {
      stopped = true;
      await looking;
      return [...problems];
    },
  };
}

function asError(problem: string, campaigns: readonly Campaign[]): Error {
  return new Error(`${problem}: ${JSON.stringify(campaigns.map(inShort))}`);
}

function inShort({ id, status, reason, counts }: Campaign): unknown {
  const some = Object.entries(counts).filter(([, count]) => count > 0) as [State, number][];
  return { id, status, reason, ...Object.fromEntries(some) };
}

/** Between two looks. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
