import { accept, type Result } from "../core/refusal.ts";
import {
  type CampaignPlace,
  type CampaignRow,
  type NumberStore,
  type PersonRows,
  withListRows,
} from "../store/index.ts";
import { type FoundCampaign, findCampaign, type Stores } from "./find.ts";

/** A message to the person. */
export interface FoundMessage extends FoundCampaign {
  readonly row: CampaignRow;
}

export interface PersonMessages {
  /** Of the newest campaign first. */
  readonly messages: readonly FoundMessage[];
  /** The campaign with which the next page begins; null: all campaigns were looked in. */
  readonly next: string | null;
  /** Campaigns older than the index of people, whose rows were read one by one. */
  readonly unindexed: number;
}

/** Campaigns that one page looks in: some 100 ms. */
const CAMPAIGNS_A_PAGE = 2_000;
/** Messages of a page, give or take those of its last campaign. */
const MESSAGES_A_PAGE = 100;
/** Rows that a page reads of campaigns without an index, about half a second. One is read whole. */
const ROWS_READ_A_PAGE = 200_000;

type Place = CampaignPlace & { readonly store: NumberStore };

/**
 * The messages to one person in the campaigns of all `stores`, a page at a time. `person` is the
 * digest (`store.people.person`), `from` the `next` of the page before; `campaignsMax` bounds how
 * many campaigns are looked in. Refuses a campaign in `from` that is gone (`no_such_campaign`).
 */
export async function messagesTo(
  stores: Stores,
  person: Buffer,
  from: string | null = null,
  campaignsMax = CAMPAIGNS_A_PAGE,
): Promise<Result<PersonMessages>> {
  const start = from === null ? null : await findCampaign(stores, from);
  if (start !== null && !start.ok) return start;
  const places = await newestPlaces(stores, start?.value.campaign ?? null, campaignsMax);
  const looked = places.slice(0, campaignsMax);
  const after = places[looked.length]?.id ?? null;
  return accept(await read(looked, after, person));
}

/** The newest campaigns over all numbers, from `first` on. */
async function newestPlaces(
  stores: Stores,
  first: { readonly id: string; readonly createdAt: number } | null,
  campaignsMax: number,
): Promise<Place[]> {
  const beforeMs = first?.createdAt ?? Number.POSITIVE_INFINITY;
  const each = await Promise.all(
    Object.values(stores).map(async (store) =>
      (await store.peopleIndex.campaigns(beforeMs, campaignsMax + 1)).map((place) => ({
        ...place,
        store,
      })),
    ),
  );
  const places = each.flat().sort((a, b) => b.createdAt - a.createdAt || compare(b.id, a.id));
  const at = first === null ? 0 : places.findIndex(({ id }) => id === first.id);
  return places.slice(Math.max(0, at));
}

async function read(
  places: readonly Place[],
  after: string | null,
  person: Buffer,
): Promise<PersonMessages> {
  const rowsOf = await readIndexes(places, person);
  const messages: FoundMessage[] = [];
  let unindexed = 0;
  let rowsRead = 0;
  for (const { id, store } of places) {
    const found = rowsOf.get(id);
    if (found === undefined || found.kind === "gone") continue;
    const isFull = messages.length >= MESSAGES_A_PAGE || rowsRead >= ROWS_READ_A_PAGE;
    if (isFull) return { messages, next: id, unindexed };
    if (found.kind === "unindexed") {
      unindexed++;
      rowsRead += found.rows;
    }
    const rows =
      found.kind === "indexed" ? found.rows : await readThrough(store, person, { ...found, id });
    messages.push(...(await messagesIn(store, { id, rows, person })));
  }
  return { messages, next: after, unindexed };
}

async function readIndexes(
  places: readonly Place[],
  person: Buffer,
): Promise<Map<string, PersonRows>> {
  const byStore = new Map<NumberStore, string[]>();
  for (const { id, store } of places) byStore.set(store, [...(byStore.get(store) ?? []), id]);
  const answers = await Promise.all(
    [...byStore].map(async ([store, ids]) => {
      const rows = await store.peopleIndex.rowsOf(person, ids);
      return ids.map((id, at) => [id, rows[at] ?? { kind: "gone" }] as const);
    }),
  );
  return new Map(answers.flat());
}

/** Rows that are the person's; those of a campaign without an index are found one by one. */
async function readThrough(
  store: NumberStore,
  person: Buffer,
  { id, rows }: { id: string; rows: number },
): Promise<number[]> {
  const found: number[] = [];
  for await (const people of store.people.ofCampaign(id, rows)) {
    for (const { row, phone } of people) {
      if (store.people.person(phone).equals(person)) found.push(row);
    }
  }
  return found;
}

async function messagesIn(
  store: NumberStore,
  { id, rows, person }: { id: string; rows: readonly number[]; person: Buffer },
): Promise<FoundMessage[]> {
  if (rows.length === 0) return [];
  const [campaign, ...read] = await Promise.all([
    store.campaigns.find(id),
    ...rows.map((row) => store.rows.one(id, row)),
  ]);
  if (campaign === undefined) return [];
  const own = read.flatMap((row) => {
    if (row === undefined || row.phone === "") return [];
    return store.people.person(row.phone).equals(person) ? [row] : [];
  });
  const found = await withListRows(store.pools, campaign, own);
  return found.map((row) => ({ campaign, store, row }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
