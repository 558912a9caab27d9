import { count, counted } from "../core/format.ts";
import { rollbackWords, settlingWords, wentWords } from "../export/campaign-json.ts";
import { furtherTriesWords } from "../export/campaign-words.ts";
import { suspensionName } from "../export/number-words.ts";
import type { Campaign } from "../store/index.ts";
import { budgetWords } from "./budget.ts";
import {
  type Condition,
  type ConditionFacts,
  type ConditionKind,
  waiting,
} from "./condition-facts.ts";
import type { CampaignPace } from "./pace-now.ts";
import { pauseCondition } from "./pause-condition.ts";
import { movedWords } from "./pools/moved.ts";
import { at, type Said, say } from "./said.ts";
import { openingWords } from "./waits-for.ts";

/** What it does now, why, and what waits. Of several obstacles the one that lasts is named. */
export function conditionOf(facts: ConditionFacts): Condition {
  const { campaign } = facts;
  switch (campaign.status) {
    case "importing":
      return {
        kind: "importing",
        words: say`Its list is being imported: ${counted(campaign.rows, "row")} so far. Nothing is sent before all of it is stored.`,
        advice: "If the import was interrupted, the same file continues it; cancel drops it.",
      };
    case "rejected":
      return {
        kind: "rejected",
        words: say`The list was refused, and nothing was sent: ${ended(campaign.reason)}`,
        advice: "Correct the list, and send it again.",
      };
    case "cancelled":
      return cancelled(facts);
    case "finished":
      return campaign.closed && campaign.counts.expired > 0
        ? expired(campaign)
        : finished(campaign);
    case "scheduled":
      return scheduled(facts);
    case "paused":
      return pauseCondition(facts);
    case "running":
      return running(facts);
  }
}

function cancelled({ campaign, moved }: ConditionFacts): Condition {
  const { counts, finishedAt } = campaign;
  const tried = triedMessages(counts);
  const left = Math.max(0, counts.cancelled - (moved?.rows ?? 0));
  const given = moved === undefined ? [] : [movedWords(moved)];
  const isSaid = moved !== undefined && (moved.rows === null || left === 0);
  const nothing = isSaid ? [] : [getNothing(left)];
  return {
    kind: "cancelled",
    words: say`Cancelled${when(finishedAt)}: ${[...given, ...nothing].join("; ")}; ${tried === 0 ? "nothing was sent" : `${counted(tried, "message")} had been tried`}${stillOpen(counts)}.`,
    advice: null,
  };
}

function expired({ counts, finishedAt }: Campaign): Condition {
  return {
    kind: "expired",
    words: say`Ended${when(finishedAt)} by its end time: ${getNothing(counts.expired)}; ${counted(triedMessages(counts), "message")} had been tried${stillOpen(counts)}.`,
    advice: null,
  };
}

function finished(campaign: Campaign): Condition {
  const { counts, finishedAt, startedAt } = campaign;
  const open = openMessages(counts);
  const tried = triedMessages(counts);
  if (tried === 0) {
    return {
      kind: "finished",
      words: say`Finished${when(finishedAt ?? startedAt)}: no row of the list could be sent.`,
      advice: "See below why rows were left out.",
    };
  }
  if (open === 0) {
    const reached = counts.delivered + counts.read;
    return {
      kind: "finished",
      words: say`Finished${when(finishedAt)}: ${reached} of ${people(tried)} reached, ${counts.failed} failed.`,
      advice: null,
    };
  }
  return {
    kind: "finished",
    words: say`Everything is handed over${since(finishedAt)}; ${counted(open, "message")} without a final outcome${counts.unknown === 0 ? "" : `, ${count(counts.unknown)} of them unknown`}.`,
    advice:
      counts.unknown === 0 ? "Outcomes arrive by themselves; nothing needs to be pressed." : null,
  };
}

