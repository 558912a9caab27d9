import { accept } from "../../core/refusal.ts";
import type { Difference } from "../../store/index.ts";
import type { Cli, CommandResult } from "../command.ts";
import { withPlatform } from "../session.ts";

/** `doctor --recount`: counters that do not agree with their rows become what the rows say. */
export function recount(cli: Cli): Promise<CommandResult> {
  return withPlatform(cli, async ({ stores }) => {
    const mended: Difference[] = [];
    const busy: string[] = [];
    for (const { audit, campaigns } of Object.values(stores)) {
      for await (const { id, status, rowsDeletedAt } of campaigns.all()) {
        if (status === "importing" || rowsDeletedAt !== null) continue;
        const result = await audit.mend(id);
        if (result.kind === "moved") busy.push(id);
        else mended.push(...result.differences);
      }
    }
    const lines = [
      ...mended.map(
        ({ campaign, state, counted, rows }) => `${campaign}: ${state} was ${counted}, is ${rows}.`,
      ),
      ...busy.map((id) => `${id} is at work: pause it, and ask again.`),
    ];
    return accept({
      json: { mended, busy },
      text: lines.length > 0 ? lines.join("\n") : "Every counter agrees with its rows.",
      exitCode: busy.length > 0 ? 1 : 0,
    });
  });
}
