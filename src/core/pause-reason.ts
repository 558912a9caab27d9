import { describeCode } from "./error-codes.ts";
import { describeTrialPause } from "./trial-pause.ts";

/** Why a campaign is paused: what happened, and what to do about it. */
interface PauseReason {
  readonly words: string;
  readonly advice: string;
}

/**
 * The kinds of pause reasons that scripts write or look for; those of older versions are only read.
 * Some have parts behind them, as {@link describePause} says.
 */
export const PAUSE_KINDS = [
  "operator",
  "approval",
  "account",
  "restricted",
  "template",
  "same_code",
  "failure_share",
  "category",
  "unknown_budget",
  "double_wamid",
  "counters",
  "other_sender",
  "first",
  "canary",
  "probe",
] as const;
/** Of those that are not a trial's. */
type StopKind = Exclude<(typeof PAUSE_KINDS)[number], "first" | "canary" | "probe">;

const RESUME = "Then resume the campaign.";
/** A campaign keeps the file it was imported with. */
const RESUME_OR_CORRECT =
  "Then resume the campaign; if its own file or list is wrong, cancel it and send a corrected one.";
/** `--probe` lets so many messages go first. */
const TRY_OR_CORRECT =
  "Then resume the campaign, with --probe 20 to try a few messages first; if its own file or list " +
  "is wrong, cancel it and send a corrected one.";
const REPLACE = "Cancel the campaign and send another one.";
const SAME_TEMPLATE = "All running campaigns with this template were paused.";

/**
 * Describes the reason stored with a paused campaign: `operator`, `approval`, `account:190`,
 * `restricted:131048`, `template:132001`, `same_code:131008`, `failure_share:15/50`,
 * `failure_share:15/50:131026` (all with this code), `category:marketing` (as what it is charged),
 * `failures:131008` (of an older version), `unknown_budget`, `double_wamid`, `counters:main-1`,
 * `other_sender`, `unreadable`, and those of trial-pause.ts. Shows unknown reasons, of a newer
 * version, as they are. `pending`: how many messages are left.
 */
export function describePause(reason: string, pending?: number): PauseReason {
  const trial = describeTrialPause(reason, pending);
  if (trial !== null) return trial;
  const [kind = "", text, ...rest] = reason.split(":");
  switch (kind as StopKind | "failures" | "unreadable") {
    case "operator":
      return { words: "Paused by an operator.", advice: "Resume it when sending may continue." };
    case "approval":
      return {
        words: "It waits for the approval of a second person.",
        advice: "Another user than the one who started it approves it on its page.",
      };
    case "account":
      return withCode("The account cannot send", text, (advice) => withResume(advice));
    case "restricted":
      return withCode("WhatsApp restricts the number", text, (advice) => withResume(advice));
    case "template":
      return withCode("The template cannot be sent", text, (advice, isInVain) =>
        isInVain ? `${advice} ${REPLACE}` : `${advice} ${SAME_TEMPLATE} ${RESUME_OR_CORRECT}`,
      );
    case "same_code":
      return withCode("Too many messages in a row failed with the same error", text, afterFailures);
    case "failures":
      return withCode("Too many messages in a row failed", text, afterFailures);
    case "failure_share":
      return failureShare(text, rest[0]);
    case "category":
      return {
        words: `WhatsApp charges the messages as ${text}, which the campaign file does not say.`,
        advice:
          "Look the template's category up in WhatsApp Manager: marketing costs more, and needs " +
          "the recipients' consent. If they may get it, resume the campaign: the rest is then sent " +
          `as ${text}, without the people who opted out of that.`,
      };
    case "unknown_budget":
      return {
        words: "Too many API answers did not show whether the message was sent.",
        advice: `Check the API and the network. ${RESUME}`,
      };
    case "double_wamid":
      return {
        words: "The API gave one message two ids, so its recipient may have got it twice.",
        advice: `Tell LiveChat support, and check the message in the export. ${RESUME}`,
      };
    case "counters":
      return {
        words: "The counters of a campaign of this number do not match its rows.",
        advice: `Run dropcast doctor to see which, and dropcast doctor --recount to correct them. ${RESUME}`,
      };
    case "other_sender":
      return {
        words:
          "It was imported for a different WhatsApp number or API than the one configured now.",
        advice:
          "The worker's log names both. If the configuration is wrong, correct it; once resumed, " +
          "the campaign uses what is configured now.",
      };
    case "unreadable":
      return {
        words: "Some of its rows cannot be read, so they cannot be sent.",
        advice: `Another version may have stored them: see the worker's log. ${RESUME}`,
      };
    default:
      return {
        words: reason === "" ? "Paused." : `Paused (${reason}).`,
        advice: "Resume it when sending may continue.",
      };
  }
}

/**
 * What paused a campaign by its reason: a person, the rule that a second person approves it, or
 * itself, because of what happened to its messages.
 */
export function pauseCause(reason: string): "person" | "approval" | "itself" {
  if (reason === "operator") return "person";
  return reason === "approval" ? "approval" : "itself";
}

/** The error code in a reason; 0 if it has none. Those of trials end with other figures. */
export function pauseCode(reason: string): number {
  return Number(/^(?!first|canary|probe).*:(\d+)$/.exec(reason)?.[1] ?? 0);
}

/** `15/50`: failed messages of so many. `code`: the one that all failed with. */
function failureShare(text = "", code?: string): PauseReason {
  const [failed = "", messages = ""] = text.split("/");
  const words = `Too many messages failed: ${failed} of ${messages} consecutive ones`;
  if (code !== undefined) return withCode(`${words}, all with the same error`, code, afterFailures);
  return { words: `${words}.`, advice: afterFailures("") };
}

/** A reason with an error code, 0 for none. */
function withCode(
  what: string,
  text: string | undefined,
  advise: (advice: string, isInVain: boolean) => string,
): PauseReason {
  const code = Number(text);
  if (text === undefined || code === 0) {
    return { words: `${what} (no error code).`, advice: advise("", false) };
  }
  const { title, advice, retry } = describeCode(code);
  return { words: `${what} (${code}: ${title}).`, advice: advise(advice, retry === "in_vain") };
}

function afterFailures(advice: string): string {
  return `${advice || "Check why the messages failed."} ${TRY_OR_CORRECT}`;
}

function withResume(advice: string): string {
  return advice === "" ? RESUME : `${advice} ${RESUME}`;
}
