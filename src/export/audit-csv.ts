import { stringify } from "csv-stringify/sync";
import type { ActLine } from "../core/act.ts";
import { isoTime } from "../core/format.ts";
import { escapeCell } from "../core/spreadsheet.ts";

/** The first line of the audit as CSV. */
export const AUDIT_HEAD = "\uFEFFat,who,via,from,what,campaigns,details,result,code\r\n";

/** Lines of the audit as CSV; `details` as in `name value; name value`. */
export function auditCsv(lines: readonly ActLine[]): string {
  return stringify(
    lines.map(({ at, who, via, from, what, campaigns, details, result, code }) =>
      [
        ...[isoTime(at), who, via, from, what, campaigns.join(" ")],
        ...[
          Object.entries(details)
            .map(([name, value]) => `${name} ${String(value)}`)
            .join("; "),
        ],
        ...[result, code ?? ""],
      ].map(escapeCell),
    ),
    { record_delimiter: "\r\n" },
  );
}
