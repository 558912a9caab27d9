import type { FoundCampaign } from "../campaigns/find.ts";
import type { Standing } from "../campaigns/pools/standing.ts";
import { modeOption } from "../core/mode.ts";
import { rowsToSend } from "./describe.ts";
import { count, table } from "./words.ts";

/** The campaigns of a pool, a line each, and what keeps some of its numbers from sending. */
export function childrenText(
  { children }: Pick<FoundCampaign, "children">,
  { words }: Standing,
): string {
  if (children === undefined) return "";
  const head = ["  NUMBER", "CAMPAIGN", "STATUS", "ROWS", "TO SEND", "FAILED", "UNKNOWN"];
  const lines = children.map(({ campaign }) => [
    `  ${campaign.number}`,
    ...[campaign.id, campaign.status],
    ...[campaign.rows, rowsToSend(campaign), campaign.counts.failed, campaign.counts.unknown].map(
      count,
    ),
  ]);
  const mode = children[0]?.campaign.mode ?? "live";
  const more = `Each is a campaign of its own: dropcast show ${children[0]?.campaign.id ?? "ID"}${modeOption(mode)}.`;
  const told = words.map((line) => `\n\n${line}`).join("");
  return `\n\n${table([head, ...lines], new Set([3, 4, 5, 6]))}\n${more}${told}`;
}
