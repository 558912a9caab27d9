/**
 * Ctrl-C and SIGTERM for commands that end something in good order: the first aborts the signal,
 * the second ends the process at once. `release` gives the signals back.
 */
export function onInterrupt(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const heard = (): void => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort();
  };
  process.on("SIGINT", heard);
  process.on("SIGTERM", heard);
  return {
    signal: controller.signal,
    release() {
      process.removeListener("SIGINT", heard);
      process.removeListener("SIGTERM", heard);
    },
  };
}
