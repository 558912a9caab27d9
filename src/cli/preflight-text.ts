import { someNames } from "../core/columns.ts";
import type { PhoneStyleReport } from "../producer/phones/number-style.ts";
import type { ListCost } from "../producer/preflight/countries.ts";
import type { Estimate } from "../producer/preflight/estimate.ts";
import type { Warning } from "../producer/preflight/warnings.ts";
import type { ImportReport } from "../producer/report.ts";
import { goesFirstWords } from "./plan-words.ts";
import type { Terminal } from "./terminal.ts";
import { windowText } from "./window-text.ts";
import { count, counted, dateTime, duration, printable, rate, table, wrap } from "./words.ts";

/** The result of a preflight, for people. The most important part comes last, at the prompt. */
export function preflightText(
  report: ImportReport,
  terminal: Pick<Terminal, "colours" | "columns">,
): string {
  const { colours } = terminal;
  const columns = Math.min(100, terminal.columns());
  const title = (text: string): string => colours.bold(text);
  const parts = [headText(report, title, columns)];
  if (report.rows > 0) parts.push(countsText(report));
  if (report.problems.length > 0) {
    parts.push(`${title("Rejected")}\n${findings(report.problems.map(inColumns), columns)}`);
  }
  if (report.warnings.length > 0) {
    parts.push(`${title("Before you send")}\n${findings(report.warnings, columns)}`);
  }
  if (report.cost !== null && report.ok > 0) {
    parts.push(`${title("Countries")}\n${costText(report.cost)}`);
  }
  if (report.window !== undefined && report.ok > 0) {
    parts.push(
      `${title("Hours")}\n${windowText(report.window, Date.parse(report.window.startsAt))}`,
    );
  }
  if (report.samples.length > 0) parts.push(samplesText(report, title));
  const notes = notesText(report, columns);
  if (notes !== "") parts.push(notes);
  return parts.filter((part) => part !== "").join("\n\n");
}

function headText(report: ImportReport, title: (text: string) => string, width: number): string {
  const { name, number, category, file, rows, columns, phoneColumn, phoneColumnGuessed } = report;
  const lines: [string, string][] = [];
  if (name !== null) {
    lines.push(["Campaign", `${printable(name)} (${category}), from number ${number}`]);
  }
  if (file !== "")
    lines.push(["List", `${printable(file)}${rows > 0 ? `: ${counted(rows, "row")}` : ""}`]);
  if (report.encoding !== null) {
    const guess = report.encodingGuessed ? " (a guess: see below)" : "";
    lines.push(["Read as", `${report.encoding}${guess}, ${delimiterWords(report.delimiter)}`]);
  }
  if (columns.length > 0) lines.push(["Columns", someNames(columns.map(printable))]);
  if (phoneColumn !== null) {
    const guess = phoneColumnGuessed === null ? "" : ` (guessed by its ${phoneColumnGuessed})`;
    lines.push(["Phones in", printable(phoneColumn) + guess]);
  }
  if (report.phoneStyle !== null) lines.push(["Phones as", phoneStyleWords(report.phoneStyle)]);
  const indent = Math.max(...lines.map(([key]) => key.length)) + 2;
  // There may be many columns with long names.
  const below = (text: string): string =>
    wrap(text, width - indent - 1, "").replaceAll("\n", `\n${" ".repeat(indent)}`);
  return table(lines.map(([key, text]) => [title(key), below(text)]));
}

/** How the phone numbers of a list were read, with counts. */
export function phoneStyleWords(style: PhoneStyleReport): string {
  const { numbers, country, decidedBy, national, withCode, plus, prefix } = style;
  const bare: Readonly<Record<typeof numbers, string>> = {
    national: `national numbers${country === null ? "" : ` of ${country}`}`,
    international: "international, with or without +",
    unclear:
      country === null
        ? "unclear: without + their country is not known"
        : `mixed: without +, only those that exist only in ${country} are read`,
  };
  const counts: [number, string][] = [
    [national, "without country code"],
    [withCode, "with one"],
    [plus, "with +"],
    [prefix, "with 00 or the like"],
  ];
  const shown = counts.filter(([cells]) => cells > 0);
  const source = decidedBy === "campaign" ? " (as the campaign says)" : "";
  return `${bare[numbers]}${source}: ${shown.map(([cells, words]) => `${count(cells)} ${words}`).join(", ") || "none"}`;
}

function delimiterWords(delimiter: string | null): string {
  if (delimiter === null) return "";
  const names: Readonly<Record<string, string>> = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "vertical bars",
  };
  return `${names[delimiter] ?? `"${printable(delimiter)}"`} between the cells`;
}

function countsText(report: ImportReport): string {
  const { rows } = report;
  const lines: [string, number][] = [
    [report.mended === undefined ? "to send" : "corrected", report.ok],
    [report.mended === undefined ? "rejected" : "still rejected", report.rejected],
    ["duplicate", report.duplicate],
    [suppressedWords(report), report.suppressed],
    ["corrected before", report.alreadyMended ?? 0],
  ];
  const shown = lines.filter(([, number], index) => number > 0 || index === 0);
  return table(
    [
      ...shown.map(([name, number]) => [
        `  ${name}`,
        count(number),
        `${((100 * number) / rows).toFixed(1)} %`,
      ]),
      ["  rows", count(rows), ""],
    ],
    new Set([1, 2]),
  );
}

/** Not all who are left out have opted out: the warnings count each kind. */
export function suppressedWords({ warnings }: Pick<ImportReport, "warnings">): string {
  const others = warnings.some(({ code }) => code === "undeliverable" || code === "repeated");
  return others ? "left out" : "opted out";
}

