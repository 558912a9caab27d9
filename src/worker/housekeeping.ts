import type { Logger } from "pino";
import type { NumberStore, Retention } from "../store/index.ts";

/** If nothing was accepted for this time, only `show` reports missing webhooks. */
export const SILENCE_OVER_MS = 60 * 60_000;

/** The parts of the sweep for people and old data. */
interface HousekeepingContext {
  readonly store: Pick<
    NumberStore,
    "number" | "optOuts" | "rows" | "webhookSilence" | "wrongSignatures" | "deleteOld"
  >;
  readonly retention: Retention;
  readonly logger: Logger;
}

/**
 * Adds opt-outs from webhooks to the deployment's list, and updates this number's copy in case a
 * command died before it reached all numbers.
 */
export async function passOnOptOuts({ store, logger }: HousekeepingContext): Promise<void> {
  const heard = await store.optOuts.flushOutbox(store.rows);
  await store.optOuts.catchUp();
  if (heard > 0) logger.info({ people: heard }, "opted out by error 131050");
}

/** Whether {@link logSilence} has silence to tell. */
export async function isSilent({
  webhookSilence,
}: Pick<NumberStore, "webhookSilence">): Promise<boolean> {
  const silence = await webhookSilence();
  return silence !== undefined && Date.now() - silence.lastMs <= SILENCE_OVER_MS;
}

/** Messages are accepted, but no webhook reports on them, or webhooks are refused. Whether so. */
export async function logSilence({ store, logger }: HousekeepingContext): Promise<boolean> {
  const wrong = await store.wrongSignatures();
  for (const { address, count } of wrong) {
    logger.warn(
      { number: store.number, address, count },
      "webhooks with a wrong signature in the last 10 minutes: is the webhook secret right?",
    );
  }
  const silence = await store.webhookSilence();
  if (silence === undefined || Date.now() - silence.lastMs > SILENCE_OVER_MS) {
    return wrong.length > 0;
  }
  const { kind, accepted, forMs } = silence;
  logger.warn(
    { number: store.number, kind, accepted, forSeconds: Math.round(forMs / 1_000) },
    kind === "none"
      ? "messages are accepted, but no webhook arrives: is one registered with the right secret?"
      : "messages are accepted and webhooks arrive, but none is about these messages",
  );
  return true;
}

export async function deleteOld(context: HousekeepingContext): Promise<void> {
  const { store, retention, logger } = context;
  await store.optOuts.trim();
  const { rows, campaigns } = await store.deleteOld(retention);
  for (const campaign of rows) logger.info({ campaign }, "old rows deleted; counts are kept");
  for (const campaign of campaigns) logger.info({ campaign }, "old campaign deleted");
}
