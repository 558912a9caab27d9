/**
 * Masks what Bull Board shows. By design jobs have no phone numbers; this covers a job, a log or an
 * error that another program put into the queue.
 */

/** Nine or more digits that stand alone, or a "+" and digits in groups. */
const PHONE = /(?<![\w.-])\d{9,15}(?![\w-])|\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)/g;
const WAMID = /wamid\.[A-Za-z0-9+/=_-]+/g;

/** Stack traces belong in the log: here they would push the reason off the screen. */
const TRACE = /\n\s+at [\s\S]*$/;

export function maskText(text: string): string {
  return text.replace(TRACE, "").replace(WAMID, "[wamid]").replace(PHONE, "[phone]");
}

/** Masks every text in a JSON value. Numbers stay: they are times and counts. */
export function maskTexts(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (typeof leaf === "string" ? maskText(leaf) : leaf));
}

/** For a job's own data, where a number may be a phone too. */
export function maskData(value: unknown): unknown {
  return mapLeaves(value, (leaf) => {
    if (typeof leaf === "string") return maskText(leaf);
    return typeof leaf === "number" && Math.abs(leaf) >= 1e8 ? "[digits]" : leaf;
  });
}

function mapLeaves(value: unknown, change: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, change));
  if (typeof value !== "object" || value === null) return change(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [maskText(name), mapLeaves(item, change)]),
  );
}
