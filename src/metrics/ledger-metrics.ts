import { Gauge, Registry } from "prom-client";
import { STATE_NAMES } from "../core/message.ts";
import { type Campaign, type NumberStore, numberRate } from "../store/index.ts";
import { type Deployment, DURABILITIES } from "./deployment.ts";

/** Limits on the series by campaign, so that a scrape stays small. */
const SHOWN_AFTER_END_MS = 24 * 3600 * 1000;
const SHOWN_ENDED_MAX = 50;
const SHOWN_LIVE_MAX = 100;

const LIVE_STATUSES = ["importing", "scheduled", "running", "paused"] as const;
const ROLES = ["producer", "worker", "webhooks", "dashboard"] as const;

/** Metrics of what Redis holds. `read` rejects if Redis does not answer. */
export function createLedgerMetrics(
  stores: Readonly<Record<string, NumberStore>>,
  deployment: Deployment | undefined,
): { read(): Promise<string> } {
  const registry = new Registry();
  const gauges = createGauges(registry);

  async function fill(): Promise<void> {
    registry.resetMetrics();
    await Promise.all([
      ...Object.values(stores).flatMap((store) => [
        fillCampaigns(gauges, store),
        fillPace(gauges, store),
        fillAges(gauges, store),
        fillWebhooks(gauges, store),
        fillEndpoints(gauges, store),
      ]),
      ...(deployment === undefined ? [] : [fillDeployment(gauges, deployment, stores)]),
    ]);
  }

  return {
    async read() {
      await fill();
      return registry.metrics();
    },
  };
}

type Gauges = ReturnType<typeof createGauges>;

function createGauges(registry: Registry) {
  const gauge = <const Labels extends string>(name: string, labelNames: Labels[], help: string) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    messages: gauge(
      "dropcast_messages",
      ["number", "campaign", "state"],
      "Rows of the 100 newest live campaigns, and of those that ended within a day, by state.",
    ),
    numberMessages: gauge(
      "dropcast_number_messages",
      ["number", "state"],
      "Rows of all campaigns that are live or ended within a day (50 at most), by state.",
    ),
    campaigns: gauge(
      "dropcast_campaigns",
      ["number", "status"],
      "Campaigns that have not ended, by status.",
    ),
    due: gauge(
      "dropcast_messages_due",
      ["number"],
      "Messages of running campaigns that are due now, in whole batches of 100 rows.",
    ),
    halted: gauge(
      "dropcast_number_halted",
      ["number"],
      "1 while a number is suspended until an operator acts (account error, rollback of Redis).",
    ),
    rollback: gauge(
      "dropcast_rollback_noticed",
      ["number"],
      "1 while Redis is known to have gone back in time, until a person accepts that.",
    ),
    rate: gauge(
      "dropcast_number_rate",
      ["number", "what"],
      "Messages a second: full, as set or configured, and now, less after an answer of too fast or in a backoff.",
    ),
    rateAllowed: gauge(
      "dropcast_rate_allowed",
      ["number"],
      "Messages a second that the number may send now; 0 in a backoff.",
    ),
    backoff: gauge(
      "dropcast_backoff_seconds",
      ["number"],
      "How long the number still backs off; 0: it does not.",
    ),
    people: gauge(
      "dropcast_portfolio_people",
      ["portfolio", "what"],
      "People that a portfolio wrote to within 24 hours (used), and may write to (limit).",
    ),
    budgetUsed: gauge(
      "dropcast_portfolio_budget_used",
      ["portfolio"],
      "People that a portfolio wrote to within 24 hours.",
    ),
    budgetLimit: gauge(
      "dropcast_portfolio_budget_limit",
      ["portfolio"],
      "People that a portfolio may write to within 24 hours.",
    ),
    full: gauge(
      "dropcast_portfolio_full_seconds",
      ["portfolio"],
      "How long until a portfolio may write to another person; 0: it may now.",
    ),
    ages: gauge(
      "dropcast_oldest_seconds",
      ["number", "what"],
      "How long the oldest of each kind has waited. A value that keeps growing is stuck: alert on it.",
    ),
    silence: gauge(
      "dropcast_webhook_silence_seconds",
      ["number"],
      "How long messages have been accepted without any webhook about them; else 0.",
    ),
    signatures: gauge(
      "dropcast_webhook_wrong_signatures",
      ["number"],
      "Webhooks with a wrong signature in the last 10 minutes, for the number or for all.",
    ),
    endpoints: gauge(
      "dropcast_webhooks_out",
      ["number", "endpoint", "what"],
      "Deliveries to an endpoint of webhooks out: delivered, waiting, given up, dropped; disabled is 1 after a 410.",
    ),
    events: gauge(
      "dropcast_status_events",
      ["number", "kind"],
      "Unmatched status events: waiting for their message (parked) and dropped so far (orphans).",
    ),
    processes: gauge(
      "dropcast_processes",
      ["number", "role"],
      "Processes of a role that work for the number and reported within 90 s.",
    ),
    unserved: gauge(
      "dropcast_numbers_unserved",
      [],
      "Numbers with a running campaign that no running worker has in its configuration.",
    ),
    durability: gauge(
      "dropcast_redis_durability",
      ["kind"],
      "1 for how Redis keeps what it confirms: fsync, replicas or log, or unproven, which the operator allowed.",
    ),
    memoryUsed: gauge(
      "dropcast_redis_memory_used_bytes",
      [],
      "Memory that Redis uses; of a cluster its fullest node.",
    ),
    memoryLimit: gauge(
      "dropcast_redis_memory_limit_bytes",
      [],
      "Memory that Redis may use: its maxmemory, or the machine's; 0: not known.",
    ),
    jobs: gauge(
      "bullmq_job_count",
      ["queue", "state"],
      "Number of jobs in the queue by state; the ledger decides what is sent.",
    ),
  };
}

