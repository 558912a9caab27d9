import type { TroubleLog } from "../core/trouble-log.ts";
import { createSignal } from "./signal.ts";

/** Repeats a task, whatever its result. */
interface Loop {
  start(): void;
  /** Repeats it now, or as soon as the current run ends. */
  wake(): void;
  /** Resolves when the current run has ended. */
  stop(): Promise<void>;
}

/** Logs a failure and tries again after `everyMs`. `isStopped` tells a long task to end. */
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
        troubles(error, `${name} failed; retrying`);
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
