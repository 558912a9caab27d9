import type { Logger } from "pino";

/** Does something and returns its result; undefined if it throws. */
type Sparing = <T>(act: () => T) => T | undefined;

/**
 * Spares the caller the errors of what only watches. A provider of traces is foreign code that runs
 * between a POST and the record of its outcome: an error there must not lose the outcome. It is
 * logged once, and only by name, because its text may hold anything.
 */
export function createSparing(logger: Pick<Logger, "debug">): Sparing {
  let isLogged = false;
  return (act) => {
    try {
      return act();
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      if (!isLogged) logger.debug({ error: name }, "metrics or traces failed; work continues");
      isLogged = true;
      return undefined;
    }
  };
}
