import { count, isoTime } from "../core/format.ts";
import type { WebhookSilence, WrongSignatures } from "../store/index.ts";

/** Why outcomes may stay open, and what to check. */
export interface WebhookTrouble {
  readonly words: string;
  readonly advice: string;
}

/** Describes webhooks with a wrong signature. */
export function describeSignatures(
  number: string,
  { address, count: wrong, lastMs }: WrongSignatures,
): WebhookTrouble {
  const webhooks = wrong === 1 ? "1 webhook" : `${count(wrong)} webhooks`;
  const isOwn = address === "number";
  return {
    words:
      `${webhooks} with a wrong signature arrived in the last 10 minutes` +
      `${isOwn ? ` for number ${number}` : ""}, the last at ${isoTime(lastMs)}.`,
    advice:
      "Their outcomes are not recorded. Check that DROPCAST_WEBHOOK_SECRET" +
      `${isOwn ? " (or the number's webhookSecret)" : ""} is the secret that LiveChat gave you. If ` +
      "outcomes do arrive, they were sent by a stranger.",
  };
}

/** Describes missing webhooks. */
export function describeSilence(
  number: string,
  { kind, accepted, forMs }: WebhookSilence,
): WebhookTrouble {
  const minutes = count(Math.floor(forMs / 60_000));
  const messages = accepted === 1 ? "1 message" : `${count(accepted)} messages`;
  return kind === "none"
    ? {
        words:
          `The API has accepted ${messages} of number ${number}, but no webhook has arrived for ` +
          `${minutes} minutes, so their delivery is not known.`,
        advice:
          "Ask LiveChat whether a webhook is registered for the number and for which address, and " +
          "check that the webhooks port can be reached there with the right secret.",
      }
    : {
        words:
          `The API has accepted ${messages} of number ${number} in ${minutes} minutes. Webhooks ` +
          "arrive, but none is about these messages.",
        advice:
          "Check that the webhook and its secret belong to this number, and ask LiveChat whether " +
          "its API and its webhooks use the same message ids.",
      };
}

/** Missing webhooks as JSON; null while webhooks arrive. */
export function silenceJson(silence: WebhookSilence | undefined) {
  if (silence === undefined) return null;
  const { kind, accepted, sinceMs, lastMs } = silence;
  return { kind, accepted, since: isoTime(sinceMs), last: isoTime(lastMs) };
}
