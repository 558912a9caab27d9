import { describeCode } from "./error-codes.ts";

/** Why a campaign is paused, for a person: what happened, and what to do about it. */
export interface PauseReason {
  readonly words: string;
  readonly advice: string;
}

const RESUME = "Then resume the campaign.";
/** A campaign keeps the file it was imported with. */
const RESUME_OR_ANEW =
  "Then resume the campaign; if its own file or list is wrong, cancel it and send a corrected one.";
const ANEW = "Cancel the campaign and send another one.";

/**
 * Words for the reason that the store keeps with a paused campaign: `operator`, `account:190`,
 * `restricted:131048`, `template:132001`, `failures:131008`, `unknown_budget`, `double_wamid`, `counters:main-1`,
 * `other_sender`, `unreadable`.
 * A reason of a newer version is shown as it is.
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
      return { words: "Paused by a person.", advice: "Resume it when it may go on." };
    case "account":
      return { words: `The account cannot send (${named}).`, advice: withResume(advice) };
    case "restricted":
      return { words: `WhatsApp restricts the number (${named}).`, advice: withResume(advice) };
    case "template":
      return {
        words: `The template cannot be sent (${named}).`,
        advice:
          described?.retry === "in_vain" ? `${advice} ${ANEW}` : `${advice} ${RESUME_OR_ANEW}`,
      };
    case "failures":
      return {
        words: `Too many messages in a row failed (${named}).`,
        advice: `${advice || "Look at the failed messages."} ${RESUME_OR_ANEW}`,
      };
    case "unknown_budget":
      return {
        words: "Too many answers of the API left it open whether the message was sent.",
        advice: `Check that the API and the network are well. ${RESUME}`,
      };
    case "double_wamid":
      return {
        words: "The API gave one message two ids, so a person may have got it twice.",
        advice: `Tell LiveChat support, and look at the message in the export. ${RESUME}`,
      };
    case "counters":
      return {
        words: "The counters of a campaign of this number do not agree with its rows.",
        advice: `dropcast doctor says where, and dropcast doctor --recount mends it. ${RESUME}`,
      };
    case "other_sender":
      return {
        words: "It was imported for another WhatsApp number or API than this number has now.",
        advice:
          "The worker's log names both. If the configuration is wrong, correct it; " +
          "resumed, the campaign is sent by what is configured now.",
      };
    case "unreadable":
      return {
        words: "Rows of it cannot be read, so nothing of them can be sent.",
        advice: `Another version may have stored them: the worker's log says more. ${RESUME}`,
      };
    default:
      return {
        words: reason === "" ? "Paused." : `Paused (${reason}).`,
        advice: "Resume it when it may go on.",
      };
  }
}

function withResume(advice: string): string {
  return advice === "" ? RESUME : `${advice} ${RESUME}`;
}
