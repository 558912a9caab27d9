import type { Json } from "./json.ts";
import type { ShapeProblem } from "./shape.ts";
import { showsNothing } from "./value.ts";

export type Path = readonly (string | number)[];

/** Collects what is wrong in a template object, each with the path of its field. */
export interface TemplateProblems {
  readonly problems: ShapeProblem[];
  add(path: Path, message: string): void;
}

export function createTemplateProblems(): TemplateProblems {
  const problems: ShapeProblem[] = [];
  return { problems, add: (path, message) => void problems.push({ path, message }) };
}

export function isText(
  value: Json | undefined,
  path: Path,
  found: TemplateProblems,
): value is string {
  if (typeof value === "string" && !showsNothing(value)) return true;
  if (typeof value === "string") found.add(path, "must not be empty");
  else if (value === undefined || value === null) found.add(path, "is missing: it must be text");
  else if (typeof value === "object") found.add(path, "must be text");
  else found.add(path, "must be text: put quotes around it");
  return false;
}

/** Whether the text has a placeholder, so that its value differs by row. */
export function isFilled(text: string): boolean {
  return text.includes("{{");
}
