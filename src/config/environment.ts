import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { didYouMean, nearest } from "../core/nearest.ts";
import { type DotEnv, parseDotEnv } from "./dot-env.ts";
import { readHandWritten } from "./hand-written.ts";
import { SECRETS, type Secret, VARIABLES, type Variable } from "./variables.ts";

/** One mistake in the configuration: its variable, what is wrong, and how to fix it. */
export interface ConfigProblem {
  readonly name: string;
  readonly message: string;
  readonly fix: string;
}

/** Collects all mistakes, to be reported at once. Neither list ever contains a secret. */
export interface Findings {
  readonly problems: ConfigProblem[];
  readonly warnings: string[];
  add(name: string, message: string, fix: string): void;
  warn(message: string): void;
}

function createFindings(): Findings {
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  return {
    problems,
    warnings,
    add: (name, message, fix) => void problems.push({ name, message, fix }),
    warn: (message) => void warnings.push(message),
  };
}

/** The given variables, whichever source won; `undefined` if empty. */
export interface Environment {
  readonly findings: Findings;
  readonly cwd: string;
  readonly text: (name: Variable) => string | undefined;
  /** `environment` or `.env line 3`; undefined if it is not given. */
  readonly sourceOf: (name: Variable) => string | undefined;
  number(name: Variable, range: NumberRange): number | undefined;
  flag(name: Variable): boolean;
  choice<const T extends string>(name: Variable, values: readonly T[]): T | undefined;
  /** The value itself or the content of its file, without the final newline. */
  secret(name: Secret): string | undefined;
}

interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly kind: "whole" | "any";
}

/**
 * The real environment over the `.env` of the working folder. An empty value counts as not given,
 * because compose files pass unset variables on as empty ones. Does not change `process.env`.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Environment {
  const findings = createFindings();
  const file = readDotEnv(cwd, findings);
  checkNames(env, file, findings);
  const values = merge(env, file.values);
  const text = (name: Variable): string | undefined => values.get(name)?.trim() || undefined;
  return {
    findings,
    cwd,
    text,
    sourceOf: (name) => {
      if (text(name) === undefined) return undefined;
      return env[name] === undefined ? `.env line ${file.lines.get(name)}` : "environment";
    },
    number: (name, range) => readNumber(name, text(name), range, findings),
    flag: (name) => readFlag(name, text(name), findings),
    choice: (name, allowed) => readChoice(name, text(name), allowed, findings),
    secret: (name) => readSecret(name, values, cwd, findings),
  };
}

/**
 * A secret in a file, without the final newline that editors and `kubectl` add. `null` if it cannot
 * be read; the reason is then among the findings under `name`.
 */
export function readSecretFile(name: string, path: string, findings: Findings): string | null {
  try {
    const read = readHandWritten(readFileSync(path));
    if (!read.ok) {
      const { place, message } = read.problem;
      findings.add(name, `the file ${path}${place ? `, ${place},` : ""} ${message}`, SECRET_FIX);
      return null;
    }
    const content = read.text.replace(/\n+$/, "");
    if (content.trim() !== "") return content;
    findings.add(name, `the file ${path} is empty`, SECRET_FIX);
  } catch (error) {
    const why = reason(error);
    findings.add(name, `cannot read the file ${path}: ${why}`, "Give the path of a readable file.");
  }
  return null;
}

const SECRET_FIX = "Put the secret into it, and nothing else.";

/** Why a file could not be read, in words. */
export function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  const words: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EACCES: "permission denied",
    EISDIR: "it is a folder",
  };
  return words[code] ?? code;
}

function isKnown(name: string): name is Variable {
  return (VARIABLES as readonly string[]).includes(name);
}

function readDotEnv(cwd: string, findings: Findings): DotEnv {
  const path = resolve(cwd, ".env");
  try {
    const file = parseDotEnv(readFileSync(path));
    for (const problem of file.problems) findings.add(".env", problem, "Correct the file.");
    return file;
  } catch (error) {
    const why = reason(error);
    if (why !== "there is no such file") {
      findings.add(".env", `cannot read ${path}: ${why}`, "Make it readable, or remove it.");
    }
    const other = MISNAMED.find((name) => mentionsUs(resolve(cwd, name)));
    if (other !== undefined) findings.warn(`${other} is not read: the file must be called .env`);
    return { values: new Map(), lines: new Map(), problems: [] };
  }
}

/** What Notepad and file managers make of `.env`. */
const MISNAMED = [".env.txt", "env.txt", "_env", "env", ".ENV", ".env.env"] as const;

function mentionsUs(path: string): boolean {
  try {
    return /dropcast_/i.test(readFileSync(path, "latin1"));
  } catch {
    return false;
  }
}

/**
 * A typo in a name leaves the variable at its default, and one default is to send for real: so it
 * is refused in the hand-written file. The environment may have names that a cluster generated.
 */
