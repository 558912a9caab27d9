/** Lets the parent process call `handlers` by name; ends when the parent does. */
export function serve(handlers) {
  const answer = async ({ id, call, input }) => {
    try {
      process.send({ id, value: await handlers[call](input) });
    } catch (error) {
      process.send({ id, error: error.stack });
    }
  };
  process.on("message", (message) => void answer(message));
  process.on("disconnect", () => process.exit());
  process.on("SIGINT", () => {
    // Ctrl-C reaches the whole group; the parent decides.
  });
  process.send({ id: 0 });
}

/** CPU microseconds this process has used so far. */
export function cpuMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The most memory this process, its threads included, has had so far. */
export function peakRssBytes() {
  return process.resourceUsage().maxRSS * 1_024;
}

/** The same clock in every process of this machine, ms with fractions. */
export function clockMs() {
  return performance.timeOrigin + performance.now();
}
