import type { ActionWhat } from "../core/action.ts";
import { SKIPPED } from "../core/action.ts";
import { count, isoTime } from "../core/format.ts";
import type { Action } from "../store/index.ts";
import { actionWords, endWords, SKIPPED_WORDS, waitsForWorker } from "./action-words.ts";

/** An action as JSON. `total` = done + skipped + failed + left. */
export type ActionJson = ReturnType<typeof actionJson>;

export function actionJson(action: Action, nowMs: number) {
  const { id, campaign, name, what, by, state, end, total, expected } = action;
  const skipped = SKIPPED.map((why) => ({
    ...{ why, words: SKIPPED_WORDS[why], count: action.skipped[why] },
  })).filter((one) => one.count > 0);
  return {
    ...{ id, name, kind: what.kind, campaign, campaignName: action.campaignName },
    ...{ filter: filterJson(what), filterWords: actionWords(what) },
    ...{ who: by.who, via: by.via, state },
    end: end === null ? null : { code: end, words: endWords(end) },
    createdAt: isoTime(action.createdAt),
    endedAt: isoTime(action.endedAt),
    movedAt: isoTime(action.movedAt),
    waitsForWorker: waitsForWorker(action, nowMs),
    ...{ total, expected, difference: expected === null ? null : total - expected },
    done: action.done,
    skipped: skipped.reduce((sum, one) => sum + one.count, 0),
    skippedBy: skipped,
    failed: action.failed,
    left: action.left,
    leftOut: Object.entries(action.leftOut).map(([why, some]) => ({ why, count: some })),
  };
}

function filterJson(what: ActionWhat) {
  if (what.kind === "retry") {
    const { codes, reasons } = what;
    return { codes, reasons, all: codes.length + reasons.length === 0 };
  }
  const { decision, reasons, olderThanMs, rows } = what;
  const all = reasons.length === 0 && olderThanMs === null && rows === null;
  const olderThanMinutes = olderThanMs === null ? null : olderThanMs / 60_000;
  return { decision, reasons, olderThanMinutes, rows, all };
}

/** `1,204 sent again, 3 left out, 93 to go`: it adds up to the total. */
export function actionProgressWords(action: Action): string {
  const { what, done, failed, left, skipped, state } = action;
  const all = Object.values(skipped).reduce((sum, one) => sum + one, 0);
  const did = {
    retry: "sent again",
    resend: "sent again",
    sent: "marked as sent",
    failed: "marked as failed",
  };
  return [
    `${count(done)} ${did[what.kind === "retry" ? "retry" : what.decision]}`,
    ...(all === 0 ? [] : [`${count(all)} left out`]),
    ...(failed === 0 ? [] : [`${count(failed)} not reached`]),
    ...(left === 0 ? [] : [`${count(left)} ${state === "running" ? "to go" : "not reached"}`]),
  ].join(", ");
}
