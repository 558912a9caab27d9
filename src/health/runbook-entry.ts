/** What an engineer on call needs to know about a check. */
export interface RunbookEntry {
  readonly title: string;
  /** What it means while it is not ok. */
  readonly means: string;
  /** What to do, step by step. */
  readonly steps: readonly string[];
  /** Whether that is safe, and what it cannot do. */
  readonly safe: string;
}