async function fillCampaigns(gauges: Gauges, store: NumberStore): Promise<void> {
  const { number, campaigns } = store;
  const [due, live, ended] = await Promise.all([
    store.dueMessages(),
    campaigns.live(),
    campaigns.endedSince(Date.now() - SHOWN_AFTER_END_MS, SHOWN_ENDED_MAX),
  ]);
  gauges.due.set({ number }, due);
  for (const { id, counts } of [...live.slice(0, SHOWN_LIVE_MAX), ...ended]) {
    for (const [state, count] of Object.entries(counts)) {
      gauges.messages.set({ number, campaign: id, state }, count);
    }
  }
  for (const [state, count] of Object.entries(sumOf([...live, ...ended]))) {
    gauges.numberMessages.set({ number, state }, count);
  }
  for (const status of LIVE_STATUSES) {
    const count = live.filter((campaign) => campaign.status === status).length;
    gauges.campaigns.set({ number, status }, count);
  }
}

function sumOf(campaigns: readonly Pick<Campaign, "counts">[]): Record<string, number> {
  const sums: Record<string, number> = Object.fromEntries(STATE_NAMES.map((state) => [state, 0]));
  for (const { counts } of campaigns) {
    for (const [state, count] of Object.entries(counts)) sums[state] = (sums[state] ?? 0) + count;
  }
  return sums;
}

async function fillPace(gauges: Gauges, store: NumberStore): Promise<void> {
  const { number } = store;
  const [pace, suspension, rollback, budget] = await Promise.all([
    store.pace.read(),
    store.campaigns.suspension(),
    store.rollback.read(),
    store.budget?.read(),
  ]);
  gauges.halted.set({ number }, (suspension ?? rollback) === undefined ? 0 : 1);
  gauges.rollback.set({ number }, rollback === undefined ? 0 : 1);
  const heldMs = pace.holdUntilMs === null ? 0 : pace.holdUntilMs - pace.clock.wallMs;
  gauges.backoff.set({ number }, heldMs / 1_000);
  const full = numberRate(pace, null);
  if (full !== null) {
    const now = heldMs > 0 ? 0 : full * (pace.slowed?.share ?? 1);
    gauges.rate.set({ number, what: "full" }, full);
    gauges.rate.set({ number, what: "now" }, now);
    gauges.rateAllowed.set({ number }, now);
  }
  if (budget === undefined) return;
  const { name: portfolio, used, limit, nextAtMs } = budget;
  gauges.people.set({ portfolio, what: "used" }, used);
  gauges.people.set({ portfolio, what: "limit" }, limit);
  gauges.budgetUsed.set({ portfolio }, used);
  gauges.budgetLimit.set({ portfolio }, limit);
  const leftMs = nextAtMs === null ? 0 : Math.max(0, nextAtMs - Date.now());
  gauges.full.set({ portfolio }, leftMs / 1_000);
}

async function fillAges(gauges: Gauges, { number, ages, oldest }: NumberStore): Promise<void> {
  const [stuck, waiting] = await Promise.all([ages(), oldest()]);
  for (const [what, ageMs] of Object.entries({ ...stuck, ...waiting })) {
    gauges.ages.set({ number, what: snakeCase(what) }, (ageMs ?? 0) / 1_000);
  }
}

async function fillWebhooks(gauges: Gauges, store: NumberStore): Promise<void> {
  const { number, campaigns } = store;
  const [silence, wrong, { parked, orphans }] = await Promise.all([
    store.webhookSilence(),
    store.wrongSignatures(),
    campaigns.stats(),
  ]);
  gauges.silence.set({ number }, (silence?.forMs ?? 0) / 1_000);
  gauges.signatures.set(
    { number },
    wrong.reduce((sum, { count }) => sum + count, 0),
  );
  gauges.events.set({ number, kind: "parked" }, parked);
  gauges.events.set({ number, kind: "orphan" }, orphans);
}

async function fillEndpoints(gauges: Gauges, { number, notices }: NumberStore): Promise<void> {
  for (const state of await notices.endpoints()) {
    const { name: endpoint, delivered, waiting, givenUp, dropped, disabledAt } = state;
    const disabled = disabledAt === null ? 0 : 1;
    const all = { delivered, waiting, given_up: givenUp, dropped, disabled };
    for (const [what, value] of Object.entries(all)) {
      gauges.endpoints.set({ number, endpoint, what }, value);
    }
  }
}

async function fillDeployment(
  gauges: Gauges,
  deployment: Deployment,
  stores: Readonly<Record<string, NumberStore>>,
): Promise<void> {
  const [processes, unserved, jobs, redis] = await Promise.all([
    deployment.processes(),
    deployment.unserved(),
    deployment.jobs(),
    deployment.redis(),
  ]);
  const live = processes.filter(({ isLive }) => isLive);
  for (const number of Object.keys(stores)) {
    for (const role of ROLES) {
      const of = live.filter((one) => one.role === role && one.numbers.includes(number));
      gauges.processes.set({ number, role }, of.length);
    }
  }
  gauges.unserved.set(unserved.filter(({ isRunning }) => isRunning).length);
  for (const { queue, state, count } of jobs) gauges.jobs.set({ queue, state }, count);
  for (const kind of DURABILITIES) {
    gauges.durability.set({ kind }, redis.durability === kind ? 1 : 0);
  }
  gauges.memoryUsed.set(redis.memoryUsedBytes);
  gauges.memoryLimit.set(redis.memoryLimitBytes);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
