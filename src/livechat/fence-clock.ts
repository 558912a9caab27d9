/**
 * A clock in ms that never goes back and never runs behind the wall clock. `performance.now()`
 * stands still while a machine is suspended: a worker that wakes up hours later would think its
 * claim fresh and POST a message whose lease Redis has long ended. The wall clock sees the pause,
 * yet steps back. So each reading adds the larger of the two advances. A wall clock that is put
 * forward counts as time as well: the message is then given back, not sent.
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
