import { budgetWords, readBudget } from "../campaigns/budget.ts";
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
import { type NumberStore, oldOnes } from "../store/index.ts";
import type { Check } from "./check.ts";

/** What keeps a number from sending, and what has waited for too long. */
export async function checkNumber(store: NumberStore, timings: Timings): Promise<Check[]> {
  const { number } = store;
  const name = `Number ${number}`;
  const [rollback, halt, stats, pace] = await Promise.all([
    store.rollback.read(),
    store.campaigns.halt(),
    store.campaigns.stats(),
    store.pace.read(),
  ]);
  const checks: Check[] = [];
  if (rollback !== undefined) {
    const message = rollbackWords(number, rollback);
    const fix =
      "First check for a restored backup, a failover, or a wrong DROPCAST_REDIS_URL: if the newer " +
      "data still exists, restore it instead";
    checks.push({ name, verdict: "fail", message, fix });
  }
  if (await store.rollback.isSettling()) {
    const fix = "Start a worker with its own data folder; without one a person is asked";
    checks.push({ name, verdict: "warn", message: settlingWords(number), fix });
  }
  if (halt !== undefined) {
    const fix =
      halt.reason === REASONS.counters_differ
        ? "dropcast doctor --recount corrects the counters and lifts the suspension; then resume what it paused"
        : `once the cause is corrected: dropcast resume ${halt.campaign} (or another paused campaign of the number)`;
    checks.push({ name, verdict: "fail", message: suspensionWords(number, halt), fix });
  }
  if (pace.holdUntilMs !== null) {
    const message = backoffWords(pace);
    const fix =
      pace.holdReason === "unreachable"
        ? "Check DROPCAST_API_URL, the network and the firewall; sending continues by itself"
        : `Nothing to do; if it recurs, lower the rate: dropcast rate --number ${number} RATE`;
    checks.push({ name, verdict: "warn", message, fix });
  } else if (pace.slowed !== null) {
    checks.push({ name, verdict: "ok", message: slowedWords(pace.slowed) });
  }
  checks.push(...(await budgetChecks(store, pace.portfolio)));
  const rates = ratesDiffer(pace);
  if (rates !== null) {
    const message = ratesDifferWords(number, rates);
    const fix = `Give all workers the same rate, or set one for all: dropcast rate --number ${number} RATE`;
    checks.push({ name, verdict: "warn", message, fix });
  }
  for (const { what, ageMs } of oldOnes(await store.ages(), timings)) {
    const message = `${what} has waited for ${duration(ageMs)}`;
    const fix = "Is a worker running? Check its log; decide unknown ones with dropcast resolve";
    checks.push({ name, verdict: "warn", message, fix });
  }
  if (stats.orphans > 0) {
    const message = `${counted(stats.orphans, "status event")} matched none of our messages; those of agents' own messages are among them`;
    checks.push({ name, verdict: "ok", message });
  }
  const { lastWebhookAt } = stats;
  const message =
    lastWebhookAt === null
      ? "no webhook has come yet"
      : `last webhook at ${dateTime(lastWebhookAt)}`;
  checks.push({ name, verdict: "ok", message });
  return checks;
}

/** Whether the budget of people has room, and whether all who send count people for it. */
async function budgetChecks(store: NumberStore, counted: string | null): Promise<Check[]> {
  const name = `Number ${store.number}`;
  const now = await readBudget(store);
  if ((now?.name ?? null) !== counted && counted !== null) {
    const message = `its workers count people for portfolio ${counted}, this configuration ${now === null ? "for none" : `for ${now.name}`}`;
    const fix =
      "Give all processes the same portfolios: a worker that does not count sends nothing";
    return [{ name, verdict: "warn", message, fix }];
  }
  if (now === null) return [];
  const message = `portfolio ${now.name} wrote to ${budgetWords(now)}`;
  if (now.nextAtMs === null) return [{ name, verdict: "ok", message }];
  const fix =
    "Nothing to do: the others wait. If WhatsApp Manager shows a higher limit, raise portfolios." +
    `${now.name}.dailyRecipients and restart the workers`;
  const full = `${message}: the next one may get a message at ${dateTime(now.nextAtMs)}`;
  return [{ name, verdict: "warn", message: full, fix }];
}
