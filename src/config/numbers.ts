import { resolve } from "node:path";
import { z } from "zod";
import { RATE_MAX, RATE_MIN } from "../core/campaign.ts";
import { didYouMean } from "../core/nearest.ts";
import { countryProblem } from "./country.ts";
import { checkToken, checkWebhookSecrets } from "./credentials.ts";
import { type Environment, readSecretFile } from "./environment.ts";

/** A sending WhatsApp number. */
export interface NumberConfig {
  readonly name: string;
  /** LiveChat's id of it; `null`: it cannot send (the producer needs none). */
  readonly id: string | null;
  /** Base64, to follow `Basic `. */
  readonly token: string | null;
  readonly ratePerSecond: number;
  /** Base64 without `whsec_`; any of them may have signed a webhook. */
  readonly webhookSecrets: readonly string[];
  /** Two letters: the country of the national phone numbers in its lists. */
  readonly country: string | null;
}

const DEFAULT_RATE_PER_SECOND = 10;

/** Ids are part of a URL's path. */
const NUMBER_ID = /^[A-Za-z0-9_-]{1,64}$/;
const NUMBER_ID_RULE = "must be 1 to 64 letters, digits, - or _";
const NUMBER_ID_FIX = "Give the number id that contact@livechat-integrations.com sent you.";

/**
 * The numbers of the single-number variables and of the YAML file. The variables define `main`,
 * which the file may not define too. Rate and country of the environment are the defaults of the
 * file's numbers. If nothing is given, there is a `main` that cannot send.
 */
export function readNumbers(
  environment: Environment,
  file: NumbersInFile,
): Record<string, NumberConfig> {
  const { findings } = environment;
  const main = readMain(environment);
  const numbers: Record<string, NumberConfig> = Object.create(null);
  const fromFile = readNumbersOfFile(environment, file, main);
  const definesMain =
    main.id !== null || SINGLE.some((name) => environment.text(name) !== undefined);
  if (definesMain || fromFile.length === 0) numbers["main"] = main;
  for (const number of fromFile) {
    if (number.name === "main" && definesMain) {
      findings.add(
        "DROPCAST_CONFIG",
        "numbers.main is also defined by DROPCAST_NUMBER_ID, DROPCAST_API_TOKEN or DROPCAST_WEBHOOK_SECRET",
        "Keep one of the two definitions of main.",
      );
    } else numbers[number.name] = number;
  }
  checkIdsDiffer(Object.values(numbers), environment);
  return numbers;
}

/** The configured numbers that this process works for, and the names of the others. */
interface ServedNumbers {
  readonly numbers: Record<string, NumberConfig>;
  readonly otherNumbers: readonly string[];
  /** Numbers of this process that have a webhook secret of one of the others. */
  readonly sharingSecrets: readonly string[];
}

/**
 * Those that `DROPCAST_NUMBERS` names; all of them if it is not set. `strangers`: names that are
 * no number. A process that runs warns of them: the number may have been removed from the file, and
 * the others must be taken all the same.
 */
export function pickServed(
  { text, findings }: Environment,
  all: Record<string, NumberConfig>,
  strangers: "refuse" | "warn",
): ServedNumbers {
  const names = (text("DROPCAST_NUMBERS") ?? "").split(/[\s,]+/).filter((name) => name !== "");
  // A file that could not be read has no numbers, and its own problems.
  if (names.length === 0 || findings.problems.length > 0) {
    return { numbers: all, otherNumbers: [], sharingSecrets: [] };
  }
  const configured = Object.keys(all);
  const isKnown = (name: string): boolean => Object.hasOwn(all, name);
  for (const name of names.filter((one) => !isKnown(one))) {
    const problem = `names "${name.slice(0, 60)}", which is not a number${didYouMean(name, configured)}; configured: ${configured.join(", ")}`;
    if (strangers === "warn" && names.some(isKnown)) {
      findings.warn(`DROPCAST_NUMBERS ${problem}. A restart is refused until it is taken out`);
      continue;
    }
    const fix = "Name numbers of the file in DROPCAST_CONFIG, with commas between them.";
    findings.add("DROPCAST_NUMBERS", problem, fix);
  }
  const entries = Object.entries(all);
  const isServed = ([name]: readonly [string, NumberConfig]): boolean => names.includes(name);
  const [served, others] = [entries.filter(isServed), entries.filter((one) => !isServed(one))];
  const elsewhere = new Set(others.flatMap(([, { webhookSecrets }]) => webhookSecrets));
  return {
    numbers: Object.assign(Object.create(null), Object.fromEntries(served)),
    otherNumbers: others.map(([name]) => name),
    sharingSecrets: served
      .filter(([, { webhookSecrets }]) => webhookSecrets.some((one) => elsewhere.has(one)))
      .map(([name]) => name),
  };
}

