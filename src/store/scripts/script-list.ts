/**
 * Every script, with the names of its arguments in order: the runner takes them by name, and the
 * script reads them as `ARG.lease_ms` (render-lua.ts). Arguments that repeat for each row or batch
 * follow from `ARGV[REST]` on; the script's header describes them.
 */
export const SCRIPTS = {
  "accept-rollback": ["databaseId"],
  "apply-opt-outs": ["from", "to"],
  "apply-status": [
    "digest",
    "wamid",
    "status",
    "atMs",
    "code",
    "stops",
    "price",
    "person",
    "plusOne",
    "foreign",
    "category",
    "unmatched",
    "failedWaitMs",
  ],
  "begin-request": ["request", "body", "token", "leaseMs", "keptMs"],
  "cancel-campaign": ["campaign"],
  "change-opt-outs": ["change"],
  "change-tokens": ["change", "name", "digest", "role", "lastsMs", "tokensMax"],
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
  "import-chunk": ["campaign", "token", "leaseMs", "firstBatch", "batches"],
  "import-finish": [
    "campaign",
    "token",
    "rows",
    "batches",
    "rejected",
    "phoneStyle",
    "places",
    "canary",
  ],
  "index-campaigns": ["firstRank", "campaigns"],
  "correct-rows": ["campaign", "batch", "rewrites", "blob"],
  "note-act": ["begun", "line", "keptMs", "keptMax"],
  "note-audit": ["campaign", "moves", "differences"],
  "note-silence": ["since", "what"],
  "note-process": ["process", "info"],
  "note-signatures": ["keptMs"],
  "note-recurring": ["name", "schedule", "info"],
  "pause-campaign": ["campaign", "reason"],
  "queue-event": ["source", "ids", "sort", "most"],
  "purge-campaign": ["campaign", "keptMs", "batchesMax"],
  "register-endpoints": ["notify", "forgetMs"],
  "retry-deliveries": ["endpoint"],
  "settle-delivery": ["endpoint", "id", "tries", "result", "waitMs", "why"],
  "take-deliveries": ["endpoint", "takenMax", "leaseMs"],
  "read-counter": ["reading", "process", "settleMs"],
  record: ["campaign", "rows", "triesMax", "unknownBudget", "unknownBudgetWindowMs"],
  reserve: ["limit", "persons", "laterMs", "wanted"],
  "resolve-row": ["campaign", "row", "decision"],
  "resume-campaign": ["campaign", "sender", "probeRows", "probeRules"],
  "retry-rows": ["campaign", "batch", "act", "rows", "leaseMs", "webhooksArrivingMs"],
  "set-counts": ["campaign", "moves"],
  "set-rate": ["campaign", "ratePerSecond", "ramp"],
  sweep: ["takenMax", "forgottenMax", "resendAfterMs", "webhooksArrivingMs", "claimedCursor"],
  "take-recurring": ["name", "due", "token", "leaseMs"],
  "take-news": ["takenMax", "linesMax", "minuteMs"],
  "use-token": ["digest"],
  "who-got": ["campaign", "firstBatch", "batches", "leaveOutMs", "tellMs"],
  "who-waits": ["campaign", "rows", "leaseMs", "webhooksArrivingMs"],
} as const;

export type ScriptName = keyof typeof SCRIPTS;
export const SCRIPT_NAMES = Object.keys(SCRIPTS) as readonly ScriptName[];

/** The types of arguments: strings, numbers and bytes. */
export type ScriptArgument = string | number | Buffer;

/** The arguments of one script, by name. */
export type ScriptArguments<Name extends ScriptName> = {
  readonly [Argument in (typeof SCRIPTS)[Name][number]]: ScriptArgument;
};

/**
 * Scripts that count a change by a person (`count_act` of lib/guard.lua), whatever their result.
 */
export const ACTS: ReadonlySet<ScriptName> = new Set<ScriptName>([
  "apply-opt-outs",
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
]);
