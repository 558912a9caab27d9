import type { Logger } from "pino";
import type { NumberStore, Retention } from "../store/index.ts";

/** Between two looks at whether webhooks tell of the number's messages. */
const SILENCE_EVERY_MS = 60_000;
/** When nothing has been accepted for so long, what was not told of is said by `show` alone. */
const SILENCE_OVER_MS = 60 * 60_000;

/** Between two looks for what is too old: nobody waits for it. */
const TIDY_EVERY_MS = 10 * 60_000;

/**
 * What the sweep does about people rather than messages. Opt-outs come first and at every sweep:
 * those that webhooks told of go to the list of the deployment, and this number's copy follows the
 * list where a command died before it had told all numbers. Old data goes now and then.
 */
export function createHousekeeping(input: {
  store: NumberStore;
  retention: Retention;
  logger: Logger;
}) {
  const { store, retention, logger } = input;
  let tidiedAt = Number.NEGATIVE_INFINITY;
  let listenedAt = Number.NEGATIVE_INFINITY;

  return {
    async optOuts(): Promise<void> {
      const heard = await store.optOuts.flushOutbox(store.rows);
      await store.optOuts.catchUp();
      if (heard > 0) logger.info({ people: heard }, "opted out by 131050");
    },

    /** Messages are accepted and no webhook tells of them: said once a minute while it lasts. */
    async silence(): Promise<void> {
      if (performance.now() - listenedAt < SILENCE_EVERY_MS) return;
      const silence = await store.webhookSilence();
      listenedAt = performance.now();
      if (silence === undefined || Date.now() - silence.lastMs > SILENCE_OVER_MS) return;
      const { kind, accepted, forMs } = silence;
      logger.warn(
        { number: store.number, kind, accepted, forSeconds: Math.round(forMs / 1_000) },
        kind === "none"
          ? "messages are accepted, and no webhook comes: is one registered, and is its secret right?"
          : "messages are accepted, and webhooks come, but none is about one of them",
      );
    },

    async oldData(): Promise<void> {
      if (performance.now() - tidiedAt < TIDY_EVERY_MS) return;
      await store.optOuts.trim();
      const { rows, campaigns } = await store.deleteOld(retention);
      for (const campaign of rows) logger.info({ campaign }, "old rows deleted; counts are kept");
      for (const campaign of campaigns) logger.info({ campaign }, "old campaign deleted");
      tidiedAt = performance.now();
    },
  };
}

export type Housekeeping = ReturnType<typeof createHousekeeping>;
