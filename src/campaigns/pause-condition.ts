import { describeCode } from "../core/error-codes.ts";
import { count } from "../core/format.ts";
import { describePause, pauseCause, pauseCode } from "../core/pause-reason.ts";
import { describeSuspension } from "../export/campaign-json.ts";
import { suspensionName } from "../export/number-words.ts";
import type { Campaign } from "../store/index.ts";
import { type Condition, type ConditionFacts, waiting } from "./condition-facts.ts";
import { at, type Said, say } from "./said.ts";

/** Why a paused campaign stands still, what waits, and what a person can do about it. */
export function pauseCondition(facts: ConditionFacts): Condition {
  const { campaign, suspension, pausedBy, unsafe, rollback } = facts;
  const { number, pausedAt } = campaign;
  const since = pausedAt === null ? say`` : say` at ${at(pausedAt)}`;
  const rest = `Nothing is being sent; ${waiting(campaign)}.`;
  const also =
    unsafe !== undefined
      ? " Redis is not safe either, so resuming sends nothing before that is corrected."
      : rollback !== undefined
        ? ` Redis went back in time, so number ${number} sends nothing before a person decides.`
        : "";
  if (suspension !== undefined) {
    return {
      kind: "suspended",
      words: say`Number ${number} is suspended since ${at(suspension.at)} (${suspensionName(suspension)}). ${rest}`,
      advice: `${describeSuspension(suspension).advice} Resuming lifts the suspension, and one message goes first.${also}`,
    };
  }
  const cause = pauseCause(campaign.reason);
  if (cause === "person") {
    return {
      kind: "paused",
      words: say`Paused by ${pausedBy ?? "a person"}${since}. ${rest}`,
      advice: also === "" ? null : also.trim(),
    };
  }
  if (cause === "approval") {
    const { words, advice } = describePause(campaign.reason);
    return { kind: "paused", words: say`${words} ${rest}`, advice: `${advice}${also}` };
  }
  return {
    kind: "stopped",
    words: say`Paused by itself${since}: ${whyStopped(campaign)}. ${rest}`,
    advice: `${adviceOf(campaign)}${also}`,
  };
}

/** In words that follow a colon, without a full stop. */
function whyStopped({ reason, errors, counts }: Campaign): Said {
  const [kind = "", text = ""] = reason.split(":");
  const code = pauseCode(reason);
  switch (kind) {
    case "failure_share": {
      const [failed = 0, of = 0] = text.split("/").map(Number);
      const share = of === 0 ? 0 : Math.round((failed / of) * 100);
      const [top] = errors;
      const by =
        code > 0
          ? `, all with ${named(code)}`
          : top === undefined || top.code === 0
            ? ""
            : `, most with ${named(top.code)}`;
      return say`${share} % of the last ${of} messages failed${by}`;
    }
    case "same_code":
    case "failures":
      return say`too many messages in a row failed${code > 0 ? ` with ${named(code)}` : ""}`;
    case "template":
      return say`the template cannot be sent${code > 0 ? `, ${named(code)}` : ""}`;
    case "first":
      return say`the first ${Number(text)} are sent, and it asks before the rest goes`;
    case "canary":
    case "probe":
      return whyTrial(reason);
    default: {
      const { words } = describePause(reason, counts.pending);
      return [words.startsWith("Paused") ? reason : lowerFirst(words.replace(/\.$/, ""))];
    }
  }
}

/** `canary:late:12:20:16:3`: verdict, delivered, size, needed, failed. */
function whyTrial(reason: string): Said {
  const [kind = "", verdict = "", ...figures] = reason.split(":");
  const [delivered = 0, size = 0, needed = 0, failed = 0] = figures.map(Number);
  if (verdict === "none") return say`none of the messages of its ${kind} could be sent`;
  const share = say`${delivered} of ${size} messages of its ${kind} were delivered`;
  if (verdict === "passed") return say`${share}, and it asks before the rest goes`;
  return say`only ${share}${verdict === "late" ? " in time" : ""}, ${needed} are needed; ${failed} failed`;
}

/** What to look at before pressing Resume. */
function adviceOf({ reason, counts }: Campaign): string {
  const [kind = ""] = reason.split(":");
  const code = pauseCode(reason);
  switch (kind) {
    case "failure_share":
    case "same_code":
    case "failures":
      return `${adviceFor(code) || "See below why messages failed."} Then send some and look again, or resume; if the list or the file is wrong, cancel the rest and send a corrected one.`;
    case "template":
      return describeCode(code).retry === "in_vain"
        ? `${adviceFor(code)} Cancel the rest and send another campaign: this one would fail again.`
        : `${adviceFor(code)} Then send some and look again, or resume. All running campaigns with this template were paused.`;
    case "canary":
    case "probe":
      return "See below why messages failed, and whether webhooks arrive. Then send some and look again, resume, or cancel the rest.";
    case "first":
      return `Resume sends the other ${count(counts.pending)}.`;
    default:
      return describePause(reason, counts.pending).advice;
  }
}

function adviceFor(code: number): string {
  return code > 0 ? describeCode(code).advice : "";
}

function named(code: number): string {
  return `${code} (${describeCode(code).title})`;
}

/** Leaves names such as WhatsApp as they are. */
function lowerFirst(text: string): string {
  if (/^[A-Z][a-z]*[A-Z]/.test(text)) return text;
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
