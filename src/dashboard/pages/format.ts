import { html } from "hono/html";

/** Numbers and times in the style of the pages. */

export { count, counted } from "../../core/format.ts";

/** A share in whole percent; 0 and 100 only if they are exact. */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0%";
  if (part === whole) return "100%";
  return `${Math.min(99, Math.max(1, Math.round((part / whole) * 100)))}%`;
}

/** Within a text: `14:20 UTC`. */
export function clockUtc(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 16)} UTC`;
}

/** A moment in UTC; the script shows it in the reader's own zone. */
export function moment(ms: number | null) {
  if (ms === null) return html`<span class="none">–</span>`;
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}

/** The same as {@link moment}, which the script shortens to the clock time if it is today. */
export function clock(ms: number) {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}" data-clock>${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}

/** The same as {@link moment}, to the second: where one thing follows another. */
export function instant(ms: number) {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}" data-seconds>${iso.slice(0, 19).replace("T", " ")} UTC</time>`;
}
