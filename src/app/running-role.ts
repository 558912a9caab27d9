/** A role that has started: it runs until its `stop`, which finishes what it has begun. */
export interface RunningRole {
  readonly stop: () => Promise<void>;
  /** Where it listens or looks, for people; null when there is nothing to point at. */
  readonly place: string | null;
}
