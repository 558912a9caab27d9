import type { CampaignDefinition } from "../../core/campaign.ts";
import { type PoolMember, partOf } from "../../core/pool.ts";

/**
 * The campaign of one member. A rate of the campaign is that of all its numbers together, so each
 * gets its part; a canary is sent by each number, which has a quality of its own.
 */
export function childDefinition(
  whole: CampaignDefinition,
  members: readonly PoolMember[],
  at: number,
): CampaignDefinition {
  const definition: CampaignDefinition = { ...whole };
  delete (definition as { numbers?: unknown }).numbers;
  const { number = definition.number } = members[at] ?? {};
  const part = (rate: number) => partOf(rate, members, at);
  const { ratePerSecond, rampUp = null, ...delivery } = definition.delivery;
  return {
    ...definition,
    number,
    delivery: {
      ...delivery,
      ratePerSecond: ratePerSecond === null ? null : part(ratePerSecond),
      rampUp: rampUp && {
        ...rampUp,
        from: part(rampUp.from),
        ...(rampUp.to == null ? {} : { to: part(rampUp.to) }),
      },
    },
  };
}
