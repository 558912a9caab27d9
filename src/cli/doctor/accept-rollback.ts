import type { Platform } from "../../app/platform.ts";
import { audited } from "../../campaigns/audited.ts";
import { accept, type Result, refuse } from "../../core/refusal.ts";
import type { AcceptedRollback } from "../../store/index.ts";
import { commandActor } from "../actor.ts";
import type { Cli, CommandResult } from "../command.ts";
import { withPlatform } from "../session.ts";
import { counted } from "../words.ts";

/** How many campaigns with unchanged rows are listed by name. */
const LISTED_MAX = 20;

/** `doctor --accept-rollback`: a person accepts that Redis was rolled back; sending continues. */
export function acceptRollback(cli: Cli): Promise<CommandResult> {
  return withPlatform(cli, async (platform) => {
    const { config, stores } = platform;
    const result = await audited(
      platform.actsOf(config.mode),
      commandActor(cli),
      { what: "accept rollback" },
      () => acceptAll(platform),
      (numbers) => ({ details: { numbers: Object.keys(numbers).join(", ") } }),
    );
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

async function acceptAll({
  config,
  stores,
}: Platform): Promise<Result<Record<string, AcceptedRollback>>> {
  const accepted: Record<string, AcceptedRollback> = {};
  for (const [number, store] of Object.entries(stores)) {
    const { ratePerSecond } = await store.pace.read();
    const configured = config.numbers[number]?.ratePerSecond ?? 0;
    const done = await store.rollback.accept(Math.max(ratePerSecond ?? 0, configured));
    if (done !== undefined) accepted[number] = done;
  }
  return accept(accepted);
}

/** Numbers that also wait to be accepted, but are not in this configuration. */
async function stoppedElsewhere(stores: Platform["stores"]): Promise<string[]> {
  const stopped = (await Object.values(stores)[0]?.rolledBackNumbers()) ?? [];
  return stopped.filter((number) => !Object.hasOwn(stores, number)).sort();
}

/**
 * `doctor --nothing-lost`: after a restart of Redis no process remembers its claim counter, and a
 * person confirms that no data is missing. Refuses (`redis_went_back`) if a worker remembers more.
 */
export function confirmStart(cli: Cli): Promise<CommandResult> {
  return withPlatform(cli, async (platform) => {
    const result = await audited(
      platform.actsOf(platform.config.mode),
      commandActor(cli),
      { what: "confirm nothing lost" },
      () => confirmAll(platform),
      (numbers) => ({ details: { numbers: numbers.join(", ") } }),
    );
    if (!result.ok) return result;
    const confirmed = result.value;
    const lines = confirmed.map((number) => `Number ${number} sends again.`);
    const text = lines.join("\n") || "Nothing to confirm: no number waits for this.";
    return accept({ json: { confirmed }, text });
  });
}

async function confirmAll({ stores }: Platform): Promise<Result<readonly string[]>> {
  const confirmed: string[] = [];
  for (const [number, store] of Object.entries(stores)) {
    const done = await store.rollback.confirmStart();
    if (done === "confirmed") confirmed.push(number);
    if (done !== "went_back") continue;
    return refuse(
      "redis_went_back",
      `A worker of number ${number} remembers claims that this Redis does not have: it is an older copy.`,
      "Restore the newer data, or continue with dropcast doctor --accept-rollback.",
    );
  }
  return accept(confirmed);
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
