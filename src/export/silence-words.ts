import { count } from "../core/format.ts";
import type { WebhookSilence } from "../store/index.ts";

/** Describes missing webhooks, and what to check. */
export function describeSilence(
  number: string,
  { kind, accepted, forMs }: WebhookSilence,
): { words: string; advice: string } {
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

/** {@link describeSilence} as one text. */
export function silenceWords(number: string, silence: WebhookSilence): string {
  const { words, advice } = describeSilence(number, silence);
  return `${words} ${advice}`;
}

/** Missing webhooks as JSON; null while webhooks arrive. */
export function silenceJson(silence: WebhookSilence | undefined) {
  if (silence === undefined) return null;
  const { kind, accepted, sinceMs, lastMs } = silence;
  const [since, last] = [sinceMs, lastMs].map((ms) => new Date(ms).toISOString());
  return { kind, accepted, since, last };
}
