import type { ActionWhat } from "../core/action.ts";

/** What an action would be about, also as JSON. It changes nothing. */
export interface ActionPreview {
  readonly campaign: string;
  readonly kind: ActionWhat["kind"];
  /** The name that it gets unless a person gives one. */
  readonly name: string;
  readonly filterWords: string;
  readonly matching: number;
  /** The same by cause, most frequent first. */
  readonly byCause: readonly {
    readonly code: number;
    readonly reason: string | null;
    readonly title: string;
    readonly count: number;
  }[];
  /** Asked for, and left out. */
  readonly leftOut: readonly {
    readonly why: string;
    readonly words: string;
    readonly count: number;
  }[];
  /** Since when the oldest is unknown; null for a retry. */
  readonly oldestAt: string | null;
  /** Of those sent again, how many wait for `schedule.window`. */
  readonly waiting: { readonly count: number; readonly firstAt: string } | null;
}
