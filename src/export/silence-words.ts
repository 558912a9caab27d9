import type { WebhookSilence } from "../store/webhook-silence.ts";

/** For people: what webhooks do not tell, and where to look. */
export function describeSilence(
  number: string,
  { kind, accepted, forMs }: WebhookSilence,
): { words: string; advice: string } {
  const minutes = Math.floor(forMs / 60_000).toLocaleString("en-US");
  const messages = accepted === 1 ? "1 message" : `${accepted.toLocaleString("en-US")} messages`;
  return kind === "none"
    ? {
        words:
          `The API has accepted ${messages} of number ${number}, and no webhook has come for ` +
          `${minutes} minutes: what becomes of them is not known.`,
        advice:
          "Ask LiveChat whether a webhook is registered for the number and for which address, and " +
          "check that the webhooks port can be reached there with the right secret.",
      }
    : {
        words:
          `The API has accepted ${messages} of number ${number} in ${minutes} minutes, and webhooks ` +
          "come, but none is about one of them.",
        advice:
          "Check that the webhook and its secret belong to this number, and ask LiveChat whether the " +
          "API's answers name messages as its webhooks do.",
      };
}

/** The same in one text. */
export function silenceWords(number: string, silence: WebhookSilence): string {
  const { words, advice } = describeSilence(number, silence);
  return `${words} ${advice}`;
}

/** The same for scripts; null while webhooks tell of the number's messages. */
export function silenceJson(silence: WebhookSilence | undefined) {
  if (silence === undefined) return null;
  const { kind, accepted, sinceMs, lastMs } = silence;
  const [since, last] = [sinceMs, lastMs].map((ms) => new Date(ms).toISOString());
  return { kind, accepted, since, last };
}
