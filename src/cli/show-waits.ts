import { unknownWords } from "../export/campaign-json.ts";
import { furtherTriesWords } from "../export/campaign-words.ts";
import type { FurtherTries, UnknownRows, WaitingRow } from "../store/index.ts";
import { count, counted, duration, table, timeToCome } from "./words.ts";

/** What single messages of a campaign wait for, as `show` says it. */

/** How long messages have been unknown, and why. */
export function unknownText({ oldestAt, reasons }: UnknownRows): string {
  const lines = reasons.map(({ reason, count: rows }) => [
    `  ${count(rows)}`,
    unknownWords(reason),
  ]);
  const age = duration(Date.now() - oldestAt);
  return `Unknown, the oldest for ${age}:\n${table(lines, new Set([0]))}`;
}

/** Failed messages that are sent again by themselves, and when the first of them is. */
export function triesText(tries: FurtherTries): string {
  return `${furtherTriesWords(tries)}, the first ${timeToCome(tries.firstAt, Date.now())}.`;
}

const WAITS_SHOWN = 3;

/** Rows that wait for an earlier message to the same person, and what ends the wait. */
export function waitsText(waits: readonly WaitingRow[]): string {
  const lines = waits
    .slice(0, WAITS_SHOWN)
    .map(
      ({ row, campaign, campaignRow, state }) =>
        `  row ${row}: row ${campaignRow} of ${campaign} is ${state}`,
    );
  const left = waits.length - lines.length;
  if (left > 0) lines.push(`  and ${count(left)} more: dropcast show --json`);
  const unknown = waits.find(({ state }) => state === "unknown");
  const decided =
    unknown === undefined
      ? ""
      : ` To decide an unknown one: \`dropcast resolve ${unknown.campaign} ${unknown.campaignRow} sent\` ` +
        "(or failed); its person's next message then goes out within a minute.";
  return (
    `${counted(waits.length, "row")} ${waits.length === 1 ? "waits" : "wait"} for an earlier message ` +
    `to the same person:\n${lines.join("\n")}\n` +
    `Each is sent when that one has its status, or two hours after its attempt.${decided}`
  );
}
