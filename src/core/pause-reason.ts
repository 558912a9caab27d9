import { describeCode } from "./error-codes.ts";

/** Why a campaign is paused: what happened, and what to do about it. */
export interface PauseReason {
  readonly words: string;
  readonly advice: string;
}

const RESUME = "Then resume the campaign.";
/** A campaign keeps the file it was imported with. */
const RESUME_OR_CORRECT =
  "Then resume the campaign; if its own file or list is wrong, cancel it and send a corrected one.";
const REPLACE = "Cancel the campaign and send another one.";

/**
 * Describes the reason stored with a paused campaign: `operator`, `account:190`,
 * `restricted:131048`, `template:132001`, `failures:131008`, `unknown_budget`, `double_wamid`,
 * `counters:main-1`, `other_sender`, `unreadable`. Shows unknown reasons, of a newer version, as
 * they are.
 */
export function describePause(reason: string): PauseReason {
  const [kind = "", text] = reason.split(":");
  const code = Number(text);
  const title = text === undefined || code === 0 ? "no error code" : describeCode(code).title;
  const named = code === 0 ? title : `${code}: ${title}`;
  const described = text === undefined || code === 0 ? undefined : describeCode(code);
  const advice = described?.advice ?? "";
  switch (kind) {
    case "operator":
      return { words: "Paused by an operator.", advice: "Resume it when sending may continue." };
    case "account":
      return { words: `The account cannot send (${named}).`, advice: withResume(advice) };
    case "restricted":
      return { words: `WhatsApp restricts the number (${named}).`, advice: withResume(advice) };
    case "template":
      return {
        words: `The template cannot be sent (${named}).`,
        advice:
          described?.retry === "in_vain"
            ? `${advice} ${REPLACE}`
            : `${advice} ${RESUME_OR_CORRECT}`,
      };
    case "failures":
      return {
        words: `Too many messages in a row failed (${named}).`,
        advice: `${advice || "Check the failed messages."} ${RESUME_OR_CORRECT}`,
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

function withResume(advice: string): string {
  return advice === "" ? RESUME : `${advice} ${RESUME}`;
}
