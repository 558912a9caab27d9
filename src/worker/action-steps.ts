import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { NumberStore } from "../store/index.ts";

/**
 * After a step so many times as long is left to the sending. A tenth of the time decides more
 * messages a second than a number may send.
 */
const REST = 9;
const REST_MS_MAX = 1_000;

/**
 * Takes the steps of the number's bulk actions, in turn a batch of each, until none is left. Any
 * number of workers may do so: one at a time gets the steps of an action.
 */
export function createActionSteps(context: {
  store: Pick<NumberStore, "actions">;
  logger: Logger;
}): (isStopped: () => boolean) => Promise<void> {
  const { logger } = context;
  const { actions } = context.store;
  const runner = randomUUID();

  /** Whether there is more to do now. */
  async function step(action: string): Promise<boolean> {
    const begunAt = performance.now();
    const result = await actions.step(action, { runner });
    if (result === "ended") {
      const ended = await actions.find(action);
      logger.info(
        { campaign: ended?.campaign, action, done: ended?.done, left: ended?.left },
        "a bulk action has ended",
      );
    }
    if (result !== "stepped" && result !== "moved") return false;
    await sleep(Math.min(REST_MS_MAX, (performance.now() - begunAt) * REST));
    return true;
  }

  return async (isStopped) => {
    let isMore = true;
    while (isMore && !isStopped()) {
      isMore = false;
      // Each round: one that begins meanwhile takes its turn, too.
      for (const action of await actions.live()) {
        if (!isStopped() && (await step(action))) isMore = true;
      }
    }
  };
}
