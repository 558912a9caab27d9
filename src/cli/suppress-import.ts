import { resolve } from "node:path";
import { audited } from "../campaigns/audited.ts";
import type { Scope } from "../core/category.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { ImportedOptOuts, Tally } from "../producer/suppressions/import-entries.ts";
import type { SuppressionFile } from "../producer/suppressions/read-file.ts";
import type { ActLog, Suppressions } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import { type Cli, type CommandResult, type Options, type Report, textOption } from "./command.ts";
import { encodingOption } from "./encoding-option.ts";
import { count, counted, printable } from "./words.ts";

/** `suppress import FILE`. Unreadable rows are listed, and the command exits 1. */
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
): Promise<Result<Report & { json: ImportedOptOuts }>> {
  const { cli, given, options, suppressions, country } = task;
  const encoding = encodingOption(options);
  if (!encoding.ok) return encoding;
  const { importOptOuts } = await import("../producer/suppressions/import-entries.ts");
  const imported = await importOptOuts({
    path: resolve(cli.cwd, given[0] ?? ""),
    ...{ country, columns: textsOption(options, "column"), encoding: encoding.value, scope },
    ...{ source: textOption(options, "source") ?? "import", suppressions },
    who: commandActor(cli).who,
  });
  if (!imported.ok) return imported;
  const json = imported.value;
  return accept({
    json,
    text: textOf(json, { ...json, country }),
    exitCode: json.unreadable === 0 ? 0 : 1,
  });
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
  if (file.unread.length > 0) {
    const others = file.unread.map((name) => `"${printable(name)}"`).join(", ");
    lines.push(
      `Not read: ${others}, where cells read as phones too. If they are, name it with --column.`,
    );
  }
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
