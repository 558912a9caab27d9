import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { onTestFinished } from "vitest";
import { readCommand } from "./resp.ts";

/**
 * A server that answers each command, given in lower case, with these bytes: for what no Redis at
 * hand does. Returns its port.
 */
export async function startAnswering(
  answer: (words: readonly string[]) => string,
): Promise<number> {
  const server = createServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let one = readCommand(pending); one !== undefined; one = readCommand(pending)) {
        pending = pending.subarray(one.raw.length);
        socket.write(answer(one.words.map((word) => word.toString().toLowerCase())));
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
