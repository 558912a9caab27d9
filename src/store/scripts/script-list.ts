/**
 * Every script, with the names of its arguments in order: the runner takes them by name, and the
 * script reads them as `ARG.lease_ms` (render-lua.ts). Those of {@link EACH} follow.
 */
export const SCRIPTS = {
  "accept-rollback": ["databaseId"],
  "apply-opt-outs": ["from", "to"],
  "apply-status": ["events", "failedWaitMs"],
  "ask-after-restore": [],
  "begin-action": ["action", "campaign", "kind", "decision", "plan", "total", "rows"],
  "begin-session": [
    "digest",
    "before",
    "role",
    "numbers",
    "mark",
    "from",
    "who",
    "name",
    "once",
    "onceMs",
    "idleMs",
    "lastsMs",
    "eachMax",
    "sessionsMax",
  ],
  "begin-request": ["request", "body", "token", "leaseMs", "keptMs"],
  "cancel-campaign": ["campaign", "sure"],
  "cap-rows": ["campaign", "batch", "rows", "outcome", "counts"],
  "change-opt-outs": ["change"],
  "change-tokens": ["change", "name", "digest", "role", "numbers", "lastsMs", "tokensMax"],
  "change-users": ["change", "name", "role", "numbers", "hash", "mark", "usersMax"],
  claim: [
    "campaign",
    "batch",
    "run",
    "nonce",
    "rows",
    "mode",
    "sender",
    "ratePerSecond",
    "reachUs",
    "answerMs",
    "leaseMs",
    "personBusyMs",
    "webhooksArrivingMs",
    "reading",
    "process",
    "settleMs",
    "openings",
    "portfolio",
  ],
  "close-batch": ["campaign", "batch", "run", "waiting", "budgetAt"],
  "commit-recurring": ["name", "due", "drop", "digest", "etag", "etagOf"],
  "confirm-start": [],
  "count-rows": ["campaign", "firstBatch", "batches"],
  "delete-campaign": ["campaign", "keptMs"],
  "drop-leftovers": ["campaign", "batchesMax"],
  dispatch: [
    "mode",
    "sender",
    "openMax",
    "openCampaignsMax",
    "reading",
    "process",
    "settleMs",
    "ratePerSecond",
    "portfolio",
  ],
  "doubt-rows": ["campaign", "rows"],
  "end-request": ["request", "token", "campaign", "answer", "ends"],
  "end-recurring": ["name", "due", "drop", "outcome", "campaign", "detail", "forgotten"],
  "erase-person": ["person", "cursor", "eventsMax", "noPerson"],
  "erase-rows": ["campaign", "batch", "sha1", "blob"],
  "find-failed": ["campaign", "firstBatch", "batches"],
  "find-message": ["digest"],
  "find-people": ["person", "segmentsMax", "from"],
  "import-begin": [
    "digest",
    "token",
    "leaseMs",
    "again",
    "fresh",
    "reading",
    "process",
    "settleMs",
    "testMs",
  ],
  "import-chunk": ["campaign", "token", "leaseMs", "firstBatch", "people"],
  "import-finish": [
    "campaign",
    "token",
    "rows",
    "batches",
    "rejected",
    "phoneStyle",
    "places",
    "canary",
    "awaits",
    "paused",
  ],
  "index-campaigns": ["firstRank", "campaigns"],
  "correct-rows": ["campaign", "batch", "rewrites", "blob", "rows"],
  "next-due": ["resendAfterMs", "webhooksArrivingMs"],
  "note-act": ["begun", "line", "keptMs", "keptMax"],
  "note-audit": ["campaign", "moves", "differences"],
  "note-silence": ["since", "what"],
  "note-drops": ["producer", "report"],
  "note-process": ["process", "info"],
  "note-signatures": ["keptMs"],
  "note-recurring": ["name", "schedule", "info"],
  "pause-campaign": ["campaign", "reason"],
  "pool-begin": ["digest", "token", "leaseMs", "again", "fresh"],
  "pool-end": ["pool", "token", "status", "reason", "finish"],
  "pool-fill": ["pool", "token", "leaseMs", "offset", "order"],
  "pool-forget": ["pool", "campaign"],
  "pool-move": ["pool", "from", "to", "campaign", "done"],
  "queue-event": ["source", "ids", "sort", "most"],
  "purge-campaign": ["campaign", "keptMs", "batchesMax"],
  "register-endpoints": ["notify", "forgetMs"],
  "retry-deliveries": ["endpoint"],
  "settle-delivery": ["endpoint", "id", "tries", "result", "waitMs", "why"],
  "take-deliveries": ["endpoint", "takenMax", "leaseMs"],
  "raise-layout": ["layout"],
  "read-live": [],
  "leave-number": ["process"],
  "read-counter": ["reading", "process", "settleMs"],
  record: ["campaign", "rows", "triesMax", "unknownBudget", "unknownBudgetWindowMs"],
  reserve: ["limit", "persons", "laterMs", "wanted", "category", "caps", "marks"],
  "resolve-row": ["campaign", "row", "decision"],
  "resume-campaign": ["campaign", "sender", "probeRows", "probeRules", "approver", "expect"],
  "retry-rows": ["campaign", "batch", "act", "rows", "leaseMs", "webhooksArrivingMs"],
  "set-counts": ["campaign", "moves"],
  "set-rate": ["campaign", "ratePerSecond", "ramp"],
  sweep: ["takenMax", "forgottenMax", "resendAfterMs", "webhooksArrivingMs", "claimedCursor"],
  "step-action": [
    "action",
    "runner",
    "heldMs",
    "cursor",
    "next",
    "batch",
    "rows",
    "leaseMs",
    "webhooksArrivingMs",
  ],
  "stop-action": ["action", "why"],
  "take-recurring": ["name", "due", "token", "leaseMs"],
  "take-news": ["takenMax", "linesMax", "minuteMs"],
  "use-session": ["digest", "passwordMark", "ssoMark", "idleMs", "lastsMs"],
  "use-token": ["digest"],
  "wake-number": ["number"],
  "who-got": ["campaign", "firstBatch", "batches", "leaveOutMs", "tellMs"],
  "who-waits": ["campaign", "rows", "leaseMs", "webhooksArrivingMs"],
} as const;

