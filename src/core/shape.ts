import type { z } from "zod";
import { didYouMean } from "./nearest.ts";

/** A mistake in a handwritten file: where it is, and what would be right. */
export interface ShapeProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Rewords zod's issues: one problem per mistake, and one per unknown key, with the closest known
 * key. `knownKeys` returns the keys of the object at a path.
 */
export function shapeProblems(
  error: z.ZodError,
  knownKeys: (path: readonly (string | number)[]) => readonly string[],
): ShapeProblem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
    if (issue.code !== "unrecognized_keys") return [{ path, message: wording(issue) }];
    const known = knownKeys(path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `is not a known key${didYouMean(key, known)}`,
    }));
  });
}

/** `components.0.type`, or `the file` for the top level. */
export function pathText(path: readonly (string | number)[]): string {
  return path.length === 0 ? "the file" : path.join(".");
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") {
    const missing = issue.input === undefined || issue.input === null;
    const ownWords = issue.message.startsWith(ZOD_WORDS) ? null : issue.message;
    const wanted = ownWords ?? WANTED[issue.expected] ?? `must be of type ${issue.expected}`;
    if (!missing && ownWords !== null) return ownWords;
    return missing ? `is missing: it ${wanted}` : wanted + hint(issue.expected, issue.input);
  }
  if (issue.code === "invalid_value") return oneOf(issue.values.map(String), issue.input);
  if (issue.code === "too_small") {
    if (issue.origin === "string") return "must not be empty";
    const least = issue.origin === "array" ? "must name at least" : "must be at least";
    return `${least} ${issue.minimum}`;
  }
  if (issue.code === "too_big") {
    return issue.origin === "string"
      ? `must have at most ${issue.maximum} characters`
      : `must be at most ${issue.maximum}`;
  }
  return issue.message;
}

/** How zod begins a message of its own; any other message is that of the field. */
const ZOD_WORDS = "Invalid input";

const WANTED: Readonly<Record<string, string>> = {
  string: "must be text",
  number: "must be a number",
  int: "must be a whole number",
  boolean: "must be true or false",
  object: "must be a block of keys and values",
  record: "must be a block of keys and values",
  array: "must be a list",
};

/** YAML reads `name: 2026` as a number; most people would not think of quotes. */
function hint(expected: string, input: unknown): string {
  if (typeof input === "string" && NUMBERS.has(expected)) return numberHint(input.trim());
  const quotable = typeof input === "number" || typeof input === "boolean";
  return expected === "string" && quotable ? ": put quotes around it" : "";
}

const NUMBERS: ReadonlySet<string> = new Set(["number", "int"]);

/** `0,2`, `20 %`, `1,000`, `"500"`. */
function numberHint(input: string): string {
  const [, share] = /^(\d+(?:[.,]\d+)?)\s*%$/.exec(input) ?? [];
  if (share !== undefined) return `: write a share, as in ${Number(share.replace(",", ".")) / 100}`;
  if (/^\d{1,3}(?:[,.' ]\d{3})+$/.test(input)) return ": write it without a sign for thousands";
  if (/^\d+,\d+$/.test(input)) return `: write it with a point, as in ${input.replace(",", ".")}`;
  return /^\d+(?:\.\d+)?$/.test(input) ? ": remove the quotes around it" : "";
}

/** `must be one of a, b, c`, with a suggestion if the input is close to one of them. */
export function oneOf(values: readonly string[], input: unknown): string {
  const list = values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(", ")}`;
  if (input === undefined || input === null) return `is missing: it ${list}`;
  return typeof input === "string" ? list + didYouMean(input, values) : list;
}
