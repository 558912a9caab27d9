import type { Redis } from "ioredis";
import type { CapRules, Caps } from "../core/caps.ts";
import { type Durability, FSYNC } from "../core/durability.ts";
import { TRIES_MAX } from "../core/message.ts";
import type { Mode } from "../core/mode.ts";
import { createActLog } from "./act-log.ts";
import { createActions } from "./actions/actions.ts";
import { createSelectFailed } from "./actions/select-failed.ts";
import { createSelectUnknown } from "./actions/select-unknown.ts";
import { budgetSpace, createBudget, type PortfolioLimit } from "./budget/budget.ts";
import { createClaimCount } from "./budget/claim-count.ts";
import { createElsewhere } from "./campaigns/campaign-reader.ts";
import { createCampaignStore } from "./campaigns/campaign-store.ts";
import { createCorrections } from "./campaigns/corrections.ts";
import { createDueMessages } from "./campaigns/due-messages.ts";
import { createFurtherTries } from "./campaigns/further-tries.ts";
import { createHistory } from "./campaigns/history.ts";
import { createImportStore } from "./campaigns/import-store.ts";
import { createNews } from "./campaigns/news.ts";
import { createNextWork } from "./campaigns/next-work.ts";
import { createProbe } from "./campaigns/probe.ts";
import { createRecurring } from "./campaigns/recurring.ts";
import { createRetention } from "./campaigns/retention.ts";
import { createDropReports } from "./drops/drop-reports.ts";
import { createDurable } from "./durability.ts";
import { fieldOf } from "./hashes.ts";
import { ALL_NUMBERS, keySpace, numberKeys } from "./keys.ts";
import { createLedger, type LedgerLimits, type Safety } from "./ledger/ledger.ts";
import { createPace } from "./ledger/pace.ts";
import { createRowHistory } from "./ledger/row-history.ts";
import { createRowReader } from "./ledger/row-reader.ts";
import {
  createApplyStatuses,
  type StatusEvent,
  type Unmatched,
  wakingAtFailures,
} from "./ledger/status-events.ts";
import { createTogether } from "./ledger/together.ts";
import { createWaiting } from "./ledger/waiting.ts";
import { createNotices } from "./notices/notices.ts";
import { drainOldQueues } from "./old-queues.ts";
import { createEraser } from "./people/eraser.ts";
import { createNumberOptOuts } from "./people/number-opt-outs.ts";
import { createOptOutList } from "./people/opt-out-list.ts";
import { createPeople } from "./people/people.ts";
import { createPeopleIndex } from "./people/people-index.ts";
import { openPersonDigest, type PersonDigest } from "./people/person-digest.ts";
import { createPools } from "./pools/pools.ts";
import { createAges } from "./recovery/ages.ts";
import { createAudit } from "./recovery/audit.ts";
import { createClaimCounter } from "./recovery/claim-counter.ts";
import { createCounterMemory, type MemoryFolder, NO_MEMORY } from "./recovery/counter-memory.ts";
import { createOldest } from "./recovery/oldest.ts";
import { createProcesses, type ProcessRole } from "./recovery/processes.ts";
import { createRollback, findRolledBack } from "./recovery/rollback.ts";
import { createUnserved } from "./recovery/unserved.ts";
import { createVitals } from "./recovery/vitals.ts";
import { createWebhookSilence } from "./recovery/webhook-silence.ts";
import { createWrongSignatures } from "./recovery/wrong-signatures.ts";
import { finishUpgrade, SCHEMA, upgradeSchema } from "./schema.ts";
import { createScriptRunner, type RunScript } from "./scripts/runner.ts";
import { ACTS, WAKES } from "./scripts/script-list.ts";
import { createHint } from "./wake-ups.ts";
import { createWork } from "./work.ts";

/** Values that the configuration does not set, and the defaults of tests. */
export const DEFAULT_LIMITS: LedgerLimits = {
  leaseMs: 75_000,
  personBusyMs: 60_000,
  webhooksArrivingMs: 15 * 60_000,
  resendAfterMs: 15 * 60_000,
  failedWaitMs: 30_000,
  triesMax: TRIES_MAX,
  unknownBudget: 5,
  unknownBudgetWindowMs: 60_000,
  settleMs: 10_000,
};

/**
 * Status events of one call: few enough that Redis does not keep others waiting (64 take it about
 * 2 ms). And how long one waits at most for the call before it.
 */
const TOGETHER = { most: 64, waitMs: 5 } as const;

const ALWAYS_SAFE: Safety = { isSafe: () => true, problem: () => undefined };

