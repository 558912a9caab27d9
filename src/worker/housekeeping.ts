import type { Logger } from "pino";
import type { NumberStore, Retention } from "../store/index.ts";

/** When nothing has been accepted for so long, what was not told of is said by `show` alone. */
const SILENCE_OVER_MS = 60 * 60_000;

/** What the sweep does about people and old data rather than messages. */
export interface HousekeepingContext {
  readonly store: Pick<NumberStore, "number" | "optOuts" | "rows" | "webhookSilence" | "deleteOld">;
  readonly retention: Retention;
  readonly logger: Logger;
}

/**
 * Opt-outs that webhooks told of go to the list of the deployment, and this number's copy follows the
 * list where a command died before it had told all numbers.
 */
export async function passOnOptOuts({ store, logger }: HousekeepingContext): Promise<void> {
  const heard = await store.optOuts.flushOutbox(store.rows);
  await store.optOuts.catchUp();
  if (heard > 0) logger.info({ people: heard }, "opted out by 131050");
}

/** Messages are accepted and no webhook tells of them. */
export async function tellSilence({ store, logger }: HousekeepingContext): Promise<void> {
  const silence = await store.webhookSilence();
  if (silence === undefined || Date.now() - silence.lastMs > SILENCE_OVER_MS) return;
  const { kind, accepted, forMs } = silence;
  logger.warn(
    { number: store.number, kind, accepted, forSeconds: Math.round(forMs / 1_000) },
    kind === "none"
      ? "messages are accepted, and no webhook comes: is one registered, and is its secret right?"
      : "messages are accepted, and webhooks come, but none is about one of them",
  );
}

export async function deleteOld(context: HousekeepingContext): Promise<void> {
  const { store, retention, logger } = context;
  await store.optOuts.trim();
  const { rows, campaigns } = await store.deleteOld(retention);
  for (const campaign of rows) logger.info({ campaign }, "old rows deleted; counts are kept");
  for (const campaign of campaigns) logger.info({ campaign }, "old campaign deleted");
}
