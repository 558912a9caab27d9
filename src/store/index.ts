/**
 * The store's public interface: code outside this folder imports only this file
 * (test/rules/imports.test.ts). `ledger` is the record of every message; `campaigns` holds what is
 * sent; `people` the recipients, and those who must not be messaged; `recovery` detects lost or
 * inconsistent data; `scripts` the Lua, and what it shares with TypeScript.
 */

export {
  type BegunRequest,
  createRequests,
  type Requests,
  type RequestTry,
} from "./access/requests.ts";
export {
  createSessions,
  type Identity,
  type Marks,
  SESSION_IDLE_MS,
  SESSION_LASTS_MS,
  type Session,
  type Sessions,
} from "./access/sessions.ts";
export { type ApiToken, createTokens, isTokenName, type Tokens } from "./access/tokens.ts";
export { createUsers, isUserName, type User, type Users } from "./access/users.ts";
export { ACT_CURSOR, type ActLog, type ActPage, createActLog } from "./act-log.ts";
export {
  type Action,
  type Actions,
  actionId,
  campaignOfAction,
  type NewAction,
} from "./actions/actions.ts";
export { type LeftOut, type SelectedFailed, whyNotRetried } from "./actions/select-failed.ts";
export { AGES_MS, type SelectedUnknown } from "./actions/select-unknown.ts";
export {
  type Budget,
  type BudgetNow,
  budgetSpace,
  createBudget,
  type PortfolioLimit,
} from "./budget/budget.ts";
export { configuredCaps, readCounts } from "./budget/claim-count.ts";
export { campaignMark, numberOfCampaign, readCampaignMark } from "./campaign-id.ts";
export type { Campaign } from "./campaigns/campaign.ts";
export type { StoredPlace } from "./campaigns/campaign-hours.ts";
export type {
  CampaignReader,
  CampaignToSend,
  Suspension,
  UnknownRow,
  UnknownRows,
} from "./campaigns/campaign-reader.ts";
export {
  type CampaignStore,
  type ControlResult,
  OPEN_CAMPAIGNS_MAX,
  openBatchesMax,
} from "./campaigns/campaign-store.ts";
export type {
  CorrectableBatch,
  CorrectableCampaign,
  CorrectedRow,
  Corrections,
} from "./campaigns/corrections.ts";
export type { FurtherTries } from "./campaigns/further-tries.ts";
export type {
  Backoff,
  CampaignEvent,
  History,
  SeenFailure,
  SendSteps,
} from "./campaigns/history.ts";
export type { ShortOfMemory } from "./campaigns/import-room.ts";
export type {
  BeginImport,
  BeginResult,
  ImportStore,
  KnownImport,
} from "./campaigns/import-store.ts";
export type { LiveCampaign } from "./campaigns/live-campaign.ts";
export type { News } from "./campaigns/news.ts";
export {
  type CommittedList,
  createRecurring,
  type RecurringRun,
  type RecurringState,
  type RecurringStore,
} from "./campaigns/recurring.ts";
export type { Retention } from "./campaigns/retention.ts";
export type { Trial } from "./campaigns/trial.ts";
export type { NumberTime } from "./clock.ts";
export {
  createDropReports,
  DROPS_NOTED_MAX,
  type DropReport,
  type DropReports,
  type FailedDropNote,
  type SeenDropReport,
  type WaitingDropNote,
} from "./drops/drop-reports.ts";
export { createDurable } from "./durability.ts";
export {
  ALL_NUMBERS,
  deploymentKeys,
  keySpace,
  neverKey,
  queuePrefix,
} from "./keys.ts";
export type { AttemptRecord, RowOpening } from "./ledger/attempt-rows.ts";
export { createRowPacker, type ImportOutcome, type ImportRow } from "./ledger/batch-rows.ts";
export type { ClaimGate, ClaimResult, Ledger, LedgerLimits, LoadedRow } from "./ledger/ledger.ts";
export type { TimeName } from "./ledger/ledger-value.ts";
export { numberRate, type PaceNow } from "./ledger/pace.ts";
export type { CampaignRow } from "./ledger/row-reader.ts";
export type { ApplyResult, StatusEvent, Unmatched, Waits } from "./ledger/status-events.ts";
export type { WaitingRow } from "./ledger/waiting.ts";
export type {
  DeliveryResult,
  EndpointState,
  FailedNotice,
  NewDelivery,
  Notice,
  Notices,
  TakenDelivery,
} from "./notices/notices.ts";
export { createNumberStore, DEFAULT_LIMITS, type NumberStore } from "./number-store.ts";
export type { TracedBatch } from "./people/eraser.ts";
export type { NumberOptOuts, PersonMarks } from "./people/number-opt-outs.ts";
export {
  type KnownOptOut,
  type NewOptOut,
  OPT_OUT_CURSOR,
  type OptOut,
  type OptOutCounts,
} from "./people/opt-out-list.ts";
export { OPT_OUT_ORIGINS, type OptOutOrigin } from "./people/opt-out-source.ts";
export {
  type People,
  type RecentCampaign,
  serialOf,
  templateOf,
  type Windows,
} from "./people/people.ts";
export type { CampaignPlace, PersonRows } from "./people/people-index.ts";
export { openPersonDigest } from "./people/person-digest.ts";
export { createSuppressions, type Suppressions } from "./people/suppressions.ts";
export { streamListRows, withListRows } from "./pools/list-rows.ts";
export { carryOutMove, isUntouched } from "./pools/move-rows.ts";
export type { Pool, PoolMove, Pools, StartChild } from "./pools/pools.ts";
export { askAfterRestore } from "./recovery/after-restore.ts";
export { type Ages, oldOnes } from "./recovery/ages.ts";
export type { Difference } from "./recovery/audit.ts";
export { COUNTERS_FOLDER, type MemoryFolder } from "./recovery/counter-memory.ts";
export type { Oldest } from "./recovery/oldest.ts";
export {
  createProcesses,
  HEARTBEAT_EVERY_MS,
  type Presence,
  type ProcessInfo,
  type ProcessRole,
  type SeenProcess,
} from "./recovery/processes.ts";
export type { AcceptedRollback, Rollback } from "./recovery/rollback.ts";
export { createUnheardOptOuts, createUnserved, type UnservedNumber } from "./recovery/unserved.ts";
export type { Vitals } from "./recovery/vitals.ts";
export type { WebhookSilence } from "./recovery/webhook-silence.ts";
export { createWrongSignatures, type WrongSignatures } from "./recovery/wrong-signatures.ts";
export { batchesOf, batchOfRow, placeInBatch, rowInBatch } from "./rows.ts";
export { checkSchema, SCHEMA } from "./schema.ts";
export { BACKOFF_MAX_MS, BATCH_ROWS, REACH_MAX_MS } from "./scripts/protocol.ts";
export { ALL_KEYS, portfolioSpace, restoringKey, spaceOfKey } from "./shared-keys.ts";
export { createWakeUps, type WakeUps } from "./wake-ups.ts";
