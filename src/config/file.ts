import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { NUMBER_NAME, NUMBER_NAME_RULE } from "../core/campaign.ts";
import { type Caps, capsBlock } from "../core/caps.ts";
import type { Json } from "../core/json.ts";
import type { PriceTable } from "../core/prices.ts";
import { pathText, type ShapeProblem, shapeProblems } from "../core/shape.ts";
import {
  type AccessConfig,
  accessKeysAt,
  accessProblems,
  accessShape,
  toAccess,
} from "./access.ts";
import { type Environment, reason } from "./environment.ts";
import { type NumberConfig, numberShape, pickServed, readNumbers } from "./numbers.ts";
import {
  type PortfolioConfig,
  portfolioNameProblems,
  portfolioProblems,
  portfolioShape,
  toPortfolios,
} from "./portfolios.ts";
import { countryPricesKeys, pricesShape, toPriceTable } from "./prices.ts";
import { readWebhooksOut, type WebhookEndpoint } from "./webhooks-out.ts";
import { correctionText } from "./yaml/correct.ts";
import { PROBLEMS_MAX, readYamlText } from "./yaml/yaml-text.ts";

/** Status events are looked up for 40 days: a campaign must be kept that long. */
const KEPT_DAYS_MIN = 40;
const DAY_MS = 24 * 3_600_000;

const KEPT_DAYS_WORDS = "must be a number of days, as in 400d";

/** `400d` as ms. */
const keptDays = z
  .string(KEPT_DAYS_WORDS)
  .regex(/^\d{1,5}d$/, { message: KEPT_DAYS_WORDS })
  .transform((text) => Number.parseInt(text, 10))
  .refine((days) => days >= KEPT_DAYS_MIN, { message: `must be at least ${KEPT_DAYS_MIN}d` })
  .transform((days) => days * DAY_MS);

export const fileShape = z
  .strictObject({
    numbers: z.record(z.string(), numberShape).nullish(),
    /** The table itself, or the name of a file with it. */
    prices: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    campaigns: z.strictObject({ keep: keptDays.nullish() }).nullish(),
    /** One endpoint, or a list of them. */
    webhooksOut: z.unknown().optional(),
    portfolios: z.record(z.string(), portfolioShape).nullish(),
    access: accessShape.nullish(),
    /** Of all campaigns, by category. */
    caps: capsBlock.optional(),
  })
  .refine((file) => Object.values(file).some((block) => block != null), {
    path: ["numbers"],
    message: "is missing: it must be a block of keys and values",
  });

/**
 * The content of the YAML file that `DROPCAST_CONFIG` names, and of files named in it: the numbers
 * (in addition to that of the variables), the prices, how long campaigns are kept, the endpoints of
 * webhooks out, and who may sign in.
 */
export function readConfigFile(
  environment: Environment,
  strangers: "refuse" | "warn",
): {
  numbers: Record<string, NumberConfig>;
  otherNumbers: readonly string[];
  sharingSecrets: readonly string[];
  prices: PriceTable | null;
  campaignsKeptMs: number | null;
  webhooksOut: readonly WebhookEndpoint[];
  portfolios: Record<string, PortfolioConfig>;
  caps: Caps | null;
  access: AccessConfig;
} {
  const given = environment.text("DROPCAST_CONFIG");
  const path = given === undefined ? null : resolve(environment.cwd, given);
  const yaml = path === null ? null : parseFile(path, environment);
  const content = yaml === null ? null : check(yaml);
  const folder = path === null ? environment.cwd : dirname(path);
  const numbers = readNumbers(environment, { folder, numbers: content?.numbers ?? {} });
  const inFile = content?.portfolios ?? {};
  yaml?.complain(portfolioProblems(inFile, Object.keys(numbers)));
  yaml?.complain(accessProblems(content?.access, Object.keys(numbers)));
  return {
    ...pickServed(environment, numbers, strangers),
    portfolios: toPortfolios(inFile, Object.keys(numbers)),
    caps: content?.caps ?? null,
    prices: readPrices(environment, { yaml, folder, prices: content?.prices ?? null }),
    access: toAccess(content?.access, environment.secret("DROPCAST_OIDC_CLIENT_SECRET") ?? null),
    campaignsKeptMs: content?.campaigns?.keep ?? null,
    webhooksOut: readWebhooksOut(content?.webhooksOut, {
      ...{ folder, findings: environment.findings, numbers: Object.keys(numbers) },
      complain: (problems) => yaml?.complain(problems),
      nameOf: (at) => `DROPCAST_CONFIG ${path}: ${yaml?.placeOf(at)}: ${pathText(at)}`,
    }),
  };
}

