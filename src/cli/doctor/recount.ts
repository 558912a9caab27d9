import type { Platform } from "../../app/platform.ts";
import { audited } from "../../campaigns/audited.ts";
import { accept, type Result } from "../../core/refusal.ts";
import type { Difference } from "../../store/index.ts";
import { commandActor } from "../actor.ts";
import type { Cli, CommandResult } from "../command.ts";
import { withPlatform } from "../session.ts";

/** Campaigns named in the line of the audit. */
const NAMED_MAX = 100;

/** `doctor --recount`: corrects counters that differ from their rows. */
export function recount(cli: Cli): Promise<CommandResult> {
  return withPlatform(cli, async (platform) => {
    const result = await audited(
      platform.actsOf(platform.config.mode),
      commandActor(cli),
      { what: "recount" },
      () => recountAll(platform),
      ({ corrected, busy }) => ({
        campaigns: [...new Set(corrected.map(({ campaign }) => campaign))].slice(0, NAMED_MAX),
        details: { counters: corrected.length, left: busy.length },
      }),
    );
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

interface Recounted {
  readonly corrected: readonly Difference[];
  /** Campaigns whose rows moved meanwhile. */
  readonly busy: readonly string[];
}

async function recountAll({ stores }: Platform): Promise<Result<Recounted>> {
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
  return accept({ corrected, busy });
}
