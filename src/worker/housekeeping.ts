import type { Logger } from "pino";
import type { NumberStore } from "../store/number-store.ts";
import type { Retention } from "../store/retention.ts";

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

  return {
    async optOuts(): Promise<void> {
      const heard = await store.optOuts.flushOutbox(store.rows);
      await store.optOuts.catchUp();
      if (heard > 0) logger.info({ people: heard }, "opted out by 131050");
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
