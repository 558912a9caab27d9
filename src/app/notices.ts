import type { WebhookEndpoint } from "../config/config.ts";
import type { Mode } from "../core/mode.ts";
import { createTroubleLog } from "../core/trouble-log.ts";
import type { NumberStore } from "../store/index.ts";
import type { NotifierOf } from "../worker/number-parts.ts";
import type { Platform } from "./platform.ts";

/** Webhooks out of the numbers of a worker process. */
export async function openNotices({ config, logger, outage }: Platform) {
  const [{ createNotifier, notifierTiming, register }, { createPoster }] = await Promise.all([
    import("../notices/notifier.ts"),
    import("../notices/post.ts"),
  ]);
  const timing = notifierTiming(config.timeScale);
  const poster = createPoster({ timeoutMs: timing.postTimeoutMs });
  const log = logger.child({ role: "worker" });
  const isAway = (): boolean => outage.now() !== undefined;
  const troubles = createTroubleLog({ logger: log, isAway, now: () => performance.now() });
  return {
    /** Tells the endpoints for this number, from each `start` on. */
    of(store: NumberStore): NotifierOf {
      const endpoints = config.webhooksOut.filter(
        ({ numbers }) => numbers === null || numbers.has(store.number),
      );
      return {
        endpoints: endpoints.map(({ id }) => id),
        register: () => register({ store, endpoints }),
        start() {
          const notifier = createNotifier({
            ...{ store, post: poster.post, timing, endpoints, troubles },
            logger: log.child({ number: store.number }),
          });
          notifier.start();
          return notifier;
        },
      };
    },
    close: poster.close,
  };
}

/** Posts to endpoints, for a command. */
export async function openPoster() {
  const { createPoster } = await import("../notices/post.ts");
  return createPoster();
}

/** A webhook that tells of nothing but the test. */
export async function testWebhook(
  { format }: WebhookEndpoint,
  number: string,
  mode: Mode,
): Promise<{ id: string; body: string }> {
  const [{ bodyOf }, { testEvent }, { newWebhookId }] = await Promise.all([
    import("../notices/body.ts"),
    import("../notices/event.ts"),
    import("../notices/notifier.ts"),
  ]);
  return { id: newWebhookId(), body: bodyOf(testEvent(number, mode, Date.now()), format) };
}
