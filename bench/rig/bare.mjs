// A process of the bare receiver.
import { connect } from "../baseline/campaign.mjs";
import { createBareReceiver } from "../baseline/receiver.mjs";
import { cpuMicros, serve } from "./child.mjs";

const { REDIS_SOCKET: socket, WEBHOOK_SECRET: secret } = process.env;
let server;
let redis;

serve({
  cpu: cpuMicros,
  startWebhooks: () => {
    redis = connect(socket);
    server = createBareReceiver({ redis, secret });
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve(server.address().port));
    });
  },
  stop: () => {
    server?.close();
    server?.closeAllConnections();
    redis?.disconnect();
  },
});