/** What a store is made of. */
interface StoreInput {
  redis: Redis;
  /** The client for another key space: of the deployment, a portfolio. Default: the same. */
  clientOf?: (space: string) => Redis;
  number: string;
  /** Default: live. */
  mode?: Mode;
  limits?: LedgerLimits;
  /** While Redis is not safe, nothing is claimed or imported. Default: always safe. */
  safety?: Safety;
  /** What makes sure that a failover loses no claim that was acted on. Default: `fsync`. */
  durability?: Durability;
  /** The configured WhatsApp number and API; null if not known in this process. */
  sender?: string | null;
  /** Where the claim counter survives restarts of this process. Default: nowhere. */
  memory?: MemoryFolder;
  /** Whose budget of people its messages use up. Default: none is counted. */
  portfolio?: PortfolioLimit;
  /** The configured frequency caps. Default: none. */
  caps?: Caps | null;
  /** A line of the audit could not be written. */
  onAuditProblem?: (error: unknown) => void;
}

/**
 * Opens the store of a number: reads the key of the persons' digests, which is created if this
 * Redis has none ({@link openPersonDigest}: all that is written here), and makes the store.
 */
export async function createNumberStore(input: StoreInput): Promise<NumberStore> {
  const { redis, clientOf = () => redis, mode = "live" } = input;
  const person = await openPersonDigest(clientOf(keySpace(ALL_NUMBERS, mode)), mode);
  return makeNumberStore({ ...input, person });
}

/**
 * Everything Redis holds about one sending number. `redis` is the ledger's client
 * (redis/ledger-client.ts): a command without an answer is rejected, never queued or resent.
 * Sends no command. A process that imports, sends or receives calls `join` first.
 */
