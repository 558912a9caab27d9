import type { Logger } from "pino";
import type { Mode } from "../core/mode.ts";
import type { NumberQueues } from "../queue/number-queues.ts";
import { type NumberStore, OPEN_CAMPAIGNS_MAX, openBatchesMax } from "../store/index.ts";
import { addBatchJobs } from "./batch-jobs.ts";
import type { Flight } from "./flight.ts";
import type { Sender } from "./sender.ts";

/** If more campaigns have work, each gets a share of about a second and then makes room. */
const TURN_SECONDS = 1;

const FOREIGN = "paused: the campaign was imported for another number or API than is configured";

interface DispatchContext {
  readonly store: Pick<NumberStore, "pace" | "campaigns">;
  readonly queues: NumberQueues;
  readonly mode: Mode;
  /** As configured. */
  readonly ratePerSecond: number;
  readonly flight: Flight;
  readonly sender: Sender;
  readonly logger: Logger;
}

/**
 * Opens due batches and adds their jobs, on every worker. Any number of workers may do so at once;
 * after a crash between the two, the next sweep adds the job.
 */
export async function dispatch(context: DispatchContext): Promise<void> {
  const { store, queues, mode, flight, sender, logger } = context;
  const { ratePerSecond } = context;
  const rate = await store.pace.rate(ratePerSecond);
  flight.setRate(rate);
  const { opened, isCrowded, paused } = await store.campaigns.dispatch(
    mode,
    openBatchesMax(rate),
    ratePerSecond,
  );
  sender.share(isCrowded ? Math.ceil((rate * TURN_SECONDS) / OPEN_CAMPAIGNS_MAX) : null);
  if (opened.length > 0) await addBatchJobs(queues.get().batches, opened);
  for (const campaign of paused) {
    const { importedFor, configured } = await store.campaigns.senders(campaign);
    logger.error({ campaign, importedFor, configured }, FOREIGN);
  }
}
