/** A running role; `stop` first finishes the work in progress. */
export interface RunningRole {
  readonly stop: () => Promise<void>;
  /** The address or folder it serves, for people; null if it has none. */
  readonly place: string | null;
}
