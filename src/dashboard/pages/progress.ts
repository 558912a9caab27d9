import { html } from "hono/html";
import type { Counts, State } from "../../core/message.ts";
import { count, percent } from "./format.ts";
import type { Html } from "./layout.ts";

/** The thirteen states in groups that make sense to people: the furthest first. */
export const STATE_GROUPS: readonly {
  readonly key: string;
  readonly title: string;
  readonly states: readonly (readonly [State, string])[];
}[] = [
  {
    key: "reached",
    title: "Reached",
    states: [
      ["delivered", "on the phone"],
      ["read", "opened"],
    ],
  },
  {
    key: "underway",
    title: "Sent by WhatsApp",
    states: [["sent", "on its way to the phone"]],
  },
  {
    key: "taken",
    title: "Taken by LiveChat",
    states: [["accepted", "taken by LiveChat, not yet with WhatsApp"]],
  },
  {
    key: "failed",
    title: "Failed",
    states: [["failed", "refused, or reported as failed"]],
  },
  {
    key: "unknown",
    title: "Unknown",
    states: [["unknown", "may or may not have been sent"]],
  },
  {
    key: "waiting",
    title: "Waiting",
    states: [
      ["pending", "not sent yet"],
      ["sending", "being sent"],
    ],
  },
  {
    key: "left",
    title: "Not to be sent",
    states: [
      ["rejected", "bad row in the list"],
      ["duplicate", "the same person again"],
      ["suppressed", "opted out"],
      ["cancelled", "the campaign was cancelled"],
      ["expired", "its end had passed"],
    ],
  },
];

function groupTotal(counts: Counts, key: string): number {
  const group = STATE_GROUPS.find((each) => each.key === key);
  return (group?.states ?? []).reduce((total, [state]) => total + counts[state], 0);
}

/** Rows that have left `pending` and `sending`. */
export function handledRows(rows: number, counts: Counts): number {
  return rows - groupTotal(counts, "waiting");
}

/** All rows as one bar of coloured parts: only attributes, so that no inline style is needed. */
export function progressBar(rows: number, counts: Counts): Html {
  const parts = STATE_GROUPS.map(({ key, title }) => ({
    key,
    title,
    total: groupTotal(counts, key),
  })).filter(({ total }) => total > 0);
  const label = parts.map(({ title, total }) => `${title} ${count(total)}`).join(", ");
  let x = 0;
  return html`<svg class="progress" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="${label || "No rows"}">
    ${parts.map(({ key, total }) => {
      const width = (total / Math.max(1, rows)) * 1000;
      const part = html`<rect class="part-${key}" x="${x.toFixed(2)}" y="0" width="${width.toFixed(2)}" height="10"></rect>`;
      x += width;
      return part;
    })}
  </svg>`;
}

/** The meaning of the colours, with the figures. */
export function legend(rows: number, counts: Counts): Html {
  return html`<ul class="legend">
    ${STATE_GROUPS.map(({ key, title }) => {
      const total = groupTotal(counts, key);
      return html`<li class="${total === 0 ? "zero" : ""}"><span class="dot dot-${key}"></span>${title} <b>${count(total)}</b> <span class="quiet">${percent(total, rows)}</span></li>`;
    })}
  </ul>`;
}
