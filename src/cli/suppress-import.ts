import { resolve } from "node:path";
import { audited } from "../campaigns/audited.ts";
import { accept, type Refused, type Result } from "../core/refusal.ts";
import { type RejectCode, rejectReason } from "../core/reject.ts";
import type { SuppressionFile, SuppressionRow } from "../producer/suppressions/read-file.ts";
import type { ActLog, NewOptOut, Scope, Suppressions } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import { type Cli, type CommandResult, type Options, type Report, textOption } from "./command.ts";
import { encodingOption } from "./encoding-option.ts";
import { count, counted, printable } from "./words.ts";

/** How many entries are written before all numbers are notified again. */
const IMPORTED_AT_ONCE = 10_000;
/** Unreadable rows are all counted, but only this many are shown. */
const REJECTED_SHOWN = 20;

/** The result of the import. */
interface Tally {
  rows: number;
  added: number;
  unchanged: number;
  /** Rows with at least one unreadable cell. */
  unreadable: number;
  readonly rejected: { line: number; column: string; code: RejectCode; reason: string }[];
}

/**
 * `suppress import FILE`. All readable entries are added, even if others are not readable: they can
 * only hold messages back, and waiting for a corrected file would send messages to people who opted
 * out. Unreadable rows are listed, and the command exits 1.
 */
export async function importFile(task: ImportTask): Promise<CommandResult> {
  const scope = task.scope ?? "all";
  return audited(
    task.acts,
    commandActor(task.cli),
    { what: "suppress import", details: { scope } },
    () => importEntries(task, scope),
    ({ json }) => {
      const { added, unchanged, unreadable } = json;
      return { details: { added, unchanged, unreadable } };
    },
  );
}

interface ImportTask {
  cli: Cli;
  given: readonly string[];
  options: Options;
  scope: Scope | null;
  country: string | null;
  suppressions: Suppressions;
  acts: ActLog;
}

async function importEntries(
  task: ImportTask,
  scope: Scope,
): Promise<Result<Report & { json: Tally }>> {
  const { cli, given, options, suppressions } = task;
  const encoding = encodingOption(options);
  if (!encoding.ok) return encoding;
  const { readSuppressionFile } = await import("../producer/suppressions/read-file.ts");
  const tally: Tally = { rows: 0, added: 0, unchanged: 0, unreadable: 0, rejected: [] };
  let waiting: NewOptOut[] = [];
  const flush = async (): Promise<void> => {
    for (const { before, now } of await suppressions.add(waiting)) {
      if (before === now) tally.unchanged++;
      else tally.added++;
    }
    waiting = [];
  };
  const read = await readSuppressionFile({
    path: resolve(cli.cwd, given[0] ?? ""),
    country: task.country,
    columns: textsOption(options, "column"),
    encoding: encoding.value,
    scope,
    source: textOption(options, "source") ?? "import",
    visit: async (rows) => {
      for (const row of rows) {
        countRow(row, tally);
        waiting.push(...row.entries);
      }
      if (waiting.length >= IMPORTED_AT_ONCE) await flush();
    },
  });
  await flush();
  if (!read.ok) return withAdded(read, tally.added);
  const lines = [...new Set(tally.rejected.map(({ line }) => line))];
  return accept({
    json: { ...tally, ...read.value, lines },
    text: textOf(tally, { ...read.value, country: task.country }),
    exitCode: tally.unreadable === 0 ? 0 : 1,
  });
}

function countRow({ line, rejected }: SuppressionRow, tally: Tally): void {
  tally.rows++;
  if (rejected.length === 0) return;
  tally.unreadable++;
  for (const { column, code, about } of rejected) {
    if (tally.rejected.length >= REJECTED_SHOWN) return;
    tally.rejected.push({ line, column, code, reason: rejectReason(code, column, about) });
  }
}

/** A file that cannot be read to its end: entries before the fault count. */
function withAdded(refused: Refused, added: number): Refused {
  if (added === 0) return refused;
  const { code, message, fix } = refused.refusal;
  const before = `${counted(added, "number")} before that ${added === 1 ? "was" : "were"} added.`;
  return { ok: false, refusal: { code, message: `${message} ${before}`, fix } };
}

function textOf(tally: Tally, file: SuppressionFile & { country: string | null }): string {
  const { added, unchanged, unreadable, rejected } = tally;
  const guess = file.encodingGuessed ? " (a guess; --encoding sets another)" : "";
  const names = file.columns.map((name) => `"${printable(name)}"`).join(", ");
  const phones = names === "" ? "a plain list of numbers" : `phones in ${names}`;
  const lines = [
    `Read ${counted(tally.rows, "row")} as ${file.encoding}${guess}: ${phones}.`,
    `${counted(added, "number")} added, ${count(unchanged)} already on the list.`,
  ];
  if (unreadable > 0) {
    lines.push(`${counted(unreadable, "row")} could not be read completely:`);
    for (const { line, reason } of rejected) {
      lines.push(`  line ${count(line)}: ${printable(reason)}.`);
    }
    const shown = new Set(rejected.map(({ line }) => line)).size;
    if (unreadable > shown) lines.push(`  and ${count(unreadable - shown)} more.`);
    if (file.country === null && rejected.some(({ code }) => code === "phone_ambiguous")) {
      lines.push("Numbers without a country code need --country, as in --country PL.");
    }
    lines.push("Correct them and import the file again: entries on the list stay as they are.");
  }
  return lines.join("\n");
}

/** A repeatable option, or none. */
function textsOption(options: Options, name: string): string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
