import { accept, type Refused, type Result } from "../../core/refusal.ts";
import type { Action } from "../../store/index.ts";
import type { ActionPreview } from "../action-preview.ts";
import type { FoundCampaign } from "../find.ts";
import { summed } from "./retry.ts";

/** What a bulk action would be about in each campaign of a pool. */
export interface ChildPreview {
  readonly child: FoundCampaign;
  readonly preview: ActionPreview;
}

/** One after another. One that sends nothing any more keeps the others from nothing. */
export async function previewChildren(
  { children = [] }: FoundCampaign,
  preview: (child: FoundCampaign) => Promise<Result<ActionPreview>>,
): Promise<Result<readonly ChildPreview[]>> {
  const all: ChildPreview[] = [];
  let over: Refused | undefined;
  for (const child of children) {
    const found = await preview(child);
    if (found.ok) all.push({ child, preview: found.value });
    else if (child.campaign.closed) over ??= found;
    else return found;
  }
  return all.length === 0 && over !== undefined ? over : accept(all);
}

/** The sum of what it would be about. */
export function sumOfPreviews(id: string, all: readonly ChildPreview[]): ActionPreview | undefined {
  const previews = all.map(({ preview }) => preview);
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
  return all.reduce((sum, { preview }) => sum + preview.matching, 0);
}

/**
 * Begins an action in each campaign with a message that matches, and returns the first. Ends at one
 * that is refused: the others go on, and the same request takes up the rest.
 */
export async function beginInChildren(
  all: readonly ChildPreview[],
  begin: (child: ChildPreview) => Promise<Result<Action>>,
): Promise<Result<Action> | undefined> {
  let first: Result<Action> | undefined;
  for (const one of all) {
    const begun = await begin(one);
    if (!begun.ok) return begun;
    first ??= begun;
  }
  return first;
}
