/**
 * Ctrl-C and SIGTERM for commands that stop in good order: the first signal aborts `signal`, the
 * second ends the process at once, with a word. `release` removes the handlers.
 */
export function onInterrupt(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      process.stderr.write("Stopped at once. dropcast list shows what has begun.\n");
      process.exit(1);
    }
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    release() {
      process.removeListener("SIGINT", onSignal);
      process.removeListener("SIGTERM", onSignal);
    },
  };
}
