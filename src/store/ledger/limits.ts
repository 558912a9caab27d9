/** Settings of the deployment: waits in ms, and limits. */
export interface LedgerLimits {
  readonly leaseMs: number;
  readonly personBusyMs: number;
  /** How long after the last webhook they count as arriving. */
  readonly webhooksArrivingMs: number;
  readonly triesMax: number;
  /** How long an unknown message of an at-least-once campaign waits for evidence. */
  readonly resendAfterMs: number;
  /** How long a parked failure waits for a `sent` before it is matched by recipient. */
  readonly failedWaitMs: number;
  readonly unknownBudget: number;
  readonly unknownBudgetWindowMs: number;
  /** How long workers have after a start of Redis to reconnect and report their readings. */
  readonly settleMs: number;
}
