import { z } from "zod";
import { NUMBER_NAME, NUMBER_NAME_RULE } from "../core/campaign.ts";
import type { Json } from "../core/json.ts";
import { didYouMean } from "../core/nearest.ts";
import type { ShapeProblem } from "../core/shape.ts";

/** Numbers that share WhatsApp's limit of people in 24 hours. */
export interface PortfolioConfig {
  readonly name: string;
  readonly numbers: readonly string[];
  /** WhatsApp's limit of different people in 24 hours, as WhatsApp Manager shows it. */
  readonly dailyRecipients: number;
  /** The share of it that Dropcast may use: agents write to people, too. */
  readonly share: number;
  /** Both together, in people. */
  readonly limit: number;
}

const SHARE = 0.8;

/** A portfolio as the configuration file describes it. */
export const portfolioShape = z.strictObject({
  /** Absent: all numbers that are in no other portfolio. */
  numbers: z.array(z.string()).min(1).nullish(),
  dailyRecipients: z.number().int().min(1).max(1_000_000_000),
  share: z.number().min(0.01).max(1).nullish(),
});

type PortfoliosInFile = Readonly<Record<string, z.output<typeof portfolioShape>>>;

/** `numbers`: the configured ones. */
export function toPortfolios(
  inFile: PortfoliosInFile,
  numbers: readonly string[],
): Record<string, PortfolioConfig> {
  const named = new Set(Object.values(inFile).flatMap((one) => one.numbers ?? []));
  const portfolios = Object.entries(inFile).map(([name, { numbers: own, ...one }]) => {
    const share = one.share ?? SHARE;
    const { dailyRecipients } = one;
    return {
      ...{ name, dailyRecipients, share },
      numbers: own ?? numbers.filter((number) => !named.has(number)),
      limit: Math.max(1, Math.floor(dailyRecipients * share)),
    };
  });
  return Object.fromEntries(portfolios.map((one) => [one.name, one]));
}

/** Mistakes that the shape does not show: a number that is missing would not be counted. */
export function portfolioProblems(
  inFile: PortfoliosInFile,
  numbers: readonly string[],
): ShapeProblem[] {
  const problems: ShapeProblem[] = [];
  const owners = new Map<string, string>();
  let rest: string | undefined;
  for (const [name, { numbers: own }] of Object.entries(inFile)) {
    const at = ["portfolios", name, "numbers"];
    if (own == null) {
      if (rest !== undefined) {
        const message = `is missing, as it is in portfolios.${rest}: only one can have all the others`;
        problems.push({ path: at, message });
      }
      rest = name;
    }
    for (const [index, number] of (own ?? []).entries()) {
      const path = [...at, index];
      const other = owners.get(number);
      if (!numbers.includes(number)) {
        const message = `is "${number}", which is not a configured number${didYouMean(number, numbers)}`;
        problems.push({ path, message });
      } else if (other !== undefined) {
        problems.push({ path, message: `is "${number}", which is in portfolios.${other} already` });
      }
      owners.set(number, name);
    }
  }
  return problems;
}

export function portfolioNameProblems(content: Json): ShapeProblem[] {
  if (typeof content !== "object" || content === null || !("portfolios" in content)) return [];
  return Object.keys(content["portfolios"] ?? {})
    .filter((name) => !NUMBER_NAME.test(name))
    .map((name) => ({
      path: ["portfolios", name],
      message: `is not a name: it ${NUMBER_NAME_RULE}`,
    }));
}

/** The portfolio of a number; undefined: people are not counted. */
export function portfolioOf(
  portfolios: Readonly<Record<string, PortfolioConfig>>,
  number: string,
): PortfolioConfig | undefined {
  return Object.values(portfolios).find(({ numbers }) => numbers.includes(number));
}
