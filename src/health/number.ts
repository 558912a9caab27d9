import { budgetWords } from "../campaigns/budget.ts";
import { ratesDiffer } from "../campaigns/pace-now.ts";
import { counted, dateTime, duration } from "../core/format.ts";
import { REASONS } from "../core/reasons.ts";
import type { Timings } from "../core/timings.ts";
import { rollbackWords, settlingWords } from "../export/campaign-json.ts";
import {
  backoffWords,
  ratesDifferWords,
  slowedWords,
  suspensionWords,
} from "../export/number-words.ts";
import { type Ages, type LiveCampaign, oldOnes, type Suspension } from "../store/index.ts";
import type { Check } from "./check.ts";
import type { NumberFacts } from "./facts.ts";
import type { CheckCode } from "./runbook.ts";

type Waits = Pick<Timings, "sweepEveryMs" | "personBusyMs">;

/** What keeps a number from sending, and what has waited for too long. */
export function numberChecks(facts: NumberFacts, timings: Waits): Check[] {
  return [
    ...rollbackChecks(facts),
    ...suspensionChecks(facts),
    ...paceChecks(facts),
    ...budgetChecks(facts),
    ...ageChecks(facts, timings),
    ...eventChecks(facts),
  ];
}

function about({ number }: Pick<NumberFacts, "number">) {
  return { name: `Number ${number}`, number };
}

function rollbackChecks(facts: NumberFacts): Check[] {
  const { number, rollback, isSettling } = facts;
  const checks: Check[] = [];
  if (rollback !== undefined) {
    checks.push({
      ...{ ...about(facts), code: "rollback", verdict: "fail" },
      message: rollbackWords(number, rollback),
      sinceMs: rollback.noticedAt,
      fix:
        "First check for a restored backup, a failover, or a wrong DROPCAST_REDIS_URL: if the newer " +
        "data still exists, restore it instead",
    });
  }
  if (isSettling) {
    checks.push({
      ...{ ...about(facts), code: "restart_settling", verdict: "warn" },
      message: settlingWords(number),
      fix: "Start a worker with its own data folder; without one a person is asked",
    });
  }
  return checks;
}

function suspensionChecks(facts: NumberFacts): Check[] {
  const { number, suspension, live } = facts;
  if (suspension === undefined) return [];
  const lifts = liftingCampaign(suspension, live);
  return [
    {
      ...{ ...about(facts), code: "number_suspended", verdict: "fail" },
      message: suspensionWords(number, suspension),
      sinceMs: suspension.at,
      fix:
        suspension.reason === REASONS.counters_differ
          ? "dropcast doctor --recount corrects the counters and lifts the suspension; then resume what it paused"
          : `once the cause is corrected: dropcast resume ${suspension.campaign} (or another paused campaign of the number)`,
      ...(lifts === undefined ? {} : { resume: lifts }),
    },
  ];
}

/** The campaign whose resume lifts the suspension: the one that caused it, or another. */
function liftingCampaign(
  suspension: Suspension,
  live: readonly LiveCampaign[],
): Check["resume"] | undefined {
  if (suspension.reason === REASONS.counters_differ) return undefined;
  const paused = live.filter(({ status, closed }) => status === "paused" && !closed);
  const found = paused.find(({ id }) => id === suspension.campaign) ?? paused[0];
  return found && { campaign: found.id, pending: found.counts.pending };
}

function paceChecks(facts: NumberFacts): Check[] {
  const { number, pace } = facts;
  const checks: Check[] = [];
  if (pace.holdUntilMs !== null) {
    const fix =
      pace.holdReason === "unreachable"
        ? "Check DROPCAST_API_URL, the network and the firewall; sending continues by itself"
        : `Nothing to do; if it recurs, lower the rate: dropcast rate --number ${number} RATE`;
    const message = backoffWords(pace);
    checks.push({ ...about(facts), code: "backoff", verdict: "warn", message, fix });
  } else if (pace.slowed !== null) {
    const message = slowedWords(pace.slowed);
    checks.push({ ...about(facts), code: "backoff", verdict: "ok", message });
  }
  const rates = ratesDiffer(pace);
  if (rates !== null) {
    checks.push({
      ...{ ...about(facts), code: "rates_differ", verdict: "warn" },
      message: ratesDifferWords(number, rates),
      fix: `Give all workers the same rate, or set one for all: dropcast rate --number ${number} RATE`,
    });
  }
  return checks;
}

/** Whether the budget of people has room, and whether all who send count people for it. */
function budgetChecks(facts: NumberFacts): Check[] {
  return [...capsChecks(facts), ...peopleChecks(facts)];
}

function capsChecks({ pace, ...facts }: NumberFacts): Check[] {
  if (pace.caps === facts.caps || pace.caps === null) return [];
  return [
    {
      ...{ ...about(facts), code: "portfolio_differs", verdict: "warn" },
      message: `its workers count for the caps ${pace.caps}, this configuration for ${facts.caps ?? "none"}`,
      fix: "Give all processes the same caps and restart them: a worker with others sends nothing",
    },
  ];
}

function peopleChecks(facts: NumberFacts): Check[] {
  const { budget } = facts;
  const counts = facts.pace.portfolio;
  if ((budget?.name ?? null) !== counts && counts !== null) {
    const here = budget === null ? "for none" : `for ${budget.name}`;
    return [
      {
        ...{ ...about(facts), code: "portfolio_differs", verdict: "warn" },
        message: `its workers count people for portfolio ${counts}, this configuration ${here}`,
        fix: "Give all processes the same portfolios: a worker that does not count sends nothing",
      },
    ];
  }
  if (budget === null) return [];
  const own = { ...about(facts), code: "portfolio_budget" } as const;
  const message = `portfolio ${budget.name} wrote to ${budgetWords(budget)}`;
  if (budget.nextAtMs === null) return [{ ...own, verdict: "ok", message }];
  const fix =
    "Nothing to do: the others wait. If WhatsApp Manager shows a higher limit, raise portfolios." +
    `${budget.name}.dailyRecipients and restart the workers`;
  const full = `${message}: the next one may get a message at ${dateTime(budget.nextAtMs)}`;
  return [{ ...own, verdict: "warn", message: full, fix }];
}

const AGE_CODES: Readonly<Record<keyof Ages, CheckCode>> = {
  endedLease: "oldest_sending",
  dueBatch: "oldest_due",
  failedOutbox: "failed_outbox",
  unknown: "oldest_unknown",
};

const CHECK_WORKER = "Is a worker running? Check its log; then restart it";

function ageChecks(facts: NumberFacts, timings: Waits): Check[] {
  return oldOnes(facts.ages, timings).map(({ kind, what, ageMs }) => ({
    ...{ ...about(facts), code: AGE_CODES[kind], verdict: "warn" },
    message: `${what} has waited for ${duration(ageMs)}`,
    sinceMs: facts.pace.clock.wallMs - ageMs,
    fix: kind === "unknown" ? "Decide it: dropcast resolve, or on its page" : CHECK_WORKER,
  }));
}

function eventChecks(facts: NumberFacts): Check[] {
  const { orphans, lastWebhookAt } = facts.stats;
  const last =
    lastWebhookAt === null
      ? "no webhook has come yet"
      : `last webhook at ${dateTime(lastWebhookAt)}`;
  return [
    ...(orphans === 0
      ? []
      : [
          {
            ...({ ...about(facts), code: "unmatched_events", verdict: "ok" } as const),
            message: `${counted(orphans, "status event")} matched none of our messages; those of agents' own messages are among them`,
          },
        ]),
    { ...about(facts), code: "webhooks_last", verdict: "ok", message: last },
  ];
}
