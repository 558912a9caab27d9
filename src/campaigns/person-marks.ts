import type { PersonMarks } from "../store/index.ts";
import type { Stores } from "./find.ts";

/** What keeps messages from a person, over all these numbers; the latest time of each. */
export async function marksOf(stores: Stores, person: Buffer): Promise<PersonMarks> {
  const each = await Promise.all(Object.values(stores).map(({ optOuts }) => optOuts.about(person)));
  const undeliverable = each.flatMap(({ undeliverableAt }) => undeliverableAt ?? []);
  return {
    // The numbers' copies are those of one list.
    scope: each.find(({ scope }) => scope !== null)?.scope ?? null,
    undeliverableAt: undeliverable.length === 0 ? null : Math.max(...undeliverable),
  };
}
