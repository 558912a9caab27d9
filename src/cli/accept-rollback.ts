import { accept } from "../core/refusal.ts";
import type { Platform } from "../platform.ts";
import type { AcceptedRollback } from "../store/rollback.ts";
import type { Cli, CommandResult } from "./command.ts";
import { withPlatform } from "./session.ts";
import { counted } from "./words.ts";

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

function linesOf(number: string, { unknown, dropped }: AcceptedRollback): string[] {
  return [
    `Number ${number} sends again. What people did in the time that was lost (pauses, cancels, ` +
      "opt-outs, retries) is lost too: look, and do it again.",
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
  ];
}
