import { accept } from "../../core/refusal.ts";
import type { Difference } from "../../store/index.ts";
import type { Cli, CommandResult } from "../command.ts";
import { withPlatform } from "../session.ts";

/** `doctor --recount`: corrects counters that differ from their rows. */
export function recount(cli: Cli): Promise<CommandResult> {
  return withPlatform(cli, async ({ stores }) => {
    const corrected: Difference[] = [];
    const busy: string[] = [];
    for (const { audit, campaigns } of Object.values(stores)) {
      for await (const { id, status, rowsDeletedAt } of campaigns.all()) {
        if (status === "importing" || rowsDeletedAt !== null) continue;
        const result = await audit.correct(id);
        if (result.kind === "moved") busy.push(id);
        else corrected.push(...result.differences);
      }
    }
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