function scheduled({ campaign, suspension, unsafe, rollback }: ConditionFacts): Condition {
  const { startAt, delegatedTo, counts, number } = campaign;
  const some = people(counts.pending);
  const start = startAt === null ? say`soon` : say`at ${at(startAt)}`;
  const delegated = delegatedTo === null ? say`` : say` LiveChat sends them at ${at(delegatedTo)}.`;
  const obstacle =
    suspension !== undefined
      ? `Number ${number} is suspended (${suspensionName(suspension)}): the campaign would pause at its start.`
      : unsafe !== undefined
        ? `Redis is not safe, so nothing would be sent: ${unsafe}`
        : rollback !== undefined
          ? rollbackWords(number, rollback)
          : null;
  return {
    kind: "scheduled",
    words: say`Starts ${start}: ${some} ${counts.pending === 1 ? "waits" : "wait"} until then.${delegated}`,
    advice: obstacle,
  };
}

function running(facts: ConditionFacts): Condition {
  const { campaign, unsafe, rollback, isSettling, stall, pace, budget, waitsFor, tries } = facts;
  const { counts, number } = campaign;
  const waits = waiting(campaign);
  if (counts.pending === 0) return lastMessages(campaign);
  if (unsafe !== undefined) {
    return stop("unsafe", say`Nothing is sent: Redis is not safe. ${waits}.`, unsafe);
  }
  if (rollback !== undefined) {
    const words = say`Nothing is sent since ${at(rollback.noticedAt)}: Redis ${wentWords(rollback)}, and a person must decide. ${waits}.`;
    return stop("rollback", words, rollbackWords(number, rollback));
  }
  if (isSettling) {
    return stop("settling", say`Nothing is sent for a moment. ${waits}.`, settlingWords(number));
  }
  if (stall !== undefined) {
    return stop(
      "no_worker",
      say`Nothing is sent: no worker of number ${number} is running. ${waits}.`,
      stall,
    );
  }
  if (pace.holdUntilMs !== null) {
    const why =
      pace.holdReason === "unreachable"
        ? "LiveChat's API cannot be reached, and nothing was sent"
        : "LiveChat says that it is too fast";
    return stop(
      "backoff",
      say`Waits until ${at(pace.holdUntilMs)}: number ${number} is backing off because ${why}. ${waits}.`,
      "It goes on by itself.",
    );
  }
  const trying = tries.reduce((sum, one) => sum + one.count, 0);
  if (trying >= counts.pending) {
    const first = Math.min(...tries.map(({ firstAt }) => firstAt));
    const words = tries.map(furtherTriesWords).join(", ");
    return stop("further_tries", say`${words}, the first at ${at(first)}. All others are done.`);
  }
  if (budget.waitsUntilMs !== null) {
    const of = budget.now === null ? "" : ` of portfolio ${budget.now.name}`;
    const used = budget.now === null ? "" : ` (${budgetWords(budget.now)})`;
    return stop(
      "budget",
      say`Waits until ${at(budget.waitsUntilMs)}: the daily limit of people${of} is used up${used}. ${waits}.`,
      "It goes on by itself when people drop out of the last 24 hours.",
    );
  }
  if (waitsFor !== null) {
    const some = waitsFor.people === 0 ? "" : `; it opens for ${people(waitsFor.people)} then`;
    return stop(
      "window",
      say`Waits until ${openingWords(waitsFor)}: its sending hours are closed${some}. ${waits}.`,
    );
  }
  return trialOrSending(facts);
}

function lastMessages({ counts, closed }: Campaign): Condition {
  const { sending } = counts;
  const last = counted(sending, "message");
  const are = sending === 1 ? "is" : "are";
  return {
    kind: "last_messages",
    words: closed
      ? say`Its end time has passed: ${last} on the way ${are} still being recorded.`
      : say`The last ${last} ${are} being handed over.`,
    advice: null,
  };
}

const TRIAL_NAMES = { canary: "canary", probe: "probe", first: "first rows" } as const;

