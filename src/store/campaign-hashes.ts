/** A field of a hash: see hashes.ts. */
export type Field = readonly [what: string, writers: string, absent: string];

export const ALWAYS = "never";

/** The hashes of one campaign: a part of HASHES. */
export const CAMPAIGN_HASHES = {
  /** `campaign:<id>` */
  campaign: {
    // What the importer was given.
    name: ["as the campaign file or the command says", "import-begin", ALWAYS],
    definition: ["the campaign file, read: JSON", "import-begin", ALWAYS],
    columns: ["header of the list, JSON", "import-begin", ALWAYS],
    template: ["name and language of the template, to be compared", "import-begin", ALWAYS],
    category: ["as declared; charged, once resumed", "import-begin resume-campaign", ALWAYS],
    file: ["name of the list's file", "import-begin", ALWAYS],
    mode: ["live or sandbox", "import-begin", ALWAYS],
    guarantee: ["at-most-once or at-least-once", "import-begin", ALWAYS],
    delimiter: ["of the list's cells", "import-begin", "empty: it was not noted"],
    phoneColumn: ["where the phones are", "import-begin", "empty: it was not noted"],
    phoneStyle: ["how the list writes phones, JSON", "import-finish", "it was not accepted"],
    pool: ["the pool that it is a part of", "import-begin", "it is one of its own"],
    test: ["1: a test message", "test-message", "it is a campaign"],
    skipRepeat: ["leaves out who got it within so many ms; 0 no one", "import-begin", ALWAYS],
    weight: ["of its turns, by priority", "import-begin", ALWAYS],
    startAt: ["time; 0 at once", "import-begin", ALWAYS],
    delegatedTo: ["when the API sends; 0 when it gets it", "import-begin", "an old version's"],
    endBy: ["time; 0 none", "import-begin test-message", ALWAYS],
    window: ["hours in which rows may leave, JSON; empty: all", "import-begin", "an old version's"],
    again: [
      "codes sent again by itself, with waits; empty: none",
      "import-begin",
      "an old version's",
    ],
    places: ["its people by time zone, JSON", "import-finish", "it is being imported"],
    sender: [
      "number id and API it goes out from",
      "import-begin dispatch resume-campaign",
      "not known yet: the first worker sets it",
    ],
    ratePerSecond: ["a rate of its own", "import-begin set-rate", "it has none"],
    // The import.
    epoch: ["time from which its ledger counts", "import-begin", ALWAYS],
    createdAt: ["time", "import-begin", ALWAYS],
    digest: ["of number, name and bytes", "import-begin", ALWAYS],
    againOf: ["campaign that the same bytes were before", "import-begin", "they were none"],
    importer: ["token of who imports it", "import-begin", "it is imported"],
    importLease: ["until when, own clock", "import-begin import-chunk", "it is imported"],
    finishToken: ["token of who finished it", "import-finish", "it is being imported"],
    stored: ["batches", "import-begin import-chunk", ALWAYS],
    storedMax: [
      "how far batches of an earlier importer that died may reach",
      "drop-leftovers import-begin",
      "none died after it had stored some",
    ],
    rows: ["all of the list", "import-begin import-chunk", ALWAYS],
    people: ["1: its people are indexed (lib/people.lua)", "import-begin", "an old version's"],
    rewrites: ["how often stored rows were rewritten", "correct-rows erase-rows", "0"],
    // Its state.
    status: [
      "CampaignStatus",
      "base cancel-campaign closing import-begin import-finish resume-campaign",
      "it was deleted",
    ],
    reason: [
      "why it is paused (pause-reason.ts) or rejected; else empty",
      "base closing import-begin import-finish resume-campaign",
      ALWAYS,
    ],
    startedBy: [
      "who imported it, while second persons are asked for",
      "import-begin",
      "they are not",
    ],
    approvalAbove: ["of more messages it waits for a second person", "import-begin", "the same"],
    awaits: [
      "1: it waits for the approval of a second person",
      "correct-rows import-finish",
      "it does not",
    ],
    approvedBy: ["that person", "resume-campaign", "none was needed"],
    closed: ["cancelled or expired: what pending rows read as", "closing", "it may go on"],
    startedAt: ["time", "dispatch import-finish resume-campaign", "it has not"],
    finishedAt: ["time of its end, however it ended", "base closing", "it has not"],
    pausedAt: ["time", "base import-finish", "no person or error paused it since it was resumed"],
    pausedFor: ["its reason when it finished while paused", "base", "it was not paused then"],
    servedAt: ["when it last had a turn, own clock", "base dispatch", "it has not started"],
    runs: ["of batches; numbers the next one", "dispatch test-message", "0"],
    moves: ["how often counters were changed", "moves", "0"],
    attempts: ["that were claimed", "import-begin moves", "Redis may have forgotten some"],
    lastSlot: ["its last send time at its own rate, us, own clock", "pace", "none was granted"],
    ramp: ["how its rate grows (core/ramp.ts)", "import-begin set-rate", "it does not"],
    rampAt: [
      "its first claim, or the first after a trial: the ramp counts from it, own clock",
      "pace",
      "none yet",
    ],
    first: ["so many rows may go at first; 0 all", "import-begin", "an old version's"],
    canary: ["its rules: share|wait ms|go or ask; empty: none", "import-begin", "an old version's"],
    trials: ["first, trial: which are on, the inner one last", "trial", "none was"],
    budgetAt: ["when the budget of people has room, time", "close-batch", "it was never full"],
    nextTryAt: ["no batch is opened before, own clock", "close-batch", "the same"],
    capPutOff: ["messages that a frequency cap put off, once each", "cap-rows", "0"],
    capSkipped: ["messages that one left out", "cap-rows", "0"],
    capUntil: ["when the last of those put off may go, time", "cap-rows", "none was"],
    // What pauses it.
    stopOn: ["its limits: share, sample, same code, category", "import-begin", "the defaults"],
    recent: ["latest outcomes, packed (lib/recent.lua)", "recent", "none since it last started"],
    drift: ["messages charged as marketing that should not be", "recent", "0"],
    doubts: ["when messages became unknown lately, own clock, by commas", "stops", "none"],
    doubles: ["messages that got two wamids", "status", "0"],
    // Whether its counters are right (audit.ts), and retention.
    audited: ["`moves` at which counters and rows agreed", "note-audit set-counts", "not yet"],
    differs: ["where they did not, in words", "note-audit", "they agreed"],
    purgedAt: ["since when its rows are being deleted", "purge-campaign", "they are there"],
    purged: ["batches deleted so far", "purge-campaign", "0"],
  },
  /** `…:trial` and `…:first`, besides the number of a state: its rows in that state. */
  trial: {
    kind: ["canary, probe or first", "trial", "the import has not ended"],
    size: ["rows", "trial", "the same"],
    after: ["go or ask: what follows when it passes", "trial", "the same"],
    share: ["of its rows that must be delivered", "trial", "the first N"],
    waitMs: ["for outcomes, since the last claim", "trial", "the first N"],
    claimedAt: ["last claim, own clock", "trial", "there was none"],
    until: ["end of the wait, time", "trial", "not all its rows are claimed"],
    upTo: ["the last row of the first N", "import-chunk trial", "a canary or probe"],
    shrinks: ["1: without rows that a cap puts off", "trial", "a canary, a probe, before 1.0.0"],
  },
  /** `…:side`, by row: what few rows have. */
  side: {
    ":second": ["a second wamid of its last attempt", "status", "there is none"],
    ":ref": ["the API's own id of its last attempt", "outcome status", "its id is the wamid"],
    ":w": ["with an attempt: the wamid of that earlier one", "claim status", "it has none"],
    ":o": ["with an attempt: 1: its opt-out was counted", "status", "there was none"],
    ":again": ["how often it was sent again by itself", "again", "0"],
    ":h": ["its history, packed (lib/history.lua)", "history", "nothing else happened to it"],
  },
  /** `…:sends`, besides a step: messages with a send time in it; and `a<step>`: the rate then. */
  sends: {
    from: ["time of its first claim, at which step 0 begins", "pace", "nothing was claimed"],
    step: ["length of a step, ms", "pace", "the same"],
  },
} as const satisfies Record<string, Record<string, Field>>;
