/**
 * Fails a test that leaves a connection to Redis open. A set-up file, because hooks belong to the
 * test file that is running, and the fast tests share their modules.
 */
import { beforeEach, onTestFinished } from "vitest";
import { openSockets } from "./redis.ts";
import { SOON } from "./soon.ts";

beforeEach(() => {
  const before = new Set(openSockets);
  // Registered first, so it runs last: after everything the test itself wants closed.
  onTestFinished(async () => {
    const mine = () => [...openSockets].filter((socket) => !before.has(socket));
    // A client that was just told to close needs a moment for its socket, on a busy machine a long one.
    const deadline = Date.now() + SOON.timeout;
    while (mine().length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, SOON.interval));
    }
    const leaked = mine();
    for (const socket of leaked) socket.destroy();
    if (leaked.length > 0) {
      throw new Error(`The test left ${leaked.length} Redis connections open.`);
    }
  });
});
