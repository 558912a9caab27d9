import type { History, NumberStore, SeenFailure, SendSteps } from "../../store/index.ts";
import type { PoolChild } from "./pool-rows.ts";

/** The past of all campaigns of a pool as that of one. Each of them keeps a bounded part of it. */
export function poolHistory(children: readonly PoolChild[]): History & {
  readonly timeline: NumberStore["campaigns"]["timeline"];
} {
  const each = <T>(ask: (child: PoolChild) => Promise<T>): Promise<T[]> =>
    Promise.all(children.map(ask));

  return {
    sends: async () => sumOfSends(await each(({ id, store }) => store.history.sends(id))),
    // What holds one number back keeps no other: they are read with their campaigns.
    backoffs: async () => [],
    events: async () =>
      (await each(({ id, store }) => store.history.events(id)))
        .flat()
        .sort((a, b) => a.atMs - b.atMs),
    failures: async () =>
      firstAndLast((await each(({ id, store }) => store.history.failures(id))).flat()),
    async timeline() {
      const minutes = (await each(({ id, store }) => store.campaigns.timeline(id))).flat();
      const sums = new Map<string, (typeof minutes)[number]>();
      for (const one of minutes) {
        const key = `${one.atMs} ${one.state}`;
        sums.set(key, { ...one, count: one.count + (sums.get(key)?.count ?? 0) });
      }
      return [...sums.values()].sort((a, b) => a.atMs - b.atMs);
    },
  };
}

/** In steps of the longest: what each number sent in one, and was allowed to at its best. */
function sumOfSends(all: readonly (SendSteps | null)[]): SendSteps | null {
  const some = all.filter((one) => one !== null);
  if (some.length === 0) return null;
  const fromMs = Math.min(...some.map((one) => one.fromMs));
  const stepMs = Math.max(...some.map((one) => one.stepMs));
  const sums = new Map<number, { sent: number; allowed: number }>();
  for (const { steps } of some) {
    const allowed = new Map<number, number>();
    for (const step of steps) {
      const place = Math.floor((step.atMs - fromMs) / stepMs);
      const sum = sums.get(place) ?? { sent: 0, allowed: 0 };
      sums.set(place, { ...sum, sent: sum.sent + step.sent });
      allowed.set(place, Math.max(allowed.get(place) ?? 0, step.allowed));
    }
    for (const [place, own] of allowed) {
      const sum = sums.get(place) ?? { sent: 0, allowed: 0 };
      sums.set(place, { ...sum, allowed: sum.allowed + own });
    }
  }
  const steps = [...sums]
    .sort(([a], [b]) => a - b)
    .map(([place, sum]) => ({ atMs: fromMs + place * stepMs, ...sum }));
  return { fromMs, stepMs, steps };
}

function firstAndLast(all: readonly SeenFailure[]): SeenFailure[] {
  const found = new Map<string, SeenFailure>();
  for (const one of all) {
    const key = `${one.code} ${one.reason}`;
    const other = found.get(key) ?? one;
    found.set(key, {
      ...one,
      firstMs: Math.min(one.firstMs, other.firstMs),
      lastMs: Math.max(one.lastMs, other.lastMs),
    });
  }
  return [...found.values()];
}
