import { accept, type Result, refuse } from "../core/refusal.ts";
import type { Problem, Tally } from "./report.ts";

/**
 * Whether a list that has been read to its end may be sent: it must have a row to send
 * (`list_no_sendable_row`), and not more than the share `maxRejected` (0..1) of its rows may be
 * broken (`list_too_many_rejected`), because then it is probably the wrong file or column.
 */
export function judgeList(tally: Tally, maxRejected: number): Result<void> {
  const { rows } = tally;
  const { pending, rejected, suppressed } = tally.counts();
  if (rows === 0) {
    return refuse(
      "list_no_sendable_row",
      "the list has a header and no rows.",
      "Add at least one row with a phone.",
    );
  }
  // A list of people who have all opted out is no wrong list: it is over as soon as it is stored.
  if (pending === 0 && suppressed === 0) {
    return refuse(
      "list_no_sendable_row",
      `none of the ${rows} rows can be sent: ${inWords(tally.problems())}.`,
      "Correct the rows (they are in the rejects file), or name another phone column.",
    );
  }
  if (rejected > rows * maxRejected) {
    return refuse(
      "list_too_many_rejected",
      `${rejected} of ${rows} rows cannot be sent, more than ${percent(maxRejected)}: ${inWords(tally.problems())}.`,
      "Correct the rows (they are in the rejects file), or raise recipients.maxRejected.",
    );
  }
  return accept(undefined);
}

const PROBLEMS_SHOWN = 3;

function inWords(problems: readonly Problem[]): string {
  return problems
    .slice(0, PROBLEMS_SHOWN)
    .map(({ count, reason, lines }) => {
      const more = count > lines.length ? ", ..." : "";
      return `${count} x ${reason} (line${lines.length > 1 ? "s" : ""} ${lines.join(", ")}${more})`;
    })
    .join("; ");
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
