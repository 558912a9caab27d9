/** The general description of a refusal; its message has the details. */
export interface RefusalEntry {
  /** What happened, for docs/errors.md. */
  readonly meaning: string;
  /** What to do about it. */
  readonly fix: string;
  /** The HTTP status of an answer with this refusal. */
  readonly http: number;
}

type Entries = Readonly<Record<string, Omit<RefusalEntry, "http"> & { readonly http?: number }>>;

/** The refusals of one area, with the HTTP status `http` by default. */
export function catalogue<const T extends Entries>(
  http: number,
  entries: T,
): { readonly [Code in keyof T]: RefusalEntry } {
  const all = Object.entries(entries).map(([code, entry]) => [code, { http, ...entry }]);
  return Object.fromEntries(all) as { readonly [Code in keyof T]: RefusalEntry };
}
