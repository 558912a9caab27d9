import type { Campaign, LiveCampaign, NumberStore } from "../store/index.ts";
import { localTime, type Place } from "../time/places.ts";
import { createSendTimes } from "../time/send-times.ts";

/** The opening a campaign waits for, because no window of its rows is open now. */
export interface WaitsFor {
  readonly opensAtMs: number;
  /** The place whose clock counts; several zones if it is not certain. Null: not stored. */
  readonly place: Place | null;
  /** How many people of the imported list it opens for; some may already have their message. */
  readonly people: number;
}

/** Due times of retries differ by about a second; an opening is a whole minute, or second. */
const SAME_MS = 1_500;

/** A shorter wait is a retry, and not reported. */
const REPORTED_FROM_MS = 60_000;

/**
 * Whether a campaign that has not ended waits for an opening. Nearly always what is known of it
 * already says so; else it is read in full.
 */
export async function isWaiting(store: NumberStore, campaign: LiveCampaign): Promise<boolean> {
  const { id, counts, next } = campaign;
  if (next === undefined || counts.pending === 0) return false;
  if (next.inMs === null || next.inMs <= 0) return false;
  if (next.inMs >= REPORTED_FROM_MS && !next.sendsAgain) return true;
  const whole = await store.campaigns.find(id);
  return whole !== undefined && (await readWaitsFor(store, whole)) !== null;
}

/** The opening a running campaign waits for; null: none. */
export async function readWaitsFor(
  store: Pick<NumberStore, "nextWork" | "furtherTries">,
  campaign: Pick<Campaign, "id" | "status" | "counts" | "hours">,
): Promise<WaitsFor | null> {
  const { id, status, counts, hours } = campaign;
  if (status !== "running" || hours === null || counts.pending === 0) return null;
  const [{ atMs, nowMs }, tries] = await Promise.all([store.nextWork(id), store.furtherTries(id)]);
  // All that is left waits for a further try, not for the window.
  if (tries.reduce((sum, { count }) => sum + count, 0) >= counts.pending) return null;
  if (atMs === null || atMs <= nowMs) return null;
  const times = createSendTimes(hours.window, -1);
  const { timezone } = hours.window;
  const openings = hours.places.map(([people, country, zones]) => {
    const place: Place = { country, zones: timezone === "recipient" ? zones : [timezone] };
    return { place, people, opensAtMs: times.opening(place, nowMs)?.fromMs ?? null };
  });
  const then = openings.filter(({ opensAtMs }) => Math.abs((opensAtMs ?? 0) - atMs) < SAME_MS);
  const [first] = then.sort((a, b) => b.people - a.people);
  if (first === undefined && atMs - nowMs < REPORTED_FROM_MS) return null;
  const people = then.reduce((sum, one) => sum + one.people, 0);
  return {
    opensAtMs: atMs,
    place: first?.place ?? null,
    people: Math.min(people, counts.pending),
  };
}

/** `Mon 09:00 Europe/Warsaw`: local time there. */
export function openingWords({ opensAtMs, place }: WaitsFor): string {
  const [zone = "UTC"] = place?.zones ?? [];
  return `${localTime(opensAtMs, zone)} ${zone}`;
}

export function waitsForJson(waits: WaitsFor | null) {
  if (waits === null) return null;
  const { opensAtMs, place, people } = waits;
  return { opensAt: new Date(opensAtMs).toISOString(), zones: place?.zones ?? [], people };
}