interface ParsedFile {
  readonly content: Json;
  readonly complain: (problems: readonly ShapeProblem[]) => void;
  /** `line 3, column 5` of a key. */
  readonly placeOf: (path: ShapeProblem["path"]) => string;
}

function parseFile(path: string, { findings }: Environment): ParsedFile | null {
  const complain = (message: string): null => {
    findings.add("DROPCAST_CONFIG", `${path}: ${message}`, "Correct the file.");
    return null;
  };
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return complain(`cannot be read: ${reason(error)}`);
  }
  const yaml = readYamlText(bytes);
  if (!yaml.ok) {
    // Never show lines with a token or a secret.
    const shown = yaml.corrections.filter(
      ({ written }) => !/token|secret|password|url|:\/\//i.test(written),
    );
    for (const [index, { place, message }] of yaml.problems.entries()) {
      const text = place === null ? message : `${place}: ${message}`;
      complain(index === 0 ? text + correctionText(shown) : text);
    }
    return null;
  }
  const placeOf = (at: ShapeProblem["path"]): string => yaml.locate(at) ?? "line 1";
  return {
    content: yaml.content,
    placeOf,
    complain: (problems) => {
      for (const problem of problems.slice(0, PROBLEMS_MAX)) {
        complain(`${placeOf(problem.path)}: ${pathText(problem.path)} ${problem.message}`);
      }
    },
  };
}

function check({ content, complain }: ParsedFile) {
  const parsed = fileShape.safeParse(content, { reportInput: true });
  const problems = [
    ...badNames(content),
    ...portfolioNameProblems(content),
    ...(parsed.success ? [] : shapeProblems(parsed.error, knownKeysAt)),
  ];
  complain(problems);
  return parsed.success && problems.length === 0 ? parsed.data : null;
}

function readPrices(
  environment: Environment,
  input: {
    yaml: ParsedFile | null;
    folder: string;
    prices: string | Record<string, unknown> | null;
  },
): PriceTable | null {
  const { yaml, folder, prices } = input;
  if (prices === null || yaml === null) return null;
  const own = typeof prices === "string";
  const file = own ? parseFile(resolve(folder, prices), environment) : yaml;
  if (file === null) return null;
  const parsed = pricesShape.safeParse(own ? file.content : prices, { reportInput: true });
  if (parsed.success) return toPriceTable(parsed.data);
  const problems = shapeProblems(parsed.error, countryPricesKeys);
  file.complain(
    problems.map(({ path, message }) => ({ path: own ? path : ["prices", ...path], message })),
  );
  return null;
}

function knownKeysAt(path: readonly (string | number)[]): string[] {
  if (path.length === 0) return Object.keys(fileShape.shape);
  if (path[0] === "portfolios") return Object.keys(portfolioShape.shape);
  if (path[0] === "access") return accessKeysAt(path);
  return path[0] === "campaigns" ? ["keep"] : Object.keys(numberShape.shape);
}

function badNames(content: Json): { path: string[]; message: string }[] {
  if (typeof content !== "object" || content === null || !("numbers" in content)) return [];
  return Object.keys(content["numbers"] ?? {})
    .filter((name) => !NUMBER_NAME.test(name))
    .map((name) => ({ path: ["numbers", name], message: `is not a name: it ${NUMBER_NAME_RULE}` }));
}
