import { CODES } from "../core/error-codes.ts";
import type { PersonMarks } from "../store/index.ts";
import type { Words } from "./message-words.ts";

/** What keeps messages from a person, a sentence each; none if nothing does. */
export function markWords({ scope, undeliverableAt }: PersonMarks): Words[] {
  const sentences: Words[] = [];
  if (scope !== null) {
    const what = scope === "all" ? "every message" : "marketing messages";
    sentences.push([`The person opted out of ${what}.`]);
  }
  if (undeliverableAt !== null) {
    sentences.push([
      `WhatsApp last could not deliver to the person (${CODES.undeliverable}) on `,
      undeliverableAt,
      ".",
    ]);
  }
  return sentences;
}