const SINGLE = [
  "DROPCAST_NUMBER_ID",
  "DROPCAST_API_TOKEN",
  "DROPCAST_API_TOKEN_FILE",
  "DROPCAST_WEBHOOK_SECRET",
  "DROPCAST_WEBHOOK_SECRET_FILE",
] as const;

function readMain(environment: Environment): NumberConfig {
  const { findings } = environment;
  const id = environment.text("DROPCAST_NUMBER_ID") ?? null;
  if (id !== null && !NUMBER_ID.test(id)) {
    findings.add("DROPCAST_NUMBER_ID", NUMBER_ID_RULE, NUMBER_ID_FIX);
  }
  const token = environment.secret("DROPCAST_API_TOKEN");
  const secrets = environment.secret("DROPCAST_WEBHOOK_SECRET");
  return {
    name: "main",
    id,
    token: token === undefined ? null : checkToken("DROPCAST_API_TOKEN", token, findings),
    ratePerSecond:
      environment.number("DROPCAST_RATE_PER_SECOND", {
        min: RATE_MIN,
        max: RATE_MAX,
        kind: "any",
      }) ?? DEFAULT_RATE_PER_SECOND,
    webhookSecrets:
      secrets === undefined
        ? []
        : checkWebhookSecrets("DROPCAST_WEBHOOK_SECRET", secrets, findings),
    country: readCountry(environment),
  };
}

function readCountry({ text, findings }: Environment): string | null {
  const country = text("DROPCAST_DEFAULT_COUNTRY") ?? null;
  const problem = country === null ? null : countryProblem(country);
  if (problem !== null) {
    findings.add("DROPCAST_DEFAULT_COUNTRY", problem, "Give two capital letters, as in PL.");
  }
  return country;
}

const secret = z.string().trim().min(1).nullish();

/** A number as the configuration file describes it. */
export const numberShape = z
  .strictObject({
    id: z.string().regex(NUMBER_ID, NUMBER_ID_RULE).nullish(),
    token: secret,
    tokenFile: secret,
    ratePerSecond: z.number().min(RATE_MIN).max(RATE_MAX).nullish(),
    webhookSecret: secret,
    webhookSecretFile: secret,
    country: z.string().nullish(),
    // Of no effect: what a window's zone is stands in the campaign file. Files of 0.1.0 have it.
    timezone: z.string().refine(isZone, "must be an IANA time zone, as in Europe/Warsaw").nullish(),
  })
  .superRefine((number, context) => {
    const twice = (key: "token" | "webhookSecret"): void => {
      if (!number[key] || !number[`${key}File`]) return;
      const message = `is given twice, also as ${key}File: remove one of the two`;
      context.addIssue({ code: "custom", path: [key], message });
    };
    twice("token");
    twice("webhookSecret");
    const problem = number.country == null ? null : countryProblem(number.country);
    if (problem !== null) {
      context.addIssue({ code: "custom", path: ["country"], message: problem });
    }
  });

/** The numbers of the configuration file; none without a file. */
interface NumbersInFile {
  /** Files are relative to the file that names them, not to the working folder. */
  readonly folder: string;
  readonly numbers: Readonly<Record<string, z.output<typeof numberShape>>>;
}

function readNumbersOfFile(
  { findings }: Environment,
  { folder, numbers }: NumbersInFile,
  defaults: NumberConfig,
): NumberConfig[] {
  return Object.entries(numbers).map(([name, number]) => {
    const at = `DROPCAST_CONFIG numbers.${name}`;
    const fromFile = (key: string, file: string): string | null =>
      readSecretFile(`${at}.${key}`, resolve(folder, file), findings);
    const token =
      number.token ?? (number.tokenFile ? fromFile("tokenFile", number.tokenFile) : null);
    const secrets =
      number.webhookSecret ??
      (number.webhookSecretFile ? fromFile("webhookSecretFile", number.webhookSecretFile) : null);
    return {
      name,
      id: number.id ?? null,
      token: token === null ? null : checkToken(`${at}.token`, token, findings),
      ratePerSecond: number.ratePerSecond ?? defaults.ratePerSecond,
      webhookSecrets:
        secrets === null ? [] : checkWebhookSecrets(`${at}.webhookSecret`, secrets, findings),
      country: number.country ?? defaults.country,
    };
  });
}

/** Two names for one number would send at twice its rate. */
function checkIdsDiffer(numbers: readonly NumberConfig[], { findings }: Environment): void {
  const names = new Map<string, string>();
  for (const { id, name } of numbers) {
    if (id === null) continue;
    const other = names.get(id);
    if (other !== undefined) {
      findings.add(
        "DROPCAST_CONFIG",
        `numbers.${name} and numbers.${other} have the same id, so its rate would be used twice`,
        "Give each number once.",
      );
    }
    names.set(id, name);
  }
}

function isZone(zone: string): boolean {
  if (zone !== "UTC" && !zone.includes("/")) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
