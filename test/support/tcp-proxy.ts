/**
 * A TCP proxy that breaks connections as a test says: in which direction, how, and after how many
 * bytes. It knows nothing of what it carries. Nothing is ever changed or made up on the way: a
 * byte comes late, in small pieces, or not at all, which is what networks do.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** How a connection ends: RST, FIN, or not at all: both sides wait for bytes that never come. */
export type Ending = "reset" | "end" | "swallow";

/** What is done to the bytes of one direction. */
export interface StreamPlan {
  /** Each piece comes so much later. */
  readonly latencyMs?: number;
  /** Pieces of at most so many bytes, each a segment of its own. */
  readonly sliceBytes?: number;
  /** After so many bytes the connection ends; the piece is cut there. */
  readonly cut?: { readonly afterBytes: number; readonly ending: Ending };
}

/** What happens to one connection. Nothing given: it is carried as it is. */
export interface ConnectionPlan {
  /** `reset`: closed at once. `blackhole`: taken, and nothing ever comes back. */
  readonly refuse?: "reset" | "blackhole";
  readonly toServer?: StreamPlan;
  readonly toClient?: StreamPlan;
  /** Called once, when a cut or a refusal has happened; the bytes before it are with the kernel. */
  readonly onFault?: () => void;
}

export interface TcpProxy {
  readonly port: number;
  readonly url: string;
  /** Connections taken so far. */
  readonly connections: number;
  /** Plans of the connections from now on; each is asked when the connection comes. */
  plan(next: (connection: number) => ConnectionPlan): void;
  /** Resets every open connection. */
  cutAll(): void;
  close(): Promise<void>;
}

/** Carries connections to a port of this machine. */
export async function startTcpProxy(o: {
  targetPort: number;
  plan?: (connection: number) => ConnectionPlan;
}): Promise<TcpProxy> {
  const open = new Set<Socket>();
  let planOf: (connection: number) => ConnectionPlan = o.plan ?? (() => ({}));
  let connections = 0;
  // Half-open on purpose: who ends its side may still be answered.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const plan = planOf(connections++);
    track(open, client);
    if (plan.refuse !== undefined) {
      client.resume();
      if (plan.refuse === "reset") client.resetAndDestroy();
      plan.onFault?.();
      return;
    }
    const upstream = connect({
      port: o.targetPort,
      host: "127.0.0.1",
      allowHalfOpen: true,
      noDelay: true,
    });
    track(open, upstream);
    upstream.once("error", () => client.resetAndDestroy());
    carry({ from: client, to: upstream, plan: plan.toServer, onFault: plan.onFault });
    carry({ from: upstream, to: client, plan: plan.toClient, onFault: plan.onFault });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    plan(next) {
      planOf = next;
    },
    cutAll() {
      for (const socket of open) socket.resetAndDestroy();
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Keeps `socket` in `open` while it is; its errors are its end, and that is handled by `close`. */
export function track(open: Set<Socket>, socket: Socket): void {
  open.add(socket);
  socket.on("error", () => {});
  socket.once("close", () => open.delete(socket));
}

function carry(o: {
  from: Socket;
  to: Socket;
  plan: StreamPlan | undefined;
  onFault: (() => void) | undefined;
}): void {
  const { from, to, plan = {}, onFault } = o;
  let passed = 0;
  let over = false;

  function stop(ending: Ending): void {
    over = true;
    onFault?.();
    if (ending === "swallow") return;
    // What was passed on before must get there: an RST would overtake it.
    const finish = () => (ending === "reset" ? to.resetAndDestroy() : to.end());
    to.write("", finish);
    from.resetAndDestroy();
  }

  function pass(chunk: Buffer): void {
    if (over || to.destroyed) return;
    const room = plan.cut === undefined ? chunk.length : plan.cut.afterBytes - passed;
    const part = chunk.subarray(0, room);
    passed += part.length;
    for (const piece of slices(part, plan.sliceBytes)) to.write(piece);
    if (plan.cut !== undefined && passed >= plan.cut.afterBytes) stop(plan.cut.ending);
  }

  // Each direction waits for itself only, so pieces keep their order.
  const later = (act: () => void) => {
    if (plan.latencyMs === undefined || plan.latencyMs === 0) act();
    else setTimeout(act, plan.latencyMs);
  };
  if (plan.cut?.afterBytes === 0) {
    // Cut before the first byte: known as soon as one side has something to say.
    from.once("data", () => stop(plan.cut?.ending ?? "reset"));
    from.resume();
    return;
  }
  from.on("data", (chunk) => later(() => pass(chunk)));
  from.once("end", () => later(() => over || to.end()));
  from.once("close", () => {
    // An RST on one side is one on the other; a clean end was passed on above.
    later(() => {
      if (!over && !from.readableEnded) to.resetAndDestroy();
    });
  });
}

function slices(chunk: Buffer, bytes: number | undefined): Buffer[] {
  if (bytes === undefined) return [chunk];
  const pieces: Buffer[] = [];
  for (let at = 0; at < chunk.length; at += bytes) pieces.push(chunk.subarray(at, at + bytes));
  return pieces;
}
