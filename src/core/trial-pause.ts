import { count } from "./format.ts";

const CANCEL = "Or cancel it.";

/**
 * Why a trial paused its campaign, and what to do about it; null for another reason. The reasons
 * are `first:500`, and `canary:` or `probe:` with the verdict of lib/trial.lua, how many were
 * delivered, of how many, how many were needed, and how many failed: `canary:late:12:20:16:3`.
 * `pending`: how many messages are left, if known.
 */
export function describeTrialPause(
  reason: string,
  pending?: number,
): { readonly words: string; readonly advice: string } | null {
  const [kind = "", verdict = "", ...figures] = reason.split(":");
  if (kind === "first") {
    const others = pending === undefined ? "the rest" : `the other ${count(pending)}`;
    const sent = `The first ${count(Number(verdict))} were sent`;
    return { words: `${sent}; resume goes on with ${others}.`, advice: CANCEL };
  }
  if (kind !== "canary" && kind !== "probe") return null;
  const name = kind === "canary" ? "Canary" : "Probe";
  const [delivered = 0, size = 0, needed = 0, failed = 0] = figures.map(Number);
  const share = `${name}: ${count(delivered)} of ${count(size)} delivered`;
  if (verdict === "passed") return { words: `${share}; resume sends the rest.`, advice: CANCEL };
  const figuresWords = `${count(failed)} failed, ${count(needed)} must be delivered`;
  return {
    words:
      verdict === "none"
        ? `${name}: none of its messages could be sent.`
        : `${share}${verdict === "late" ? " in time" : ""}, ${figuresWords}.`,
    advice:
      "See why messages failed, and by dropcast doctor whether webhooks arrive. Then resume sends " +
      "the rest all the same, resume --probe 20 tries some first, and cancel ends it.",
  };
}