/** Several columns may have the same fault; the reason names only the first. */
function inColumns(problem: ImportReport["problems"][number]): Warning {
  const [, ...others] = problem.columns;
  const more = others.map(({ column, count: rows }) => `"${printable(column)}" ${count(rows)}`);
  const also = more.length === 0 ? "" : ` (also in ${more.join(", ")})`;
  return { ...problem, reason: problem.reason + also };
}

function findings(found: readonly Warning[], columns: number): string {
  const heads = table(
    found.map(({ code, count: rows, lines }) => [`  ${count(rows)}`, code, lineWords(lines, rows)]),
    new Set([0]),
  ).split("\n");
  return found
    .map(
      ({ reason }, index) => `${heads[index]}\n${wrap(printable(reason), columns - 1, "      ")}`,
    )
    .join("\n");
}

/** `lines 2, 5, 9, ...` */
export function lineWords(lines: readonly number[], rows: number): string {
  if (lines.length === 0) return "";
  const word = rows === 1 ? "line" : "lines";
  return `${word} ${lines.map(count).join(", ")}${rows > lines.length ? ", ..." : ""}`;
}

const COUNTRIES_SHOWN = 10;

function costText({ countries, currency, amount, unpriced }: ListCost): string {
  const priced = currency !== null;
  const rows = countries
    .slice(0, COUNTRIES_SHOWN)
    .map(({ country, messages, price, cost }) => [
      `  ${country ?? "none"}`,
      count(messages),
      ...(priced ? [price === null ? "?" : `x ${price}`, cost === null ? "?" : money(cost)] : []),
    ]);
  const others = countries.slice(COUNTRIES_SHOWN);
  if (others.length > 0) {
    const messages = others.reduce((sum, one) => sum + one.messages, 0);
    rows.push([`  ${counted(others.length, "other")}`, count(messages)]);
  }
  if (priced) {
    const all = countries.reduce((sum, { messages }) => sum + messages, 0);
    rows.push(["  all", count(all), "", `${money(amount ?? 0)} ${printable(currency)}`]);
  }
  const text = alignMoney(rows);
  return unpriced > 0 && priced
    ? `${text}\n  No price is known for ${counted(unpriced, "message")}.`
    : text;
}

/** The currency comes after the sum, so that the sums stay aligned. */
function alignMoney(rows: readonly (readonly string[])[]): string {
  const split = rows.map((row) => {
    const [sum = "", ...unit] = (row[3] ?? "").split(" ");
    return row[3] === undefined ? row : [...row.slice(0, 3), sum, unit.join(" ")];
  });
  return table(split, new Set([1, 2, 3]));
}

function money(amount: number): string {
  return amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function samplesText({ samples }: ImportReport, title: (text: string) => string): string {
  const shown = samples.map(({ line, body, preview }) => {
    const words = preview === null ? "" : `\n  ${printable(preview)}`;
    return `  line ${count(line)}${words}\n  ${JSON.stringify(body)}`;
  });
  const first = samples.length === 1 ? "First message" : `First ${samples.length} messages`;
  return `${title(`${first}, as sent`)}\n${shown.join("\n\n")}`;
}

function notesText(report: ImportReport, columns: number): string {
  const notes: string[] = [];
  const { encodingSamples, rejectsFile, rejectsProblem, notChecked, estimate } = report;
  if (report.encodingGuessed) {
    const seen = encodingSamples.map((text) => `"${printable(text)}"`).join(", ");
    notes.push(
      `The encoding of the list is not certain; ${report.encoding} is a guess.` +
        `${seen === "" ? "" : ` It reads ${seen}.`} If that looks wrong, set another with --encoding.`,
    );
  }
  if (rejectsFile !== null) notes.push(`The rejected rows, with suggestions: ${rejectsFile}`);
  if (rejectsProblem !== undefined)
    notes.push(`The rejected rows were not written: ${rejectsProblem}.`);
  if (notChecked.length > 0) {
    const names = notChecked.map((name) => NOT_CHECKED[name] ?? name);
    notes.push(`Not checked, or only partly: ${names.join("; ")}.`);
  }
  const { goesFirst } = report;
  if (goesFirst !== undefined) notes.push(...goesFirstWords(goesFirst, report.ok));
  if (estimate !== null && report.ok > 0) {
    notes.push(...timeWords(estimate, goesFirst?.first ?? report.ok));
  }
  return notes.map((note) => wrap(note, columns - 1, "")).join("\n");
}

const NOT_CHECKED: Readonly<Record<string, string>> = {
  opt_outs: "who has opted out",
  other_campaigns: "who is on another campaign",
  repeats: "who recently got the same campaign or template",
};

function timeWords(estimate: Estimate, messages: number): string[] {
  const { seconds, startsAt, endsAt, ratePerSecond, endBy, late } = estimate;
  const from = Date.parse(startsAt) > Date.now() + 1_000 ? dateTime(Date.parse(startsAt)) : "now";
  const words =
    `${counted(messages, "message")} at ${rate(ratePerSecond)}: about ${duration(seconds * 1_000)}, ` +
    `from ${from} until ${dateTime(Date.parse(endsAt))}`;
  if (endBy === null) {
    const missed =
      late === 0 ? "" : ` ${counted(late, "message")} would miss their hours and expire.`;
    return [`${words}.${missed}`];
  }
  const end = dateTime(Date.parse(endBy));
  if (late === 0) return [`${words}, which is before endBy (${end}).`];
  return [`${words}. ${counted(late, "message")} would be too late for endBy (${end}) and expire.`];
}
