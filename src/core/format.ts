/** `1,000`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 row`, `1,000 rows`. */
export function counted(value: number, one: string, many: string = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** ISO 8601 in UTC. */
export function isoTime(ms: number): string;
export function isoTime(ms: number | null | undefined): string | null;
export function isoTime(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString();
}

/** Replaces control characters, so that outside text cannot move the cursor of a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
