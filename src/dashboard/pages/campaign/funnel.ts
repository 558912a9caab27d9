import { html } from "hono/html";
import type { Counts } from "../../../core/message.ts";
import { count } from "../format.ts";
import type { Html } from "../layout.ts";

interface Step {
  readonly name: string;
  readonly total: number;
  readonly parts: readonly (readonly [words: string, rows: number])[];
}

/** From the list to the reader: each step is the sum of what stands beside it. */
export function funnelSteps(rows: number, counts: Counts): readonly Step[] {
  const { rejected, duplicate, suppressed, pending, cancelled, expired } = counts;
  const { sending, accepted, sent, delivered, read, failed, unknown } = counts;
  const reached = delivered + read;
  const handed = accepted + sent + reached;
  const tried = sending + failed + unknown + handed;
  return [
    {
      name: "Rows of the list",
      total: rows,
      parts: [
        ["rejected", rejected],
        ["duplicate", duplicate],
        ["suppressed", suppressed],
        ["messages", pending + cancelled + expired + tried],
      ],
    },
    {
      name: "Messages",
      total: pending + cancelled + expired + tried,
      parts: [
        ["waiting", pending],
        ["cancelled", cancelled],
        ["expired", expired],
        ["tried", tried],
      ],
    },
    {
      name: "Tried",
      total: tried,
      parts: [
        ["being sent", sending],
        ["failed", failed],
        ["unknown", unknown],
        ["handed over", handed],
      ],
    },
    {
      name: "Handed over",
      total: handed,
      parts: [
        ["taken by LiveChat", accepted],
        ["sent by WhatsApp", sent],
        ["reached", reached],
      ],
    },
    {
      name: "Reached",
      total: reached,
      parts: [
        ["delivered", delivered],
        ["read", read],
      ],
    },
  ];
}

export function funnelCard(rows: number, counts: Counts): Html {
  const steps = funnelSteps(rows, counts);
  return html`<section class="card" aria-labelledby="funnel">
    <h2 id="funnel">From the list to the reader</h2>
    <table class="funnel">
      <caption class="hidden">Each line is the sum of the figures beside it</caption>
      <thead class="hidden"><tr><th scope="col">Step</th><th scope="col">Messages</th><th scope="col">Share of the list</th><th scope="col">Sum</th></tr></thead>
      <tbody>${steps.map(
        ({ name, total, parts }) => html`<tr class="${total === 0 ? "zero" : ""}">
          <th scope="row">${name}</th>
          <td class="figure">${count(total)}</td>
          <td class="wide">${bar(total, rows)}</td>
          <td class="sum">= ${sum(parts)}</td>
        </tr>`,
      )}</tbody>
    </table>
  </section>`;
}

/** Parts without a row are left out, unless all are. */
function sum(parts: Step["parts"]): string {
  const shown = parts.filter(([, rows]) => rows > 0);
  return shown.length === 0
    ? "0"
    : shown.map(([words, rows]) => `${count(rows)} ${words}`).join(" + ");
}

function bar(total: number, rows: number): Html {
  const width = (total / Math.max(1, rows)) * 1000;
  return html`<svg class="progress" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true"><rect class="part-underway" x="0" y="0" width="${width.toFixed(2)}" height="10"></rect></svg>`;
}
