import type { Config } from "../config/config.ts";
import { portfolioOf } from "../config/portfolios.ts";
import type { Mode } from "../core/mode.ts";
import { ALL } from "../health/topology.ts";
import type { Wanted } from "../redis/survey.ts";
import { ALL_NUMBERS, keySpace, neverKey, portfolioSpace } from "../store/index.ts";

/** For people: a number, a portfolio, or what belongs to all numbers. */
export function nameOf(space: string, mode: Mode): string {
  return space === keySpace(ALL_NUMBERS, mode) ? ALL : space.replace(/\.sandbox$/, "");
}

/** The same for a survey of a Redis that may be half away. */
export function wantedOf(config: Config): Wanted[] {
  return spacesOf(config).map((space) => {
    const name = nameOf(space, config.mode);
    const own = { key: neverKey(space), name };
    return Object.hasOwn(config.numbers, name) ? { ...own, number: name } : own;
  });
}

/** What this configuration has in Redis. */
export function spacesOf({ mode, numbers, portfolios }: Config): string[] {
  const ofNumbers = Object.keys(numbers);
  const ofPortfolios = ofNumbers.flatMap((number) => {
    const portfolio = portfolioOf(portfolios, number);
    return portfolio === undefined ? [] : portfolioSpace(portfolio.name);
  });
  const all = [ALL_NUMBERS, ...ofNumbers, ...ofPortfolios];
  return [...new Set(all)].map((space) => keySpace(space, mode));
}
