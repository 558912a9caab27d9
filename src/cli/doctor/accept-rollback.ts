import { acceptRollbacks, confirmNothingLost, stoppedElsewhere } from "../../campaigns/recovery.ts";
import { accept } from "../../core/refusal.ts";
import type { AcceptedRollback } from "../../store/index.ts";
import { commandActor } from "../actor.ts";
import type { Cli, CommandResult } from "../command.ts";
import { withPlatform } from "../session.ts";
import { counted } from "../words.ts";

/** How many campaigns with unchanged rows are listed by name. */
const LISTED_MAX = 20;

/** `doctor --accept-rollback`: a person accepts that Redis was rolled back; sending continues. */
export function acceptRollback(cli: Cli): Promise<CommandResult> {
  return withPlatform(cli, async ({ config, stores, actsOf }) => {
    const deps = { stores, acts: actsOf(config.mode) };
    const result = await acceptRollbacks(deps, config.numbers, commandActor(cli));
    if (!result.ok) return result;
    const accepted = result.value;
    const elsewhere = await stoppedElsewhere(stores);
    const done = Object.entries(accepted).flatMap(([number, what]) => linesOf(number, what));
    const lines = [
      ...(done.length > 0 ? done : ["Nothing to accept: no rollback was detected."]),
      ...elsewhere.map(
        (number) =>
          `Number ${number} is not accepted: it is not in this configuration, so its rate is not ` +
          "known here. Run this command where it is configured.",
      ),
    ];
    return accept({
      json: { accepted, elsewhere },
      text: lines.join("\n"),
    });
  });
}

/**
 * `doctor --nothing-lost`: after a restart of Redis no process remembers its claim counter, and a
 * person confirms that no data is missing. Refuses (`redis_went_back`) if a worker remembers more.
 */
export function confirmStart(cli: Cli): Promise<CommandResult> {
  return withPlatform(cli, async ({ config, stores, actsOf }) => {
    const deps = { stores, acts: actsOf(config.mode) };
    const result = await confirmNothingLost(deps, commandActor(cli));
    if (!result.ok) return result;
    const confirmed = result.value;
    const lines = confirmed.map((number) => `Number ${number} sends again.`);
    const text = lines.join("\n") || "Nothing to confirm: no number waits for this.";
    return accept({ json: { confirmed }, text });
  });
}

function linesOf(number: string, accepted: AcceptedRollback): string[] {
  const { unknown, dropped, left, lostActs } = accepted;
  const changes =
    lostActs === 0
      ? "As far as workers remember, people changed nothing in the lost period."
      : "Changes made in the lost period (lists, pauses, cancels, rates, opt-outs, retries, " +
        "corrections, erasures) are lost too: check them, and make them again.";
  return [
    `Number ${number} sends again. ${changes}`,
    ...unknown.map(
      ({ campaign, rows }) =>
        `  ${campaign}: ${counted(rows, "message")} may have been sent in the lost period ` +
        `and ${rows === 1 ? "is" : "are"} unknown now. Webhooks settle some; dropcast resolve decides one.`,
    ),
    ...dropped.map(
      (campaign) =>
        `  ${campaign} was being imported then and is cancelled: its list may have been sent since. ` +
        "Check before you send it with --again.",
    ),
    ...lostCampaigns(number, accepted),
    ...leftLines(left),
  ];
}

function lostCampaigns(number: string, { lostSerials }: AcceptedRollback): string[] {
  if (lostSerials === null) return [];
  const { first, last } = lostSerials;
  const names = first === last ? `${number}-${first}` : `${number}-${first} to ${number}-${last}`;
  return [
    `  ${names}: imported in the lost period, and gone. Their lists may have been sent: check ` +
      "the API or webhooks before you send them again.",
  ];
}

/** It is not known whether these were sent again: they stay as they are, and are listed. */
function leftLines(left: AcceptedRollback["left"]): string[] {
  if (left.length === 0) return [];
  const listed = left.slice(0, LISTED_MAX).map(({ campaign, failed, rejected }) => {
    const parts = [
      ...(failed > 0 ? [`${counted(failed, "message")} failed`] : []),
      ...(rejected > 0 ? [`${counted(rejected, "row")} rejected`] : []),
    ];
    return `    ${campaign}: ${parts.join(", ")}`;
  });
  const more = left.length - listed.length;
  return [
    "  Unchanged, but perhaps sent: failed messages that were retried, and rejected rows that were " +
      "corrected, in the lost period. Before you retry or correct any of these, make sure that " +
      "this has not been done yet:",
    ...listed,
    ...(more > 0 ? [`    and ${counted(more, "campaign")} more (--json names all)`] : []),
  ];
}
