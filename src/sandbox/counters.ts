import type { RequestEntry } from "./json-log.ts";

/** Counts since the start. `byStatus` and `byFault` count POSTs, including unsent answers. */
export interface PostStats {
  readonly posts: number;
  readonly accepted: number;
  readonly refused: number;
  readonly dropped: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byFault: Readonly<Record<string, number>>;
}

/** What the sandbox remembers about its requests. */
export interface Counters {
  /** The sequence number of a new POST, from 1. */
  nextSeq(): number;
  /** How many POSTs there have been. */
  posts(): number;
  /** Counts a POST from this number to this recipient and returns the count. */
  nextNth(number: string, to: string): number;
  /** Takes a token from the number's bucket; false if it is empty. */
  takeToken(number: string, ratePerSecond: number, nowMs: number): boolean;
  add(entry: RequestEntry): void;
  /** The newest accepted messages of a number, newest first. */
  recent(number: string): readonly RecentMessage[];
  stats(): PostStats;
}

interface RecentMessage {
  readonly id: string | null;
  readonly to: string | null;
  readonly template: string | null;
  /** RFC3339. */
  readonly created_at: string;
}

const RECENT_MAX = 100;

export function createCounters(): Counters {
  const posts = new Map<string, Map<string, number>>();
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const recent = new Map<string, RequestEntry[]>();
  const decisions = { accepted: 0, refused: 0, dropped: 0 };
  const byStatus: Record<string, number> = {};
  const byFault: Record<string, number> = {};
  let seq = 0;

  return {
    nextSeq: () => ++seq,
    posts: () => seq,
    nextNth(number, to) {
      const ofNumber = ofKey(posts, number, () => new Map<string, number>());
      const nth = (ofNumber.get(to) ?? 0) + 1;
      ofNumber.set(to, nth);
      return nth;
    },
    takeToken(number, ratePerSecond, nowMs) {
      const bucket = ofKey(buckets, number, () => ({ tokens: ratePerSecond, atMs: nowMs }));
      const earned = ((nowMs - bucket.atMs) * ratePerSecond) / 1_000;
      bucket.tokens = Math.min(Math.max(1, ratePerSecond), bucket.tokens + earned);
      bucket.atMs = nowMs;
      if (bucket.tokens < 1) return false;
      bucket.tokens--;
      return true;
    },
    add(entry) {
      decisions[entry.decision]++;
      byStatus[entry.httpStatus] = (byStatus[entry.httpStatus] ?? 0) + 1;
      byFault[entry.fault] = (byFault[entry.fault] ?? 0) + 1;
      if (entry.decision === "accepted" && entry.number !== null) {
        const entries = ofKey(recent, entry.number, () => []);
        entries.push(entry);
        // Trims half at a time: a shift per message would move a hundred entries each time.
        if (entries.length >= RECENT_MAX * 2) entries.splice(0, RECENT_MAX);
      }
    },
    recent: (number) => (recent.get(number) ?? []).slice(-RECENT_MAX).reverse().map(recentMessage),
    stats: () => ({
      posts: seq,
      ...decisions,
      byStatus: { ...byStatus },
      byFault: { ...byFault },
    }),
  };
}

function recentMessage(entry: RequestEntry): RecentMessage {
  return {
    id: entry.wamid,
    to: entry.to,
    template: entry.template,
    created_at: new Date(entry.at).toISOString(),
  };
}

function ofKey<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
