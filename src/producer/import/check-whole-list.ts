import { accept, type Result, refuse } from "../../core/refusal.ts";
import type { Counts, Problem } from "../check/tally.ts";
import type { Estimate } from "../preflight/estimate.ts";

/**
 * Whether a list that was read to its end may be sent. It must have a row to send
 * (`list_no_sendable_row`). Not more than the share `maxRejected` (0..1) of its rows may be
 * rejected (`list_too_many_rejected`): more suggests the wrong file or column. There must be time
 * for a message before `endBy` (`list_no_time`).
 */
export function checkWholeList(
  found: { counts: Counts; problems: readonly Problem[]; estimate: Estimate | null },
  maxRejected: number,
): Result<void> {
  const { problems, estimate } = found;
  const { pending, rejected, duplicate, suppressed } = found.counts;
  const rows = pending + rejected + duplicate + suppressed;
  if (rows === 0) {
    return refuse(
      "list_no_sendable_row",
      "The list has a header and no rows.",
      "Add at least one row with a phone.",
    );
  }
  // A list of people who have all opted out is valid: it is finished once it is stored.
  if (pending === 0 && suppressed === 0) {
    return refuse(
      "list_no_sendable_row",
      `None of the ${rows} rows can be sent: ${inWords(problems)}.`,
      "Correct the rows (they are in the rejects file), or name another phone column.",
    );
  }
  if (rejected > rows * maxRejected) {
    return refuse(
      "list_too_many_rejected",
      `${rejected} of ${rows} rows cannot be sent, more than ${percent(maxRejected)}: ${inWords(problems)}.`,
      "Correct the rows (they are in the rejects file), or raise recipients.maxRejected.",
    );
  }
  if (estimate !== null && pending > 0 && estimate.late >= pending) {
    if (estimate.endBy === null) return refuseHours(estimate.startsAt);
    return refuse(
      "list_no_time",
      `No message can be sent before endBy (${estimate.endBy}): sending would begin at ${estimate.startsAt}.`,
      "Set schedule.endBy to a later time, or remove it.",
    );
  }
  return accept(undefined);
}

function refuseHours(startsAt: string): Result<never> {
  return refuse(
    "list_no_time",
    `No message can be sent in the hours of schedule.window: sending would begin at ${startsAt}.`,
    "Widen the window, or set its onMiss to next.",
  );
}

const PROBLEMS_SHOWN = 3;

function inWords(problems: readonly Problem[]): string {
  const found = problems.slice(0, PROBLEMS_SHOWN).map(({ count, reason, lines }) => {
    const more = count > lines.length ? ", ..." : "";
    return `${count} x ${reason} (line${lines.length > 1 ? "s" : ""} ${lines.join(", ")}${more})`;
  });
  return found.join("; ");
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
