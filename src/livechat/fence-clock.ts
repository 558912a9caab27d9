/**
 * A clock in ms that never goes back and never runs behind the wall clock. `performance.now()`
 * stands still while a machine is suspended: a worker that wakes up hours later would take its
 * claim for a fresh one and POST a message whose lease has long expired in Redis. The wall clock
 * counts the suspension, but may step back. So each reading adds the larger of the two advances. A
 * wall clock set forward also counts: the message is then released, not sent.
 */
export function createFenceClock(
  steady: () => number = () => performance.now(),
  wall: () => number = () => Date.now(),
): () => number {
  let steadyMs = steady();
  let wallMs = wall();
  let nowMs = 0;
  return () => {
    const [steadyNow, wallNow] = [steady(), wall()];
    nowMs += Math.max(steadyNow - steadyMs, wallNow - wallMs, 0);
    [steadyMs, wallMs] = [steadyNow, wallNow];
    return nowMs;
  };
}
