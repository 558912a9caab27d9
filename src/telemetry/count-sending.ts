import type { ProcessMetrics } from "../metrics/process-metrics.ts";
import { type SendingObserver, type SendObserver, UNOBSERVED } from "../worker/observer.ts";

/** Counts a number's POSTs, and measures how long they take from their claim on. */
export function countSending(number: string, metrics: ProcessMetrics): SendObserver {
  return {
    ...UNOBSERVED,
    claiming(campaign) {
      const askedAt = performance.now();
      const unobserved = UNOBSERVED.claiming(campaign);
      const sending: SendingObserver = {
        ...unobserved.sending(0, 0),
        ended({ kind }) {
          if (kind === "aborted") metrics.moved(number);
          else metrics.posted(number, kind, (performance.now() - askedAt) / 1_000);
        },
      };
      return {
        ...unobserved,
        capped: (messages) => metrics.capped(number, messages),
        sending: () => sending,
      };
    },
  };
}
