import { accept, type Refused, type Result } from "../../core/refusal.ts";
import type { FoundCampaign } from "../find.ts";

/** A campaign of a pool, and what it answered. */
export interface Answered<T> {
  readonly child: FoundCampaign;
  readonly value: T;
}

interface Answers<T> {
  readonly answers: readonly Answered<T>[];
  /** Why a cancelled campaign refused; undefined: none did. */
  readonly over: Refused | undefined;
}

/**
 * Asks campaigns of a pool, one after another. One that is cancelled, also in the meantime, sends
 * nothing any more, and keeps the others from nothing. Ends at any other refusal; what was begun
 * before goes on.
 */
export async function askEach<One extends { readonly child: FoundCampaign }, T>(
  all: readonly One[],
  ask: (one: One) => Promise<Result<T>>,
): Promise<Result<Answers<T>>> {
  const answers: Answered<T>[] = [];
  let over: Refused | undefined;
  for (const one of all) {
    const answer = await ask(one);
    if (answer.ok) answers.push({ child: one.child, value: answer.value });
    else if (isOver(one.child, answer)) over ??= answer;
    else return answer;
  }
  return accept({ answers, over });
}

function isOver({ campaign }: FoundCampaign, { refusal: { code } }: Refused): boolean {
  return code === "campaign_closed" || (code === "rows_deleted" && campaign.closed);
}
