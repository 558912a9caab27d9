import { type Campaign, numberRate, type PaceNow } from "../../store/index.ts";

/** The pace of one number, and what it sends for the pool. */
interface NumberPace {
  readonly number: string;
  readonly campaign: Campaign | undefined;
  readonly pace: PaceNow;
}

/**
 * How fast the numbers of a pool may send together. Only those that still send count, each once.
 * They back off together if all of them do.
 */
export function sumOfPaces(all: readonly NumberPace[]): PaceNow | undefined {
  const running = all.filter(({ campaign }) => campaign?.status === "running");
  const open = all.filter(({ campaign }) => campaign?.finishedAt === null);
  const counted = [running, open, all].find((some) => some.length > 0) ?? [];
  const paces = [...new Map(counted.map(({ number, pace }) => [number, pace])).values()];
  const [first] = paces;
  if (first === undefined) return undefined;
  const holds = paces.flatMap((pace) => pace.holdUntilMs ?? []);
  const holdUntilMs = holds.length < paces.length ? null : Math.min(...holds);
  const rates = paces.map((pace) => numberRate(pace, null));
  if (rates.includes(null)) return { ...first, holdUntilMs };
  const sum = rates.reduce<number>((total, rate) => total + (rate ?? 0), 0);
  const now = paces.reduce(
    (total, { slowed }, at) => total + (rates[at] ?? 0) * (slowed?.share ?? 1),
    0,
  );
  const untilMs = Math.max(0, ...paces.map(({ slowed }) => slowed?.untilMs ?? 0));
  return {
    ...{ ...first, holdUntilMs, ratePerSecond: null },
    configured: { lowest: sum, highest: sum },
    slowed: now < sum ? { share: now / sum, untilMs } : null,
  };
}