function trialOrSending(facts: ConditionFacts): Condition {
  const { campaign, dueAtMs, sentPerSecond, rates } = facts;
  const { trial, counts } = campaign;
  const waits = waiting(campaign);
  if (trial !== null && trial.kind === "first") {
    return stop(
      "trial",
      say`Sends only the first ${trial.size}: ${trial.sent} handed over. Then it asks before the rest goes; ${waits}.`,
    );
  }
  if (trial !== null && trial.until === null) {
    return stop(
      "trial",
      say`Sends ${trial.size} as a ${TRIAL_NAMES[trial.kind]} first: ${trial.sent} handed over. ${waits}.`,
    );
  }
  if (trial !== null) {
    const by = trial.until === null ? say`` : say` by ${at(trial.until)}`;
    return stop(
      "trial",
      say`Waits for its ${TRIAL_NAMES[trial.kind]}: ${trial.delivered} of ${trial.size} delivered${trial.failed === 0 ? "" : `, ${count(trial.failed)} failed`}; ${trial.needed ?? 0} needed${by}. ${waits}.`,
    );
  }
  if (dueAtMs !== null) {
    return stop(
      "due_later",
      say`Waits until ${at(dueAtMs)}: its next messages are due then. ${waits}.`,
      "They were put off, for example because an earlier message to the same person has no outcome yet.",
    );
  }
  if (sentPerSecond === 0) {
    return stop(
      "idle",
      say`Running, but nothing was handed over in the last half minute. ${waits}.`,
      "Numbers and health, or `dropcast doctor`, says what stands still.",
    );
  }
  const speed = sentPerSecond ?? rates.nowPerSecond;
  const words = speed === null ? say`Sending` : say`Sending ${speedWords(speed)}`;
  const done = facts.doneAtMs === null ? say`; ${waits}` : say`; done about ${at(facts.doneAtMs)}`;
  return {
    kind: "sending",
    words: say`${words}${slowerWords(rates)}${done}.`,
    advice: counts.unknown === 0 ? null : `${counted(counts.unknown, "message")} unknown so far.`,
  };
}

/** Why it does not send at its full rate. */
function slowerWords({ slowed, ramp, fullPerSecond }: CampaignPace): string {
  if (slowed !== null) {
    return ` (${Math.floor(slowed.share * 100)} % of the rate, because LiveChat said "too fast")`;
  }
  if (ramp !== null && fullPerSecond !== null) {
    return `, growing to ${speedWords(fullPerSecond)}`;
  }
  return "";
}

/** `78 messages a second`, `30 messages a minute`. */
function speedWords(perSecond: number): string {
  if (perSecond < 1) return `${counted(Math.round(perSecond * 60), "message")} a minute`;
  const shown = perSecond < 10 ? Number(perSecond.toFixed(1)) : Math.round(perSecond);
  return `${counted(shown, "message")} a second`;
}

function stop(kind: ConditionKind, words: Said, advice: string | null = null): Condition {
  return { kind, words, advice };
}

/** Messages of which an attempt was made. */
function triedMessages(counts: Campaign["counts"]): number {
  const { sending, accepted, sent, delivered, read, failed, unknown } = counts;
  return sending + accepted + sent + delivered + read + failed + unknown;
}

function getNothing(some: number): string {
  return `${people(some)} ${some === 1 ? "gets" : "get"} nothing`;
}

/** Messages that may still change by themselves. */
function openMessages({ accepted, sent, unknown }: Campaign["counts"]): number {
  return accepted + sent + unknown;
}

function stillOpen(counts: Campaign["counts"]): string {
  const open = openMessages(counts) + counts.sending;
  return open === 0 ? "" : `, ${count(open)} of them without a final outcome`;
}

function people(some: number): string {
  return counted(some, "person", "people");
}

function when(ms: number | null): Said {
  return ms === null ? say`` : say` at ${at(ms)}`;
}

function since(ms: number | null): Said {
  return ms === null ? say`` : say` since ${at(ms)}`;
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
