import type { Campaign } from "../store/index.ts";
import { trialWords } from "./campaign-words.ts";

/** By the first part of the reason, which core/pause-reason.ts describes in full. */
const SHORT: Readonly<Record<string, (text: string) => string>> = {
  operator: () => "by an operator",
  approval: () => "waits for a second person",
  account: (code) => `account error${after(code)}`,
  restricted: (code) => `restricted by WhatsApp${after(code)}`,
  template: (code) => `template error${after(code)}`,
  same_code: inARow,
  failures: inARow,
  failure_share: (share) => `${share.replace("/", " of ")} failed`,
  category: (charged) => `charged as ${charged}`,
  unknown_budget: () => "too many unknown",
  double_wamid: () => "two ids for one message",
  counters: () => "counters do not match",
  other_sender: () => "imported for another sender",
  unreadable: () => "rows cannot be read",
};

const TRIALS: readonly string[] = ["canary", "probe", "first"];

/**
 * Why a campaign is paused, in a few words: `131026 in a row`, `by an operator`. A trial is only
 * told of if it is the reason. Unknown reasons, of a newer version, are shown as they are.
 */
export function shortPauseWords(
  campaign: Pick<Campaign, "reason" | "status" | "trial">,
  time: (ms: number) => string,
): string {
  const { reason } = campaign;
  const [kind = "", text = ""] = reason.split(":");
  if (TRIALS.includes(kind)) return trialWords(campaign, time) ?? kind;
  const words = Object.hasOwn(SHORT, kind) ? SHORT[kind] : undefined;
  return words?.(text) ?? (reason === "" ? "no reason stored" : reason);
}

/** A code of 0 stands for none. */
function after(code: string): string {
  return code === "" || code === "0" ? "" : ` ${code}`;
}

function inARow(code: string): string {
  return `${code === "" || code === "0" ? "failures" : code} in a row`;
}