/**
 * What follows the named arguments once for each thing (a person, a batch): the script loops
 * `for at = REST, #ARGV, STEP do`, and in the loop `EACH.phone` is that of the thing.
 */
const EACH = {
  "apply-opt-outs": ["person", "scope", "changedAt"],
  "change-opt-outs": ["phone", "digest", "scope", "atMs", "source"],
  "erase-person": ["spelling"],
  "erase-rows": ["row", "wamid", "fields", "digests"],
  "find-people": ["campaign"],
  "import-begin": ["field", "value"],
  "import-chunk": ["blob", "rows", "others"],
  "next-due": ["endpoint"],
  "note-signatures": ["address", "count"],
  "pool-begin": ["field", "value"],
  "pool-fill": ["field", "value"],
  "queue-event": ["endpoint", "id", "type", "body"],
  "read-live": ["campaign"],
  "register-endpoints": ["id", "name"],
  "set-counts": ["state", "rows"],
} as const;

export type ScriptName = keyof typeof SCRIPTS;
export const SCRIPT_NAMES = Object.keys(SCRIPTS) as readonly ScriptName[];

/** The types of arguments: strings, numbers and bytes. */
export type ScriptArgument = string | number | Buffer;

/** The arguments of one script, by name. */
export type ScriptArguments<Name extends ScriptName> = {
  readonly [Argument in (typeof SCRIPTS)[Name][number]]: ScriptArgument;
};

/** What repeats after them, by name. */
export type ScriptEach<Name extends ScriptName> = Name extends keyof typeof EACH
  ? { readonly [Argument in (typeof EACH)[Name][number]]: ScriptArgument }
  : never;

/** The names of what repeats; none for most scripts. */
export function eachOf(name: ScriptName): readonly string[] {
  return name in EACH ? EACH[name as keyof typeof EACH] : [];
}

/**
 * Scripts that count a change by a person (`count_act` of lib/guard.lua), whatever their result.
 */
export const ACTS: ReadonlySet<ScriptName> = new Set<ScriptName>([
  "apply-opt-outs",
  "begin-action",
  "cancel-campaign",
  "erase-rows",
  "import-begin",
  "import-finish",
  "correct-rows",
  "pause-campaign",
  "resolve-row",
  "resume-campaign",
  "retry-rows",
  "set-rate",
  "step-action",
  "stop-action",
]);

/** Scripts after which a worker of the number may have something to do at once. */
export const WAKES: ReadonlySet<ScriptName> = new Set<ScriptName>([
  "accept-rollback",
  "begin-action",
  "cancel-campaign",
  "confirm-start",
  "correct-rows",
  "doubt-rows",
  "import-finish",
  "pause-campaign",
  "resolve-row",
  "resume-campaign",
  "retry-deliveries",
  "retry-rows",
  "step-action",
  "stop-action",
]);
