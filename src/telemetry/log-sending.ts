import type { Logger } from "pino";
import { type SendingObserver, type SendObserver, UNOBSERVED } from "../worker/observer.ts";

/** Logs the outcome of each attempt at level debug: too many lines for any other. */
export function logSending(logger: Pick<Logger, "debug">): SendObserver {
  return {
    ...UNOBSERVED,
    claiming(campaign) {
      const unobserved = UNOBSERVED.claiming(campaign);
      return {
        ...unobserved,
        sending(row, attempt): SendingObserver {
          return {
            ...unobserved.sending(row, attempt),
            ended(outcome) {
              const code = "code" in outcome && outcome.code > 0 ? { code: outcome.code } : {};
              const result = outcome.kind;
              logger.debug({ campaign, row, attempt, result, ...code }, "attempt ended");
            },
          };
        },
      };
    },
  };
}
