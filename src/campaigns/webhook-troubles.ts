import { isoTime } from "../core/format.ts";
import {
  describeSignatures,
  describeSilence,
  silenceJson,
  type WebhookTrouble,
} from "../export/silence-words.ts";
import type { NumberStore, WebhookSilence, WrongSignatures } from "../store/index.ts";

/** Why outcomes of a number may stay open: no webhook arrives, or they are refused. */
export interface WebhookTroubles {
  readonly silence: WebhookSilence | undefined;
  readonly signatures: readonly WrongSignatures[];
  /** Both in words. */
  readonly described: readonly WebhookTrouble[];
}

type Read = Pick<NumberStore, "number" | "webhookSilence" | "wrongSignatures">;

export async function readWebhookTroubles(store: Read): Promise<WebhookTroubles> {
  const [silence, signatures] = await Promise.all([
    store.webhookSilence(),
    store.wrongSignatures(),
  ]);
  const described = [
    ...signatures.map((one) => describeSignatures(store.number, one)),
    ...(silence === undefined ? [] : [describeSilence(store.number, silence)]),
  ];
  return { silence, signatures, described };
}

/** Each as one text. */
export function webhookTroubleLines({ described }: WebhookTroubles): string[] {
  return described.map(({ words, advice }) => `${words} ${advice}`);
}

/** As JSON, beside a campaign: null and an empty list while all is well. */
export function webhookTroublesJson({ silence, signatures }: WebhookTroubles) {
  return {
    webhookSilence: silenceJson(silence),
    wrongSignatures: signatures.map(({ address, count, lastMs }) => ({
      address,
      count,
      lastAt: isoTime(lastMs),
    })),
  };
}
