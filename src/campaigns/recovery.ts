import type { Actor } from "../core/act.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { AcceptedRollback, ActLog, Difference } from "../store/index.ts";
import { audited } from "./audited.ts";
import type { Stores } from "./find.ts";

/** What a person decides after Redis went back in time, or when counters differ from rows. */
interface RecoveryDeps {
  readonly stores: Stores;
  readonly acts: Pick<ActLog, "begin" | "end">;
}

/**
 * Accepts every rollback that was noticed; sending continues. `rates`: what each number is
 * configured with here. By number: what of it may have been sent. Numbers without one are left out.
 */
export function acceptRollbacks(
  { stores, acts }: RecoveryDeps,
  rates: Readonly<Record<string, { readonly ratePerSecond: number }>>,
  by: Actor,
): Promise<Result<Readonly<Record<string, AcceptedRollback>>>> {
  return audited(
    acts,
    by,
    { what: "accept rollback" },
    async () => {
      const accepted: Record<string, AcceptedRollback> = {};
      for (const [number, store] of Object.entries(stores)) {
        const { ratePerSecond } = await store.pace.read();
        const fastest = Math.max(ratePerSecond ?? 0, rates[number]?.ratePerSecond ?? 0);
        const done = await store.rollback.accept(fastest);
        if (done !== undefined) accepted[number] = done;
      }
      return accept(accepted);
    },
    (numbers) => ({ details: { numbers: Object.keys(numbers).join(", ") } }),
  );
}

/** Numbers that also wait to be accepted, but are not in this configuration. */
export async function stoppedElsewhere(stores: Stores): Promise<readonly string[]> {
  const stopped = (await Object.values(stores)[0]?.rolledBackNumbers()) ?? [];
  return stopped.filter((number) => !Object.hasOwn(stores, number)).sort();
}

/**
 * Confirms that a Redis that was restarted misses nothing. Returns the numbers that waited for it;
 * refuses (`redis_went_back`) if a worker remembers more.
 */
export function confirmNothingLost(
  { stores, acts }: RecoveryDeps,
  by: Actor,
): Promise<Result<readonly string[]>> {
  return audited(
    acts,
    by,
    { what: "confirm nothing lost" },
    async () => {
      const confirmed: string[] = [];
      for (const [number, store] of Object.entries(stores)) {
        const done = await store.rollback.confirmStart();
        if (done === "confirmed") confirmed.push(number);
        if (done === "went_back") return refuseOlder(number);
      }
      return accept(confirmed);
    },
    (numbers) => ({ details: { numbers: numbers.join(", ") } }),
  );
}

function refuseOlder(number: string): Result<never> {
  return refuse(
    "redis_went_back",
    `A worker of number ${number} remembers claims that this Redis does not have: it is an older copy.`,
    "Restore the newer data, or continue with dropcast doctor --accept-rollback.",
  );
}

interface Recounted {
  readonly corrected: readonly Difference[];
  /** Campaigns whose rows moved meanwhile. */
  readonly busy: readonly string[];
}

/** Campaigns named in the line of the audit. */
const NAMED_MAX = 100;

/** Corrects the counters of every campaign that differ from its rows. */
export function recount({ stores, acts }: RecoveryDeps, by: Actor): Promise<Result<Recounted>> {
  return audited(
    acts,
    by,
    { what: "recount" },
    async () => {
      const corrected: Difference[] = [];
      const busy: string[] = [];
      for (const { audit, campaigns } of Object.values(stores)) {
        for await (const { id, status, rowsDeletedAt } of campaigns.all()) {
          if (status === "importing" || rowsDeletedAt !== null) continue;
          const result = await audit.correct(id);
          if (result.kind === "moved") busy.push(id);
          else corrected.push(...result.differences);
        }
      }
      return accept({ corrected, busy });
    },
    ({ corrected, busy }) => ({
      campaigns: [...new Set(corrected.map(({ campaign }) => campaign))].slice(0, NAMED_MAX),
      details: { counters: corrected.length, left: busy.length },
    }),
  );
}
