import { recount } from "../../campaigns/recovery.ts";
import { accept } from "../../core/refusal.ts";
import { commandActor } from "../actor.ts";
import type { Cli, CommandResult } from "../command.ts";
import { withPlatform } from "../session.ts";

/** `doctor --recount`: corrects counters that differ from their rows. */
export function recountAll(cli: Cli): Promise<CommandResult> {
  return withPlatform(cli, async ({ config, stores, actsOf }) => {
    const result = await recount({ stores, acts: actsOf(config.mode) }, commandActor(cli));
    if (!result.ok) return result;
    const { corrected, busy } = result.value;
    const lines = [
      ...corrected.map(
        ({ campaign, state, counted, rows }) => `${campaign}: ${state} was ${counted}, is ${rows}.`,
      ),
      ...busy.map((id) => `${id} is active: pause it, and run this again.`),
    ];
    return accept({
      json: { mended: corrected, busy },
      text: lines.length > 0 ? lines.join("\n") : "Every counter matches its rows.",
      exitCode: busy.length > 0 ? 1 : 0,
    });
  });
}
