import { type NotRetried, noneLeft } from "../../core/failure.ts";
import { accept, type Result } from "../../core/refusal.ts";
import type { failureJson } from "../../export/campaign-json.ts";
import type { FoundCampaign } from "../find.ts";
import { askEach } from "./ask-each.ts";

type Cause = ReturnType<typeof failureJson>;

/** The result of one campaign (Retried). */
interface Retried {
  readonly id: string;
  readonly retried: number;
  readonly matching: number;
  readonly dryRun: boolean;
  readonly byCode: readonly Cause[];
  readonly left: Readonly<Record<NotRetried, number>>;
  readonly leftOut: readonly (Cause & { readonly why: NotRetried })[];
  readonly waiting: { readonly count: number; readonly firstAt: string } | null;
  readonly action: string | null;
}

/**
 * A retry of all campaigns of a pool, each as a bulk action of its own. If it ends at one that
 * refuses, a repeat takes up the rest.
 */
export async function retryOfPool(
  { campaign, children = [] }: FoundCampaign,
  act: (child: FoundCampaign) => Promise<Result<Retried>>,
): Promise<Result<Retried>> {
  // Nothing is noted of an attempt on a cancelled one, unless there is no other.
  const open = children.filter((child) => !child.campaign.closed);
  const asked = await askEach(
    (open.length > 0 ? open : children).map((child) => ({ child })),
    ({ child }) => act(child),
  );
  if (!asked.ok) return asked;
  const { answers, over } = asked.value;
  if (over !== undefined && answers.length === 0) return over;
  const all = answers.map(({ value }) => value);
  const left = { ...noneLeft() };
  for (const one of all) {
    for (const why of Object.keys(left) as (keyof typeof left)[]) left[why] += one.left[why];
  }
  const waits = all.flatMap(({ waiting }) => waiting ?? []);
  const firstAt = waits.map((one) => one.firstAt).sort()[0];
  const sum = (of: (one: Retried) => number) => all.reduce((total, one) => total + of(one), 0);
  return accept({
    id: campaign.id,
    retried: sum(({ retried }) => retried),
    matching: sum(({ matching }) => matching),
    dryRun: all.every(({ dryRun }) => dryRun),
    byCode: summed(all.flatMap(({ byCode }) => byCode)),
    left,
    leftOut: summed(all.flatMap(({ leftOut }) => leftOut)),
    waiting:
      firstAt === undefined
        ? null
        : { count: waits.reduce((total, one) => total + one.count, 0), firstAt },
    action: all.find(({ action }) => action !== null)?.action ?? null,
  });
}

/** The same causes once, most frequent first. */
export function summed<One extends { readonly count: number }>(all: readonly One[]): One[] {
  const sums = new Map<string, One>();
  for (const one of all) {
    const key = JSON.stringify({ ...one, count: 0 });
    sums.set(key, { ...one, count: one.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()].sort((a, b) => b.count - a.count);
}
