import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Ports of servers that come back on them: below those that the system gives to outgoing connections
 * and to who asks for any. While such a server is down, nothing else takes its port.
 */
const PORTS = {
  /** With the port of the bus, 10,000 above, which no other range has. */
  clusterNode: [11_000, 14_000],
  redis: [24_000, 32_700],
  /** Of a role that another process starts. */
  role: [14_000, 21_000],
} as const;

/** One that is free when looked at, together with that so far above it. */
export async function freePort(kind: keyof typeof PORTS, alsoAbove = 0): Promise<number> {
  for (;;) {
    const [first, end] = PORTS[kind];
    const port = randomInt(first, end);
    if ((await isFree(port)) && (alsoAbove === 0 || (await isFree(port + alsoAbove)))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
