/** What is known of a refusal before it happens; where it happens it is told with its details. */
export interface RefusalEntry {
  /** What happened, for docs/errors.md. */
  readonly meaning: string;
  /** What to do about it. */
  readonly fix: string;
  /** The HTTP status that says it. */
  readonly http: number;
}

type Entries = Readonly<Record<string, Omit<RefusalEntry, "http"> & { readonly http?: number }>>;

/** Refusals of one area, which have the HTTP status `http` unless they say another. */
export function catalogue<const T extends Entries>(
  http: number,
  entries: T,
): { readonly [Code in keyof T]: RefusalEntry } {
  const all = Object.entries(entries).map(([code, entry]) => [code, { http, ...entry }]);
  return Object.fromEntries(all) as { readonly [Code in keyof T]: RefusalEntry };
}
