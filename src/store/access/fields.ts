/** The numbers that a person may see, as they are stored: names with commas, `*` for all. */
export function packNumbers(numbers: ReadonlySet<string> | null): string {
  return numbers === null ? "*" : [...numbers].sort().join(",");
}

export function unpackNumbers(text: string): ReadonlySet<string> | null {
  return text === "*" ? null : new Set(text.split(",").filter((name) => name !== ""));
}

/** A field of a hash as ms; null without one. The name may be "constructor". */
export function readTime(times: Readonly<Record<string, string>>, name: string): number | null {
  return Object.hasOwn(times, name) ? Number(times[name]) : null;
}