function checkNames(
  env: Readonly<Record<string, string | undefined>>,
  { lines }: DotEnv,
  findings: Findings,
): void {
  for (const [name, line] of lines) {
    if (isKnown(name) || !isMeantForUs(name)) continue;
    if (CHOOSES_MODE.test(plainName(name))) {
      findings.add(".env", `line ${line}: ${name} is not a variable of Dropcast`, MODE_FIX);
      continue;
    }
    const message = `is not a variable of Dropcast${didYouMean(name, VARIABLES)}`;
    if (nearest(name, VARIABLES) === null) findings.warn(`.env line ${line}: ${name} ${message}`);
    else
      findings.add(".env", `line ${line}: ${name} ${message}`, "Correct the name, or remove it.");
  }
  for (const name of Object.keys(env)) {
    if (!name.startsWith("DROPCAST_") || isKnown(name) || lines.has(name)) continue;
    // A cluster gives DROPCAST_SANDBOX_PORT and the like for a service of that name.
    if (CHOOSES_MODE_ALONE.test(name) && env[name]) {
      findings.add(name, "is not a variable of Dropcast", MODE_FIX);
      continue;
    }
    findings.warn(`${name} is not a variable of Dropcast${didYouMean(name, VARIABLES)}`);
  }
}

/** `DROPCAST`, with slips; `DROP_CAST`. */
function isMeantForUs(name: string): boolean {
  const [prefix = ""] = name.split(/[_.-]/);
  return plainName(name).startsWith("DROPCAST") || nearest(prefix, ["DROPCAST"]) !== null;
}

function plainName(name: string): string {
  return name.replace(/[^A-Za-z]/g, "").toUpperCase();
}

/** What people set so that no person is reached. Ignored, it would send for real. */
const CHOOSES_MODE = /(?:SANDBOX|MODE|DRYRUN|TEST(?:ING)?|LIVE|ENV|ENVIRONMENT|STAGING)$/;
const CHOOSES_MODE_ALONE =
  /^DROPCAST_(?:(?:USE_)?SANDBOX|(?:TEST_|SANDBOX_)?MODE|DRY_?RUN|TEST|LIVE|ENV|ENVIRONMENT)$/;
const MODE_FIX =
  "Remove it: DROPCAST_API_URL alone decides whether messages go to a sandbox, and dropcast up --sandbox starts one.";

/** A secret given in one form by the real environment hides the other form in `.env`. */
function merge(
  env: Readonly<Record<string, string | undefined>>,
  file: ReadonlyMap<string, string>,
): Map<string, string> {
  const values = new Map(file);
  for (const secret of SECRETS) {
    const forms = [secret, `${secret}_FILE`];
    if (forms.some((form) => env[form])) for (const form of forms) values.delete(form);
  }
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith("DROPCAST_") && value !== undefined) values.set(name, value);
  }
  return values;
}

function readSecret(
  name: Secret,
  values: ReadonlyMap<string, string>,
  cwd: string,
  findings: Findings,
): string | undefined {
  const inline = values.get(name) || undefined;
  const path = values.get(`${name}_FILE`)?.trim() || undefined;
  if (inline !== undefined && path !== undefined) {
    findings.add(name, `is given twice, also as ${name}_FILE`, "Remove one of the two.");
    return undefined;
  }
  if (path !== undefined) {
    return readSecretFile(`${name}_FILE`, resolve(cwd, path), findings) ?? undefined;
  }
  if (inline === undefined || inline.trim() !== "") return inline;
  findings.add(name, "is blank", "Give the secret, or remove the variable.");
  return undefined;
}

function readNumber(
  name: string,
  text: string | undefined,
  range: NumberRange,
  findings: Findings,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const fits = value >= range.min && value <= range.max;
  if (fits && (range.kind === "any" || Number.isInteger(value))) return value;
  const what = range.kind === "whole" ? "a whole number" : "a number";
  findings.add(
    name,
    `"${clip(text)}" is not ${what} from ${range.min} to ${range.max}`,
    `Give ${what} from ${range.min} to ${range.max}, digits only.`,
  );
  return undefined;
}

const FLAGS = new Map([
  ["1", true],
  ["true", true],
  ["yes", true],
  ["on", true],
  ["0", false],
  ["false", false],
  ["no", false],
  ["off", false],
]);

function readFlag(name: string, text: string | undefined, findings: Findings): boolean {
  if (text === undefined) return false;
  const value = FLAGS.get(text.toLowerCase());
  if (value === undefined) {
    findings.add(name, `"${clip(text)}" is neither true nor false`, "Give true or false.");
  }
  return value ?? false;
}

function readChoice<T extends string>(
  name: string,
  text: string | undefined,
  values: readonly T[],
  findings: Findings,
): T | undefined {
  const wanted = text?.toLowerCase();
  const value = values.find((one) => one === wanted);
  if (text !== undefined && value === undefined) {
    const guess = didYouMean(text, values);
    findings.add(name, `"${clip(text)}" is unknown${guess}`, `Give one of ${values.join(", ")}.`);
  }
  return value;
}

/** A value in a message is for recognising it; a secret pasted into the wrong line stays short. */
function clip(text: string): string {
  return text.length <= 16 ? text : `${text.slice(0, 6)}…`;
}
