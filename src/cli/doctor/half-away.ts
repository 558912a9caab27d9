import { wantedOf } from "../../app/spaces.ts";
import type { Config } from "../../config/config.ts";
import { portfolioOf } from "../../config/portfolios.ts";
import { parseRedisUrl } from "../../core/redis-address.ts";
import type { Check } from "../../health/check.ts";
import { surveyChecks } from "../../health/survey.ts";
import { troublesOf } from "../../health/survey-words.ts";
import { ALL } from "../../health/topology.ts";
import { surveyRedis } from "../../redis/survey.ts";
import { portfolioSpace } from "../../store/index.ts";

/** A Redis Cluster, or one behind Sentinels, of which a part is away. */
interface HalfAway {
  /** Each node, and what cannot be read for which reason. */
  readonly checks: readonly Check[];
  /** The configuration with the numbers that can be read; null: not even what they share can. */
  readonly rest: Config | null;
}

/**
 * Looks at the nodes before anything is opened: a platform needs all of them, and the command is
 * typed when one is away. Null if everything can be read, or if no node tells of the others: what
 * opens Redis says then what is wrong with the address.
 */
export async function lookForHalfAway(config: Config): Promise<HalfAway | null> {
  const address = config.redisUrl === null ? null : parseRedisUrl(config.redisUrl);
  if (!address?.ok) return null;
  const wanted = wantedOf(config);
  const survey = await surveyRedis(address.value, wanted);
  if (survey === null || survey.masters.length === 0) return null;
  const troubles = troublesOf(survey, wanted);
  if (troubles.length === 0) return null;
  const away = new Set(troubles.flatMap(({ keys }) => keys.map(({ name }) => name)));
  const isThere = (number: string): boolean => {
    const portfolio = portfolioOf(config.portfolios, number);
    const shared = portfolio === undefined ? [] : [portfolioSpace(portfolio.name)];
    return [number, ...shared].every((name) => !away.has(name));
  };
  const there = Object.entries(config.numbers).filter(([number]) => isThere(number));
  return {
    checks: surveyChecks(survey, troubles),
    rest: away.has(ALL) ? null : { ...config, numbers: Object.fromEntries(there) },
  };
}
