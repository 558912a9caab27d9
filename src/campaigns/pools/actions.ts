import { accept, type Result } from "../../core/refusal.ts";
import type { Action } from "../../store/index.ts";
import type { ActionPreview } from "../action-preview.ts";
import type { FoundCampaign } from "../find.ts";
import { type Answered, askEach } from "./ask-each.ts";
import { summed } from "./retry.ts";

/** What a bulk action would be about in a campaign of a pool. */
export type ChildPreview = Answered<ActionPreview>;

export async function previewChildren(
  { children = [] }: FoundCampaign,
  preview: (child: FoundCampaign) => Promise<Result<ActionPreview>>,
): Promise<Result<readonly ChildPreview[]>> {
  const all = children.map((child) => ({ child }));
  const asked = await askEach(all, ({ child }) => preview(child));
  if (!asked.ok) return asked;
  const { answers, over } = asked.value;
  return over !== undefined && answers.length === 0 ? over : accept(answers);
}

/** The sum of what it would be about. */
export function sumOfPreviews(id: string, all: readonly ChildPreview[]): ActionPreview | undefined {
  const previews = all.map(({ value }) => value);
  const [first] = previews;
  if (first === undefined) return undefined;
  const times = previews.flatMap(({ oldestAt }) => oldestAt ?? []).sort();
  const waits = previews.flatMap(({ waiting }) => waiting ?? []);
  const [firstAt] = waits.map((one) => one.firstAt).sort();
  return {
    ...{ ...first, campaign: id, matching: matchingOf(all), oldestAt: times[0] ?? null },
    byCause: summed(previews.flatMap(({ byCause }) => byCause)),
    leftOut: summed(previews.flatMap(({ leftOut }) => leftOut)),
    waiting:
      firstAt === undefined
        ? null
        : { count: waits.reduce((sum, { count }) => sum + count, 0), firstAt },
  };
}

export function matchingOf(all: readonly ChildPreview[]): number {
  return all.reduce((sum, { value }) => sum + value.matching, 0);
}

/**
 * Begins an action in each of these campaigns, and returns the first; undefined: there are none. If
 * it ends at one that refuses, the same request takes up the rest.
 */
export async function beginInChildren(
  all: readonly ChildPreview[],
  begin: (child: ChildPreview) => Promise<Result<Action>>,
): Promise<Result<Action> | undefined> {
  const asked = await askEach(all, begin);
  if (!asked.ok) return asked;
  const { answers, over } = asked.value;
  const [first] = answers;
  return first === undefined ? over : accept(first.value);
}
