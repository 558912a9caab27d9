import type { DropSurvey } from "../producer/drop/survey.ts";
import { clockTime, counted, printable } from "./words.ts";

/** How many entries of each list are shown with the campaigns. */
const SHOWN = 5;

/** Failed and waiting files of the drop folder, for people; empty if there are none. */
export function dropLines({ failed, waiting }: DropSurvey, nowMs: number): string[] {
  return [
    ...section(
      `${counted(failed.length, "drop")} failed in the last days (with a report each, in failed/):`,
      failed.map(
        ({ file, atMs, message, fix }) => `${clockTime(atMs, nowMs)}  ${file}: ${message} ${fix}`,
      ),
    ),
    ...section(
      `${counted(waiting.length, "file")} in the drop folder ${waiting.length === 1 ? "waits" : "wait"}:`,
      waiting.map(({ file, why }) => `${file}: ${why}`),
    ),
  ];
}

function section(head: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, SHOWN).map((line) => `  ${printable(line)}`);
  const more = lines.length - shown.length;
  return [`\n${head}`, ...shown, ...(more > 0 ? [`  and ${more} more: dropcast doctor`] : [])];
}
