import type { Campaign, LiveCampaign, NumberStore } from "../store/index.ts";

/** A place in a list of campaigns, newest first: that of one of them. */
export type Cursor = Pick<Campaign, "id" | "createdAt">;

/** A part of the campaigns of all numbers, newest first. */
export interface Window {
  /** Of each store: those that have not ended. */
  readonly live: readonly (readonly LiveCampaign[])[];
  /** Of each store: those that have. */
  readonly ended: readonly (readonly Cursor[])[];
  /** The last place that was looked at; null: all the rest is in the window. */
  readonly end: Cursor | null;
}

/** Campaigns that are looked at, and those of them that are read. */
const LOOKED_AT = 2_000;
const LOOKED_AT_OF_ONE_MIN = 50;
const READ_MAX = 500;

/**
 * The newest campaigns after a place, or from the newest on, of which there may be any number: a
 * bounded part. It ends where nothing is known of some number any more, so none is left out.
 */
export async function readWindow(
  stores: readonly NumberStore[],
  after: Cursor | null,
): Promise<Window> {
  const max = Math.max(LOOKED_AT_OF_ONE_MIN, Math.ceil(LOOKED_AT / stores.length));
  const found = await Promise.all(stores.map((store) => store.campaigns.placesAfter(after, max)));
  const ends = found.flatMap((some) => (some.length < max ? [] : some.slice(-1)));
  const live = found.flat().filter(({ isLive }) => isLive);
  const last = live.sort(newestFirst)[READ_MAX - 1];
  if (live.length > READ_MAX && last !== undefined) ends.push(last);
  const [end = null] = ends.sort(newestFirst);
  const within = found.map((some) =>
    some.filter((one) => end === null || newestFirst(one, end) <= 0),
  );
  return {
    live: await Promise.all(
      stores.map(({ campaigns }, at) =>
        campaigns.liveOf((within[at] ?? []).filter((one) => one.isLive).map(({ id }) => id)),
      ),
    ),
    ended: within.map((some) => some.filter(({ isLive }) => !isLive)),
    end,
  };
}

/** Of the same millisecond the greater id. */
export function newestFirst(a: Cursor, b: Cursor): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}
