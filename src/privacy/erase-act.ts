import { audited } from "../campaigns/audited.ts";
import type { Actor } from "../core/act.ts";
import { counted } from "../core/format.ts";
import type { Mode } from "../core/mode.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { ActLog } from "../store/index.ts";
import type { Erased } from "./erase.ts";

/** What a person's request needs: it erases in both modes, so it is noted in both audits. */
export interface Eraser {
  readonly erase: (digits: string) => Promise<Erased>;
  readonly acts: Readonly<Record<Mode, Pick<ActLog, "begin" | "end">>>;
}

/** Erases a person and notes the act. Nothing in the audit says who was erased. */
export function eraseAsAsked(eraser: Eraser, by: Actor, digits: string): Promise<Result<Erased>> {
  const noted = (mode: Mode, act: () => Promise<Result<Erased>>) =>
    audited(eraser.acts[mode], by, { what: "erase" }, act, (erased) => ({
      details: { rows: erased.rows, lines: erased.lines, complete: isComplete(erased) },
    }));
  return noted("live", () => noted("sandbox", async () => accept(await eraser.erase(digits))));
}

/** Whether nothing is left to be erased later. */
export function isComplete({ importing, onTheWire }: Erased): boolean {
  return importing.length === 0 && onTheWire === 0;
}

/** What was erased, and what is left to do: a sentence or two each. */
export function erasedWords(erased: Erased): string[] {
  const { rows, campaigns, files, lines, cells, optedOut, importing, onTheWire, history } = erased;
  const where = campaigns.length === 0 ? "" : ` of ${campaigns.join(", ")}`;
  const parts = [
    `Erased: ${counted(rows, "row")}${where}, and ${counted(lines, "line")} in ${counted(files, "file")}. Counts are kept.`,
  ];
  if (cells > 0) parts.push(`${counted(cells, "cell")} of other people's rows named the number.`);
  if (optedOut) parts.push("The opt-out stays as a digest: the person gets no messages.");
  if (history === "refused") {
    parts.push(
      "Redis did not rewrite its append-only file: the number is in its history until it does (BGREWRITEAOF).",
    );
  }
  if (importing.length > 0) {
    parts.push(
      `Being imported, or kept for a new campaign: ${importing.join(", ")}. Erase again when that is done; a list that waits for its new campaign goes a day after its upload.`,
    );
  }
  if (onTheWire > 0) {
    parts.push(
      `${counted(onTheWire, "message")} to the person is still being sent. Erase again in two minutes.`,
    );
  }
  return parts;
}
