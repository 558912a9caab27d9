import type { Actor } from "../core/act.ts";
import type { ActionWhat, ResolveWhat, RetryWhat } from "../core/action.ts";
import { failureReasons } from "../core/failure.ts";
import { isoTime } from "../core/format.ts";
import { reasonName } from "../core/reasons.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { Action, SelectedUnknown } from "../store/index.ts";
import type { ActionPreview } from "./action-preview.ts";
import { actionName, actionWords, leftOutWords, unknownReasonWords } from "./action-words.ts";
import {
  type ActionRequest,
  actionDetails,
  type ChosenMessages,
  findRequest,
  refuseNothing,
  refuseUnconfirmed,
  startAction,
} from "./actions.ts";
import { audited } from "./audited.ts";
import type { FoundCampaign } from "./find.ts";
import {
  beginInChildren,
  type ChildPreview,
  matchingOf,
  previewChildren,
  sumOfPreviews,
} from "./pools/actions.ts";
import { refuseOfPool } from "./refusals.ts";
import { chooseUnknown, unknownMessages } from "./resolve.ts";
import { chooseFailed, failedMessages, previewRetry } from "./retry.ts";

export async function previewAction(
  found: FoundCampaign,
  what: ActionWhat,
): Promise<Result<ActionPreview>> {
  const { id, name } = found.campaign;
  if (found.pool !== undefined) {
    const all = await previewPool(found, what);
    if (!all.ok) return all;
    const sum = sumOfPreviews(id, all.value);
    return sum === undefined ? refuseNothing(id) : accept(sum);
  }
  const common = { campaign: id, kind: what.kind, filterWords: actionWords(what) };
  const named = { ...common, name: actionName(what, name) };
  if (what.kind === "resolve") {
    const chosen = await chooseUnknown(found, what);
    if (!chosen.ok) return chosen;
    const { total, oldestAt } = chosen.value;
    return accept({
      ...{ ...named, matching: total, byCause: unknownCauses(chosen.value), leftOut: [] },
      ...{ oldestAt: isoTime(oldestAt), waiting: null },
    });
  }
  const filter = retryFilter(what);
  if (!filter.ok) return filter;
  const preview = await previewRetry(found, filter.value);
  if (!preview.ok) return preview;
  const { matching, byCode, left, waiting } = preview.value;
  return accept({
    ...{ ...named, matching, byCause: byCode, oldestAt: null, waiting },
    leftOut: Object.entries(left)
      .filter(([, count]) => count > 0)
      .map(([why, count]) => ({ why, words: leftOutWords(why), count })),
  });
}

/** Unknown messages by why they are unknown. */
export function unknownCauses({
  byReason,
}: Pick<SelectedUnknown, "byReason">): ActionPreview["byCause"] {
  return byReason.map(({ reason, count }) => {
    const name = reasonName(reason);
    return { code: 0, reason: name ?? null, title: unknownReasonWords(name), count };
  });
}

/**
 * Begins a bulk action and returns at once: a worker takes its steps. Refusals:
 * `action_nothing_matches`, `actions_too_many`, those of a retry or a decision, and for `resend`
 * `action_not_confirmed` unless `confirm` is exactly how many people may get it twice.
 */
export async function beginAction(
  found: FoundCampaign,
  request: ActionRequest & { readonly confirm?: number | null | undefined },
  by: Actor,
): Promise<Result<Action>> {
  const { what } = request;
  if (found.pool !== undefined) return beginInPool(found, request, by);
  // Its messages may be done by now: a repeated request would find none.
  const { known } = await findRequest(found, request);
  if (known !== null) return accept(known);
  return audited(
    found.store.acts,
    by,
    { what: what.kind, campaigns: [found.campaign.id], details: actionDetails(what) },
    async () => {
      const chosen = await chooseMessages(found, what);
      if (!chosen.ok) return chosen;
      const { total } = chosen.value;
      if (total === 0) return refuseNothing(found.campaign.id);
      const isRisky = what.kind === "resolve" && what.decision === "resend";
      if (isRisky && request.confirm !== total) return refuseUnconfirmed(total);
      return startAction(found, request, chosen.value, by);
    },
    ({ id, total }) => ({ details: { action: id, messages: total } }),
  );
}

function previewPool(found: FoundCampaign, what: ActionWhat) {
  if (what.kind === "resolve" && what.rows !== null) {
    return Promise.resolve(refuseOfPool(found, "A decision about ranges of rows"));
  }
  return previewChildren(found, (child) => previewAction(child, what));
}

/** An action for each number; `expected` and `confirm` are about all of them together. */
async function beginInPool(
  found: FoundCampaign,
  request: Parameters<typeof beginAction>[1],
  by: Actor,
): Promise<Result<Action>> {
  const { what, expected = null, confirm } = request;
  const all = await previewPool(found, what);
  if (!all.ok) return all;
  const known: Action[] = [];
  const rest: ChildPreview[] = [];
  for (const one of all.value) {
    const before = await findRequest(one.child, request);
    if (before.known !== null) known.push(before.known);
    else if (one.value.matching > 0) rest.push(one);
  }
  const [repeated] = known;
  const done = repeated === undefined ? refuseNothing(found.campaign.id) : accept(repeated);
  const total = matchingOf(rest) + known.reduce((sum, one) => sum + one.total, 0);
  const isRisky = what.kind === "resolve" && what.decision === "resend";
  if (isRisky && rest.length > 0 && confirm !== total) {
    return repeated === undefined ? refuseUnconfirmed(total) : done;
  }
  // The first one says by how many messages all of them differ.
  let more = expected === null ? 0 : total - expected;
  const begun = await beginInChildren(rest, async ({ child, value: { matching } }) => {
    const own = { ...request, expected: expected === null ? null : matching - more };
    const one = await beginAction(child, { ...own, confirm: matching }, by);
    if (one.ok) more = 0;
    return one;
  });
  return repeated === undefined || begun?.ok === false ? (begun ?? done) : done;
}

async function chooseMessages(
  found: FoundCampaign,
  what: RetryWhat | ResolveWhat,
): Promise<Result<ChosenMessages>> {
  if (what.kind === "resolve") {
    const chosen = await chooseUnknown(found, what);
    return chosen.ok ? accept(unknownMessages(chosen.value)) : chosen;
  }
  const filter = retryFilter(what);
  if (!filter.ok) return filter;
  const chosen = await chooseFailed(found, filter.value);
  return chosen.ok ? accept(failedMessages(chosen.value)) : chosen;
}

function retryFilter({ codes, reasons }: RetryWhat) {
  const known = failureReasons(reasons);
  return known.ok ? accept({ codes: new Set(codes), reasons: known.value }) : known;
}
