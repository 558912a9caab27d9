// Redis as seen from another machine: passes everything on, each way late by half of the round
// trip.
import { connect, createServer } from "node:net";
import { serve } from "./child.mjs";

function passOn(from, to, lateMs) {
  // Timers of the same length end in the order in which they began.
  from.on("data", (chunk) => setTimeout(() => to.write(chunk), lateMs));
  from.on("close", () => setTimeout(() => to.destroy(), lateMs));
  from.on("error", () => {
    // Its close says the same.
  });
}

serve({
  listen: ({ socket, farSocket, roundTripMs }) =>
    new Promise((resolve) => {
      const server = createServer((near) => {
        const redis = connect(socket);
        passOn(near, redis, roundTripMs / 2);
        passOn(redis, near, roundTripMs / 2);
      });
      server.listen(farSocket, () => resolve());
    }),
});
