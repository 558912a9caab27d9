import type { CampaignStatus } from "../../core/campaign.ts";
import { type Counts, STATE_NAMES, zeroCounts } from "../../core/message.ts";
import type { Campaign, Pool } from "../../store/index.ts";

/** What a pool's campaigns do together: the first of these that one of them does. */
const BUSIEST_FIRST: readonly CampaignStatus[] = [
  ...(["running", "paused", "scheduled", "importing"] as const),
  ...(["finished", "cancelled", "rejected"] as const),
];

const PARENT_STATUS: Partial<Record<Pool["status"], CampaignStatus>> = {
  importing: "importing",
  rejected: "rejected",
};

/** A pool as one campaign: the sums of its campaigns. A row is in one of them alone. */
export function sumOfPool(
  pool: Pool,
  own: readonly Campaign[],
  moved: readonly Campaign[] = [],
): Campaign {
  const children = [...own, ...moved];
  // A row that was moved is cancelled where it was, and counts where it is now.
  const movedRows = moved.reduce((sum, { rows }) => sum + rows, 0);
  const counts = sumCounts(children);
  const first = children[0];
  const status = statusOf(pool, children);
  const times = (of: (child: Campaign) => number | null) =>
    children.flatMap((child) => of(child) ?? []);
  const ended = times(({ finishedAt }) => finishedAt);
  const { definition } = pool;
  const { schedule } = definition;
  return {
    id: pool.id,
    number: pool.members.map(({ number }) => number).join(", "),
    name: pool.name,
    status,
    reason: reasonOf(pool, status, children),
    mode: first?.mode ?? "live",
    isTest: false,
    category: definition.category,
    guarantee: definition.delivery.guarantee,
    charged: sumByKey(children.map(({ charged }) => charged)),
    stopOn: first?.stopOn ?? definition.stopOn ?? NO_STOPS,
    pool: null,
    file: pool.file,
    rows: own.reduce((sum, { rows }) => sum + rows, 0),
    counts: { ...counts, cancelled: counts.cancelled - movedRows },
    closed: children.length > 0 && children.every(({ closed }) => closed),
    errors: sumErrors(children),
    ratePerSecond: rateOf(pool, children),
    ramp: null,
    budgetAtMs: Math.max(0, ...times(({ budgetAtMs }) => budgetAtMs)) || null,
    capped: {
      putOff: children.reduce((sum, { capped }) => sum + capped.putOff, 0),
      skipped: children.reduce((sum, { capped }) => sum + capped.skipped, 0),
      untilMs: Math.max(0, ...times(({ capped }) => capped.untilMs)) || null,
    },
    createdAt: pool.createdAt,
    startAt: schedule.startAtMs,
    delegatedTo: first?.delegatedTo ?? null,
    endBy: schedule.endByMs,
    hours: first?.hours ?? null,
    startedAt: Math.min(...times(({ startedAt }) => startedAt), Infinity) || null,
    pausedAt: status === "paused" ? Math.max(0, ...times(({ pausedAt }) => pausedAt)) : null,
    finishedAt: ended.length > 0 && ended.length === children.length ? Math.max(...ended) : null,
    awaitsApprovalOf:
      children.find((one) => one.awaitsApprovalOf !== null)?.awaitsApprovalOf ?? null,
    rowsDeletedAt: Math.max(0, ...times(({ rowsDeletedAt }) => rowsDeletedAt)) || null,
    trial: null,
  };
}

/** A person may have set it since (`rate`), for each number its part of it. */
function rateOf({ definition }: Pool, children: readonly Campaign[]): number | null {
  const open = children.filter(({ closed, finishedAt }) => !closed && finishedAt === null);
  if (open.length === 0) return definition.delivery.ratePerSecond;
  const rates = open.map(({ ratePerSecond }) => ratePerSecond);
  if (rates.includes(null)) return null;
  const sum = rates.reduce<number>((total, rate) => total + (rate ?? 0), 0);
  return Number(sum.toPrecision(4));
}

const NO_STOPS = { failureShare: null, sample: 50, sameCode: null, category: null };

function statusOf(pool: Pool, children: readonly Campaign[]): CampaignStatus {
  const own = PARENT_STATUS[pool.status];
  if (own !== undefined) return own;
  const found = BUSIEST_FIRST.find((status) => children.some((child) => child.status === status));
  return found ?? "cancelled";
}

function reasonOf(pool: Pool, status: CampaignStatus, children: readonly Campaign[]): string {
  if (status === "rejected") return pool.reason;
  return children.find((child) => child.status === status && child.reason !== "")?.reason ?? "";
}

function sumCounts(children: readonly Campaign[]): Counts {
  const sum = zeroCounts();
  for (const { counts } of children) for (const state of STATE_NAMES) sum[state] += counts[state];
  return sum;
}

function sumErrors(children: readonly Campaign[]): Campaign["errors"] {
  const sums = new Map<string, Campaign["errors"][number]>();
  for (const error of children.flatMap(({ errors }) => errors)) {
    const key = `${error.code}:${error.reason}`;
    sums.set(key, { ...error, count: error.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()].sort((a, b) => b.count - a.count || a.code - b.code);
}

function sumByKey(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, value] of all.flatMap((one) => Object.entries(one))) {
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}
