import type { Config } from "../config/config.ts";
import { portfolioOf } from "../config/portfolios.ts";
import type { PoolMember } from "../core/pool.ts";
import {
  budgetSpace,
  type NumberStore,
  numberOfCampaign,
  type People,
  type Pool,
} from "../store/index.ts";

/** What the import of a list over several numbers needs from all of them together. */

/** The numbers of a pool with their weights: the configured rates. */
export function membersOf({ numbers }: Config, names: readonly string[]): PoolMember[] {
  return names.map((number) => ({ number, weight: numbers[number]?.ratePerSecond ?? 1 }));
}

/** What the producer notes about the list of a pool. */
export function poolOutcome({ name, members, definition, status, reason }: Pool) {
  return {
    ...{ name, category: definition.category, rows: 0, reason },
    number: members.map(({ number }) => number).join(", "),
    status: status === "stored" ? ("running" as const) : status,
  };
}

export async function listPool(
  config: Config,
  names: readonly string[],
  stores: readonly NumberStore[],
) {
  const rates = await Promise.all(
    names.map(async (name) => {
      const configured = config.numbers[name]?.ratePerSecond ?? 1;
      const store = stores.find(({ number }) => number === name);
      return (await store?.pace.rate(configured)) ?? configured;
    }),
  );
  const [first] = stores;
  const countries = new Set(names.map((name) => config.numbers[name]?.country ?? null));
  const spaces = names.map((name) =>
    budgetSpace(portfolioOf(config.portfolios, name) ?? null, config.mode),
  );
  const isOne = new Set(spaces).size === 1;
  return {
    // Numbers with different countries would read the same phone differently.
    country: countries.size === 1 ? ([...countries][0] ?? null) : null,
    preflight: {
      people: first === undefined ? null : peopleOf(stores),
      optOuts: first === undefined ? null : { check: checkOf(stores) },
      ratePerSecond: rates.reduce((sum, rate) => sum + rate, 0),
      prices: config.prices,
      // With several portfolios neither budget holds for all people.
      budget: isOne ? ((await first?.budget?.read()) ?? null) : null,
      caps: isOne ? (first?.caps ?? null) : null,
      nowMs: Date.now(),
    },
  };
}

/** The other campaigns of all numbers. */
function peopleOf(stores: readonly NumberStore[]): People {
  const of = (campaign: string): People => {
    const number = numberOfCampaign(campaign);
    const store = stores.find((one) => one.number === number);
    if (store === undefined) throw new Error(`No store for ${campaign}.`);
    return store.people;
  };
  const person = stores[0]?.people.person;
  if (person === undefined) throw new Error("A pool has no number.");
  return {
    person,
    async recent(mode, windows) {
      const all = await Promise.all(stores.map(({ people }) => people.recent(mode, windows)));
      const campaigns = all.flatMap((one) => one.campaigns);
      return {
        // The people of a pool that is being imported, which may be this one, are not known yet.
        campaigns: campaigns.filter(({ pool, status }) => pool === null || status !== "importing"),
        isCut: all.some(({ isCut }) => isCut),
      };
    },
    ofCampaign: (campaign, rows) => of(campaign).ofCampaign(campaign, rows),
    receivers: (campaign, rows, windows) => of(campaign).receivers(campaign, rows, windows),
  };
}

/** Opt-outs are the same for all numbers; whom WhatsApp could not reach, each number knows. */
function checkOf(stores: readonly NumberStore[]): NumberStore["optOuts"]["check"] {
  return async (definition, phones) => {
    const all = await Promise.all(stores.map(({ optOuts }) => optOuts.check(definition, phones)));
    return phones.map((_, at) => all.map((reasons) => reasons[at]).find(Boolean) ?? null);
  };
}
