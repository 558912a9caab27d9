import type { Actor, RemovalReason } from "../core/act.ts";
import type { Scope } from "../core/category.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { ActLog, Suppressions } from "../store/index.ts";
import { audited } from "./audited.ts";

/** Who changes which list, and where that is noted. */
export interface OptOutAct {
  readonly suppressions: Pick<Suppressions, "add" | "remove">;
  readonly acts: Pick<ActLog, "begin" | "end">;
  readonly by: Actor;
}

/** People who were added, and those on the list already. */
interface AddedOptOuts {
  readonly added: number;
  readonly unchanged: number;
}

/** People who were removed, and those who were not on the list. */
interface RemovedOptOuts {
  readonly removed: number;
  readonly absent: number;
}

/** When it resolves, no number sends them a message any more. Phones are digits. */
export function addToList(
  { suppressions, acts, by }: OptOutAct,
  given: { readonly phones: readonly string[]; readonly scope: Scope; readonly source: string },
): Promise<Result<AddedOptOuts>> {
  const { phones, scope, source } = given;
  const details = { scope, people: phones.length };
  const own = { scope, source, atMs: null, origin: "hand", who: by.who } as const;
  return audited(acts, by, { what: "suppress add", details }, async () => {
    const entries = phones.map((phone) => ({ phone, ...own }));
    const { changes, problem } = await suppressions.add(entries);
    if (problem !== undefined) return problem;
    const added = changes.filter(({ before, now }) => before !== now).length;
    return accept({ added, unchanged: changes.length - added });
  });
}

/**
 * They may be messaged again: by later campaigns, and by messages that wait. Messages that were
 * kept back stay so.
 */
export function removeFromList(
  { suppressions, acts, by }: OptOutAct,
  given: { readonly phones: readonly string[]; readonly reason: RemovalReason | null },
): Promise<Result<RemovedOptOuts>> {
  const { phones, reason } = given;
  const details = { people: phones.length, ...(reason === null ? {} : { reason }) };
  return audited(acts, by, { what: "suppress remove", details }, async () => {
    const changes = await suppressions.remove(phones);
    const removed = changes.filter(({ before }) => before !== null).length;
    return accept({ removed, absent: changes.length - removed });
  });
}
