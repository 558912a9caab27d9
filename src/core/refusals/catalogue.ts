/** The general description of a refusal; its message has the details. */
export interface RefusalEntry {
  /** What happened, for docs/errors.md. */
  readonly meaning: string;
  /** What to do about it. */
  readonly fix: string;
  /** The HTTP status of an answer with this refusal. */
  readonly http: number;
  /** The exit code of a command: 2 if it has to be typed differently. */
  readonly exitCode: 1 | 2;
}

type Entry = Pick<RefusalEntry, "meaning" | "fix"> & Partial<RefusalEntry>;

/** The refusals of one area, with the HTTP status `http` and the exit code 1 by default. */
export function catalogue<const T extends Readonly<Record<string, Entry>>>(
  http: number,
  entries: T,
): { readonly [Code in keyof T]: RefusalEntry } {
  const all = Object.entries(entries).map(([code, entry]) => [
    code,
    { http, exitCode: 1, ...entry },
  ]);
  return Object.fromEntries(all) as { readonly [Code in keyof T]: RefusalEntry };
}