export function makeNumberStore(input: StoreInput & { person: PersonDigest }) {
  const { redis, person, mode = "live", safety = ALWAYS_SAFE, sender = null } = input;
  // From here on a number is named by its key space; only people and files use its plain name.
  const number = keySpace(input.number, mode);
  const { clientOf = () => redis } = input;
  const deployment = clientOf(keySpace(ALL_NUMBERS, mode));
  const runScript = createScriptRunner(redis, number);
  let hasActed = false;
  const wake = createHint(deployment, { number: input.number, mode });

  const run: RunScript = async (name, args, rest) => {
    hasActed ||= ACTS.has(name);
    const answer = await runScript(name, args, rest);
    if (WAKES.has(name)) await wake();
    return answer;
  };
  const { durability = FSYNC } = input;
  const list = createOptOutList({ redis: deployment, person, mode, durability });
  const optOuts = createNumberOptOuts({ redis, number, person, list, durability });
  const limits = input.limits ?? DEFAULT_LIMITS;
  const databaseId = person("database").toString("hex");
  const memory =
    input.memory === undefined
      ? NO_MEMORY
      : createCounterMemory({ ...input.memory, number, databaseId });
  const { portfolio = null, caps = null } = input;
  const counted = createBudget({
    redis: clientOf(budgetSpace(portfolio, mode)),
    ...{ portfolio, mode, durability },
  });
  const budget = portfolio === null ? null : counted;
  const count = createClaimCount({ budget: counted, caps, run });
  const counter = createClaimCounter({ databaseId, settleMs: limits.settleMs, memory, run });
  const durable = createDurable(redis, durability);
  const shared = { redis, number, run, counter, sender, limits, count, durable };
  const { failedWaitMs } = limits;
  const applyStatuses = wakingAtFailures(
    createApplyStatuses({ run, person, failedWaitMs, durable }),
    wake,
  );
  const applyTogether = createTogether({ call: applyStatuses, ...TOGETHER });
  const ledger = createLedger({ ...shared, person, safety });
  const campaigns = createCampaignStore(shared);
  const rows = createRowReader({ redis, number });
  const actions = createActions({ redis, number, run, rows, person, limits });
  const pools = createPools(deployment, mode);
  const processes = createProcesses(deployment, mode);
  const signatures = createWrongSignatures(deployment, mode);
  const hasOlder = () => processes.hasOlder(SCHEMA);
  return {
    number: input.number,
    mode,

    /**
     * Call it before importing, claiming or receiving; may be repeated. Registers the number, then
     * applies the deployment's opt-outs to it (opt-out-list.ts explains the order), upgrades its
     * keys to this version's layout, and stores which database it is.
     */
    async join(): Promise<void> {
      await list.enter(input.number);
      await optOuts.catchUp();
      await upgradeSchema({ redis, number, run, clientOf, hasOlder });
      const key = [numberKeys(number).guard, fieldOf("guard", "database")] as const;
      // Written only once, so a Redis that is full or read-only can still be read.
      if ((await redis.hexists(...key)) === 0) await redis.hsetnx(...key, databaseId);
    },

    /** The number's name among all numbers of both modes, as in its keys and queues. */
    space: number,
    /** The same number in the other mode: only to report that it exists. */
    elsewhere: createElsewhere(clientOf, { number: input.number, mode }),
    /** Identifies this database: a digest under its own key. */
    databaseId,
    /**
     * Numbers in this Redis that wait for a person to accept a rollback, configured here or not.
     */
    rolledBackNumbers: async () =>
      findRolledBack(clientOf, { numbers: await list.numbers(), mode }),
    /** Campaigns over several numbers, of the whole deployment. */
    pools,
    imports: createImportStore({ redis, number, run, person, safety, sender, counter, mode }),
    ledger,
    /** Why nothing may be claimed now: replicas of its Redis have fallen behind. */
    replicasBehind: durable.shortfall,
    /** Whether a failover keeps all that this process has written to it so far. */
    isKept: optOuts.isKept,
    /** Of its portfolio; null: people are not counted. */
    budget,
    /** One status event. Those of one turn of the event loop are applied in one call. */
    applyStatus: (event: StatusEvent, unmatched: Unmatched) => applyTogether({ event, unmatched }),
    applyStatuses,
    /** The configured frequency caps, and the messages that count towards any. */
    caps: {
      configured: caps,
      cappedUntil: (phones: readonly string[], rules: CapRules) =>
        counted.cappedUntil(phones.map(person), rules),
    },
    webhookSilence: createWebhookSilence({ redis, number }),
    wrongSignatures: () => signatures.read(input.number),
    pace: createPace({ redis, number, run }),
    campaigns,
    people: createPeople({ redis, number, person, run }),
    peopleIndex: createPeopleIndex({ redis, number, run }),
    corrections: createCorrections({ redis, number, run, person }),
    rows,
    /** What happened to a row before what its ledger value says. */
    rowHistory: createRowHistory({ redis, number }),
    nextWork: createNextWork({ redis, number }),
    dueMessages: createDueMessages({ redis, number }),
    furtherTries: createFurtherTries({ redis, number }),
    history: createHistory({ redis, number }),
    waiting: createWaiting({ redis, number, run, person, rows, limits }),
    /** Recurring campaign files: those of the whole deployment. */
    recurring: createRecurring(deployment, mode),
    /** What is in the drop folders of the whole deployment. */
    dropReports: createDropReports(deployment, mode),
    /** Numbers of the whole deployment that have campaigns and no worker. */
    unserved: createUnserved({ redis: deployment, clientOf, mode }),
    presence: (role: ProcessRole) => processes.presence(role, input.number),
    /** Every process of the deployment that was seen in the last hour. */
    processes: processes.seen,
    notices: createNotices({ redis, number, run }),
    /** What people did, in the whole deployment. */
    acts: createActLog({ redis: deployment, mode, onProblem: input.onAuditProblem }),
    /** Whether its workers have something to do. */
    work: createWork({ redis, number, run, limits }),
    /** Takes lines for the workers' log. */
    takeNews: createNews(run),
    ages: createAges({ redis, number, campaigns }),
    oldest: createOldest({ redis, number, campaigns, leaseMs: limits.leaseMs }),
    vitals: createVitals({ redis, number }),
    audit: createAudit({ redis, number, run, campaigns }),
    rollback: createRollback({
      ...{ ...shared, count, person, databaseId },
      ...{ campaigns, rows, actions, pools },
    }),
    counter,
    memory,
    /** Call it when the process ends: stores the claim counter if this process changed anything. */
    async close(): Promise<void> {
      if (hasActed) await counter.remember();
      memory.close();
    },
    optOuts,
    /** The step to this version's layout that may not be taken while older processes run. */
    finishUpgrade: () => finishUpgrade(redis, number, run),
    /** What workers of an earlier version still leave in their queues: see {@link SCHEMA}. */
    drainOldQueues: () => drainOldQueues({ redis, number, clientOf }),
    eraser: createEraser({ redis, number, run, person, campaigns }),
    deleteOld: createRetention({ redis, number, run, pools }),
    actions,
    selectFailed: createSelectFailed({ run, campaigns, rows, person }),
    selectUnknown: createSelectUnknown({ redis, number }),
    resumeWithProbe: createProbe({ redis, number, campaigns, rows }),
  };
}

export type NumberStore = ReturnType<typeof makeNumberStore>;
