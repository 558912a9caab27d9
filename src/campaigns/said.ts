import { count } from "../core/format.ts";

/** A time in a sentence: each page or command shows it in its own way. */
interface SaidTime {
  readonly ms: number;
}

/** A sentence with times in it. */
export type Said = readonly (string | SaidTime)[];

/** Builds a sentence: numbers with thousands separators, times by {@link at}. */
export function say(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | SaidTime | Said)[]
): Said {
  return texts.flatMap((text, place): (string | SaidTime)[] => {
    const value = values[place];
    if (value === undefined) return [text];
    if (typeof value === "number") return [text, count(value)];
    return Array.isArray(value) ? [text, ...(value as Said)] : [text, value as string | SaidTime];
  });
}

export function at(ms: number): SaidTime {
  return { ms };
}

/** As plain text. */
export function saidText(said: Said, time: (ms: number) => string): string {
  return said.map((part) => (typeof part === "string" ? part : time(part.ms))).join("");
}
