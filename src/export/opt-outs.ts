import { stringify } from "csv-stringify/sync";
import { escapeCell } from "../core/spreadsheet.ts";
import type { OptOut } from "../store/index.ts";

/** Formats opt-outs; head, entries and tail together are the whole output. */
export interface OptOutFormat {
  readonly head: string;
  entries(entries: readonly OptOut[]): string;
  tail(): string;
}

/** `csv` has the columns read by `suppress import`. */
export function optOutFormat(format: "csv" | "ndjson" | "json"): OptOutFormat {
  if (format === "csv") {
    return {
      head: "\uFEFFphone,scope,source,date\r\n",
      entries: (entries) =>
        stringify(
          entries.map(({ phone, scope, source, at }) => [
            phone === null ? "" : `+${phone}`,
            scope,
            escapeCell(source),
            new Date(at).toISOString(),
          ]),
          { record_delimiter: "\r\n" },
        ),
      tail: () => "",
    };
  }
  if (format === "ndjson") {
    const entries = (all: readonly OptOut[]): string =>
      all.map((entry) => `${entryJson(entry)}\n`).join("");
    return { head: "", entries, tail: () => "" };
  }
  let separator = "";
  return {
    head: "[",
    entries: (all) =>
      all
        .map((entry) => {
          const text = separator + entryJson(entry);
          separator = ",\n";
          return text;
        })
        .join(""),
    tail: () => "]\n",
  };
}

function entryJson({ phone, scope, source, at, origin, who }: OptOut): string {
  const date = new Date(at).toISOString();
  const shown = phone === null ? null : `+${phone}`;
  return JSON.stringify({ phone: shown, scope, source, date, origin, who });
}
