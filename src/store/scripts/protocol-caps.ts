import { CAP_HOURS_MAX, CAP_MESSAGES_MAX } from "../../core/caps.ts";
import { layout } from "./layout.ts";

/** What frequency caps add to protocol.ts. */

/**
 * A message that counts towards frequency caps: its category, the hour in which it is sent at the
 * latest, and which message it is. A person's entries are one value. `category` is one of
 * CAP_CATEGORY, plus CAP_ASKED_AGAIN.
 */
export const CAP_ENTRY = layout({ category: "B", hour: "I3", mark: "I4" });
/** Which message it is, as {@link CAP_ENTRY} has it. */
export const CAP_MARK = layout({ mark: "I4" });
/** Categories in those entries. */
export const CAP_CATEGORY = { marketing: 1, utility: 2, authentication: 3 } as const;
/**
 * The message was asked for more than once, so another attempt or another worker may have sent it:
 * its entry is not given back.
 */
export const CAP_ASKED_AGAIN = 128;
/** Entries of so many hours are in one set of hashes, which expire as a whole. */
export const CAP_PERIOD_HOURS = 7 * 24;
/** Messages that the API keeps back are counted so many periods ahead. */
export const CAP_PERIODS_AHEAD = 60;
/** People are spread over so many hashes, so that each stays small. */
export const CAP_SHARDS = 4_096;
/** Caps count hours. */
export const CAP_HOUR_MS = 3_600_000;
/** Entries count as long as the longest cap that any campaign may have. */
export const CAP_KEPT_HOURS = CAP_HOURS_MAX;
/** Entries of one person, category and period: no cap counts more. */
export const CAP_ENTRIES_MAX = CAP_MESSAGES_MAX;
/** A message that a cap keeps back: the row, and when it may go, in seconds; 0 for never. */
export const CAPPED_ROW = layout({ row: "I4", opens: "I4" });
