import type { Platform } from "../../app/platform.ts";
import { accept, refuse } from "../../core/refusal.ts";
import type { AcceptedRollback } from "../../store/index.ts";
import type { Cli, CommandResult } from "../command.ts";
import { withPlatform } from "../session.ts";
import { counted } from "../words.ts";

/** Campaigns with rows that are left as they are, told one by one. */
const LEFT_TOLD = 20;

/** `doctor --accept-rollback`: Redis went back in time, a person knows it, and sending goes on. */
export function acceptRollback(cli: Cli): Promise<CommandResult> {
  return withPlatform(cli, async ({ config, stores }) => {
    const accepted: Record<string, AcceptedRollback> = {};
    for (const [number, store] of Object.entries(stores)) {
      const { ratePerSecond } = await store.pace.read();
      const configured = config.numbers[number]?.ratePerSecond ?? 0;
      const done = await store.rollback.accept(Math.max(ratePerSecond ?? 0, configured));
      if (done !== undefined) accepted[number] = done;
    }
    const elsewhere = await stoppedElsewhere(stores);
    const done = Object.entries(accepted).flatMap(([number, what]) => linesOf(number, what));
    const lines = [
      ...(done.length > 0 ? done : ["Nothing to accept: Redis is where it was."]),
      ...elsewhere.map(
        (number) =>
          `Number ${number} is not accepted: this configuration does not have it, so its rate is not ` +
          "known here. Run this where it is configured.",
      ),
    ];
    return accept({
      json: { accepted, elsewhere },
      text: lines.join("\n"),
    });
  });
}

/** Numbers that wait to be accepted as well, and that this configuration does not have. */
async function stoppedElsewhere(stores: Platform["stores"]): Promise<string[]> {
  const stopped = (await Object.values(stores)[0]?.rolledBackNumbers()) ?? [];
  return stopped.filter((number) => !Object.hasOwn(stores, number)).sort();
}

/**
 * `doctor --nothing-lost`: nobody remembers what Redis held before it was started anew, and a person
 * knows that it lacks nothing. Refuses (`redis_went_back`) where a worker remembers more.
 */
export function confirmStart(cli: Cli): Promise<CommandResult> {
  return withPlatform(cli, async ({ stores }) => {
    const confirmed: string[] = [];
    for (const [number, store] of Object.entries(stores)) {
      const done = await store.rollback.confirmStart();
      if (done === "confirmed") confirmed.push(number);
      if (done !== "went_back") continue;
      return refuse(
        "redis_went_back",
        `A worker of number ${number} remembers claims that this Redis does not have: it is an older copy.`,
        "Bring the newer data back, or go on with dropcast doctor --accept-rollback.",
      );
    }
    const lines = confirmed.map((number) => `Number ${number} sends again.`);
    const text = lines.join("\n") || "Nobody asked: no number waits for this.";
    return accept({ json: { confirmed }, text });
  });
}

function linesOf(number: string, accepted: AcceptedRollback): string[] {
  const { unknown, dropped, left, lostActs } = accepted;
  const changes =
    lostActs === 0
      ? "People changed nothing in the time that was lost, as far as workers remember."
      : "What people did in the time that was lost (lists, pauses, cancels, rates, opt-outs, retries, " +
        "corrections, erasures) is lost too: look, and do it again.";
  return [
    `Number ${number} sends again. ${changes}`,
    ...unknown.map(
      ({ campaign, rows }) =>
        `  ${campaign}: ${counted(rows, "message")} may have been sent in the time that was lost ` +
        `and ${rows === 1 ? "is" : "are"} unknown now. Webhooks settle some; dropcast resolve decides one.`,
    ),
    ...dropped.map(
      (campaign) =>
        `  ${campaign} was being imported then and is cancelled: its list may have been sent since. ` +
        "Look, before you send it with --again.",
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
    `  ${names}: imported in the time that was lost, and gone. Their lists may have been sent: look ` +
      "at the API or at webhooks before you send them again.",
  ];
}

/** Nobody can tell whether a person had these sent again: they stay as they are, and are named. */
function leftLines(left: AcceptedRollback["left"]): string[] {
  if (left.length === 0) return [];
  const told = left.slice(0, LEFT_TOLD).map(({ campaign, failed, rejected }) => {
    const parts = [
      ...(failed > 0 ? [`${counted(failed, "message")} failed`] : []),
      ...(rejected > 0 ? [`${counted(rejected, "row")} rejected`] : []),
    ];
    return `    ${campaign}: ${parts.join(", ")}`;
  });
  const more = left.length - told.length;
  return [
    "  Left as they are, and perhaps sent: failed messages that were retried, and rejected rows that were " +
      "corrected, in the time that was lost. Before you retry or correct any of these, make sure that " +
      "nobody had done so:",
    ...told,
    ...(more > 0 ? [`    and ${counted(more, "campaign")} more (--json names all)`] : []),
  ];
}
