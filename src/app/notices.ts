import { createTroubleLog } from "../core/trouble-log.ts";
import type { NumberStore } from "../store/index.ts";
import type { Platform } from "./platform.ts";

/** Webhooks out of the numbers of a worker process. */
export async function openNotices({ config, logger, outage }: Platform) {
  const [{ createNotifier, notifierTiming }, { createPoster }] = await Promise.all([
    import("../notices/notifier.ts"),
    import("../notices/post.ts"),
  ]);
  const poster = createPoster();
  const log = logger.child({ role: "worker" });
  const isAway = (): boolean => outage.now() !== undefined;
  const troubles = createTroubleLog({ logger: log, isAway, now: () => performance.now() });
  return {
    /** Tells the endpoints for this number from now on. */
    start(store: NumberStore): { stop(): Promise<void> } {
      const notifier = createNotifier({
        ...{ store, post: poster.post, timing: notifierTiming(config.timeScale) },
        ...{ logger: log.child({ number: store.number }), troubles },
        endpoints: config.webhooksOut.filter(
          ({ numbers }) => numbers === null || numbers.has(store.number),
        ),
      });
      notifier.start();
      return notifier;
    },
    close: poster.close,
  };
}
