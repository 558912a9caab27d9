import { type Mode, modeOption } from "../core/mode.ts";
import type { Action, NumberStore } from "../store/index.ts";
import type { Cli } from "./command.ts";
import { onInterrupt } from "./interrupt.ts";
import { count, printable } from "./words.ts";

/** How `campaigns/` lets a command follow the action that it begins. */
interface Following {
  readonly signal: AbortSignal;
  readonly onStep: (action: string) => Promise<void>;
}

/** A line is shown so often at most. */
const SHOWN_EVERY_MS = 500;
/** A short action ends before a person could read a line. */
const QUIET_MS = 1_500;

/**
 * Follows the bulk action that `act` begins, with its progress at a terminal. Ctrl-C detaches: a
 * worker goes on with it.
 */
export async function followAction<T>(
  cli: Cli,
  { actions }: Pick<NumberStore, "actions">,
  act: (following: Following) => Promise<T>,
): Promise<{ readonly result: T; readonly detached: boolean }> {
  const { terminal } = cli;
  const interrupt = onInterrupt();
  let showAt = Date.now() + QUIET_MS;
  const onStep = async (id: string): Promise<void> => {
    if (cli.json || !terminal.interactive || Date.now() < showAt) return;
    showAt = Date.now() + SHOWN_EVERY_MS;
    const action = await actions.find(id);
    if (action !== undefined) terminal.live(actionLine(action));
  };
  try {
    const signal = AbortSignal.any([interrupt.signal, terminal.closed]);
    const result = await act({ signal, onStep });
    return { result, detached: signal.aborted };
  } finally {
    terminal.live("");
    interrupt.release();
  }
}

/** `main-17.k3f9x2ab: 1,200 of 4,000 done; Ctrl-C leaves it to a worker`. */
function actionLine({ id, total, left }: Action): string {
  return `${printable(id)}: ${count(total - left)} of ${count(total)} messages done; Ctrl-C leaves it to a worker`;
}

export function detachedText(action: string, mode: Mode): string {
  const option = modeOption(mode);
  return [
    `Detached: bulk action ${action} goes on in a worker.`,
    `Follow it: dropcast actions show ${action}${option}`,
    `Stop it: dropcast actions stop ${action}${option}`,
  ].join("\n");
}
