import type { TroubleLog } from "../core/trouble-log.ts";
import { createSignal } from "./signal.ts";

/** Does something again and again, whatever becomes of it. */
export interface Loop {
  start(): void;
  /** Does it again now, or as soon as it is done. */
  wake(): void;
  /** Resolves when it is not doing it any longer. */
  stop(): Promise<void>;
}

/** A failure is logged, and it is tried again after `everyMs`. `isStopped` tells a long one to end. */
export function createLoop(input: {
  name: string;
  everyMs: number;
  act: (isStopped: () => boolean) => Promise<void>;
  troubles: TroubleLog;
}): Loop {
  const { name, everyMs, act, troubles } = input;
  const wanted = createSignal();
  let stopped = false;
  let running: Promise<void> | undefined;

  async function repeat(): Promise<void> {
    while (!stopped) {
      try {
        await act(() => stopped);
      } catch (error) {
        troubles(error, `${name} failed; it is tried again`);
      }
      if (!stopped) await wanted.wait(everyMs);
    }
  }

  return {
    start(): void {
      running ??= repeat();
    },
    wake: wanted.raise,
    async stop(): Promise<void> {
      stopped = true;
      wanted.raise();
      await running;
    },
  };
}
