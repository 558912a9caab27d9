/**
 * A real Redis Cluster of 3 masters and 3 replicas on this machine, each with `appendfsync always`,
 * to be killed, frozen, failed over and resharded. Its topology is written into the nodes' files
 * before they start, so it is ready as soon as they have found each other (about 3 s), without
 * redis-cli. It lasts until `remove`: call that in `afterAll` or `onTestFinished`.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { freePort } from "./ports.ts";
import { ownPorts } from "./redis.ts";
import { startRedisServer, type TestRedisServer } from "./redis-server.ts";

const MASTERS = 3;
const SLOTS = 16_384;
/** Redis adds it to a node's port for the nodes' own connections. */
const BUS_OFFSET = 10_000;
const SETTLE_MS = 90_000;
/** Longer than a busy machine lets a node wait, or others would take its place without being asked. */
const NODE_TIMEOUT_MS = 5_000;
const POLL_MS = 50;

/** One server of the cluster. */
export interface ClusterNode {
  /** The cluster's name for it. */
  readonly id: string;
  readonly port: number;
  readonly server: TestRedisServer;
  /** `frozen`: stopped by SIGSTOP. */
  state: "running" | "frozen" | "killed";
}

/** A slot on its way: `moveKeys` and `finish` are the rest of it. */
export interface SlotMove {
  /** Moves up to `max` keys (default: all). Returns how many. */
  moveKeys(max?: number): Promise<number>;
  /** Gives the slot to its new owner. */
  finish(): Promise<void>;
}

export interface TestCluster {
  /** Masters first, then their replicas in the same order. */
  readonly nodes: readonly ClusterNode[];
  /** `127.0.0.1:port` of each node. */
  readonly seeds: readonly string[];
  /** `redis-cluster://` with all nodes. */
  readonly url: string;
  /** One command to one node. Rejects with what the node answers. */
  ask(node: ClusterNode, command: string, ...args: (string | number)[]): Promise<unknown>;
  /** A client of one node, by its socket; closed when the test ends. */
  connect(node: ClusterNode): Redis;
  slotOf(key: string): Promise<number>;
  /** The running node that takes the slot's writes; of two that say so, the newer one. */
  ownerOf(slot: number): Promise<ClusterNode>;
  /** Waits until another node than `old` has the slot. */
  newOwnerOf(slot: number, old: ClusterNode): Promise<ClusterNode>;
  /** The replica of a master. */
  replicaOf(master: ClusterNode): Promise<ClusterNode>;
  /**
   * Makes a replica the master, and waits for it. `graceful`: with the old master's help, so
   * nothing is lost. `takeover`: without asking anybody, even if the old one cannot be reached.
   * Do not let the same node be elected twice within four node timeouts: Redis 7.0 then counts the
   * votes of the first time, and a node that was killed in between may come back as the owner.
   */
  failover(replica: ClusterNode, how: "graceful" | "takeover"): Promise<void>;
  /** SIGKILL, and waits for the process to be gone. */
  kill(node: ClusterNode): Promise<void>;
  /**
   * Starts a killed node on its data. It joins again as what the others say that it is, which is
   * waited for; `alone`: not, because the cluster cannot work yet.
   */
  restart(node: ClusterNode, how?: "alone"): Promise<void>;
  /** SIGSTOP: its connections stay open, and nothing is answered. */
  freeze(node: ClusterNode): void;
  /** SIGCONT. */
  thaw(node: ClusterNode): void;
  /** Begins to move a slot to another master, as `redis-cli --cluster reshard` does. */
  beginMove(slot: number, to: ClusterNode): Promise<SlotMove>;
  /** Moves a whole slot. */
  moveSlot(slot: number, to: ClusterNode): Promise<void>;
  /** Waits until all running nodes say that the cluster works, and all replicas are in step. */
  settled(): Promise<void>;
  /** Ends all processes by their id, and removes their folders. */
  remove(): Promise<void>;
}

/**
 * Starts the cluster. `args` are settings of every node, or those for its port; the last one of a
 * name wins.
 */
export async function startCluster(
  o: {
    nodeTimeoutMs?: number;
    args?: readonly string[] | ((port: number) => readonly string[]);
  } = {},
): Promise<TestCluster> {
  const argsOf = (port: number) => (typeof o.args === "function" ? o.args(port) : (o.args ?? []));
  const plan: Plan[] = [];
  const ports = await freePorts(2 * MASTERS);
  for (const [at, port] of ports.entries()) {
    const id = randomBytes(20).toString("hex");
    plan.push({ id, port, master: at < MASTERS ? null : (plan[at - MASTERS]?.id ?? null) });
  }
  const folder = mkdtempSync(join(tmpdir(), "dropcast-cluster-"));
  const nodes: ClusterNode[] = [];
  const cluster = createCluster(nodes, folder);
  try {
    await Promise.all(
      plan.map(async ({ id, port }, at) => {
        const file = join(folder, `nodes-${port}.conf`);
        writeFileSync(file, topology(plan, id));
        const server = await startRedisServer(
          [...clusterSettings(file, o.nodeTimeoutMs ?? NODE_TIMEOUT_MS), ...argsOf(port)],
          port,
        );
        ownPorts.add(port);
        nodes[at] = { id, port, server, state: "running" };
      }),
    );
    await cluster.settled();
  } catch (error) {
    await cluster.remove();
    throw error;
  }
  return cluster;
}

function clusterSettings(file: string, nodeTimeoutMs: number): string[] {
  return [
    ["--cluster-enabled", "yes"],
    ["--cluster-config-file", file],
    ["--cluster-node-timeout", String(nodeTimeoutMs)],
    // Each master keeps the replica it was given.
    ["--cluster-allow-replica-migration", "no"],
    // By default a master waits 5 s for further replicas before it sends its data.
    ["--repl-diskless-sync-delay", "0"],
  ].flat();
}

interface Plan {
  readonly id: string;
  readonly port: number;
  readonly master: string | null;
}

/** A node's file (`CLUSTER NODES`) in which all know each other already. */
function topology(plan: readonly Plan[], self: string): string {
  const lines = plan.map(({ id, port, master }, at) => {
    const role = master === null ? "master" : "slave";
    const flags = id === self ? `myself,${role}` : role;
    const epoch = (at % MASTERS) + 1;
    const first = Math.round((at * SLOTS) / MASTERS);
    const last = Math.round(((at + 1) * SLOTS) / MASTERS) - 1;
    const slots = master === null ? ` ${first}-${last}` : "";
    const address = `127.0.0.1:${port}@${port + BUS_OFFSET}`;
    return `${id} ${address} ${flags} ${master ?? "-"} 0 0 ${epoch} connected${slots}`;
  });
  return `${lines.join("\n")}\nvars currentEpoch ${MASTERS} lastVoteEpoch 0\n`;
}

function createCluster(nodes: ClusterNode[], folder: string): TestCluster {
  const running = () => nodes.filter(({ state }) => state === "running");

  async function ask(node: ClusterNode, command: string, ...args: (string | number)[]) {
    // Of its own, so that no connection outlives a test.
    const redis = new Redis(node.server.socket, { retryStrategy: () => null, lazyConnect: true });
    redis.on("error", () => {
      // The command is rejected with it.
    });
    try {
      return await redis.call(command, ...args);
    } finally {
      redis.disconnect();
    }
  }

  /** What each running node says of itself. */
  async function views(): Promise<View[]> {
    const seen = await Promise.all(
      running().map(async (node) => {
        const text = String(await ask(node, "CLUSTER", "NODES"));
        const own = text.split("\n").find((line) => line.includes("myself")) ?? "";
        const [, , flags = "", master = "", , , epoch, , ...slots] = own.split(" ");
        return { node, isMaster: flags.includes("master"), master, epoch: Number(epoch), slots };
      }),
    );
    return seen.sort((one, other) => other.epoch - one.epoch);
  }

  async function findOwner(slot: number): Promise<ClusterNode | undefined> {
    const all = await views();
    return all.find(({ isMaster, slots }) => isMaster && slots.some(includesSlot(slot)))?.node;
  }

  async function ownerOf(slot: number): Promise<ClusterNode> {
    return until(`an owner of slot ${slot}`, () => findOwner(slot));
  }

  async function isSettled(node: ClusterNode): Promise<boolean> {
    const state = String(await ask(node, "CLUSTER", "INFO"));
    const replication = String(await ask(node, "INFO", "replication"));
    const isInStep = /role:master|master_link_status:up/.test(replication);
    return state.includes("cluster_state:ok") && isInStep;
  }

  async function settled(): Promise<void> {
    await until("the cluster", async () => {
      const all = await Promise.all(running().map(isSettled));
      // A master that comes back takes itself for one until it has heard of the failover.
      const masters = (await views()).filter(({ isMaster }) => isMaster);
      return (all.every(Boolean) && masters.length === MASTERS) || undefined;
    });
  }

  async function failover(replica: ClusterNode, how: "graceful" | "takeover"): Promise<void> {
    // A machine that stood still for longer than the node timeout may have made it the master.
    const takeover = how === "takeover" ? ["TAKEOVER"] : [];
    await ask(replica, "CLUSTER", "FAILOVER", ...takeover).catch((error: Error) => {
      if (!error.message.includes("to a replica")) throw error;
    });
    await until("the failover", async () => {
      const own = (await views()).find(({ node }) => node === replica);
      return own?.isMaster || undefined;
    });
  }

  async function beginMove(slot: number, to: ClusterNode): Promise<SlotMove> {
    const from = await ownerOf(slot);
    await ask(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
    await ask(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
    return {
      async moveKeys(max = Number.POSITIVE_INFINITY) {
        let moved = 0;
        while (moved < max) {
          const most = Math.min(100, max - moved);
          const keys = (await ask(from, "CLUSTER", "GETKEYSINSLOT", slot, most)) as string[];
          if (keys.length === 0) break;
          await ask(from, "MIGRATE", "127.0.0.1", to.port, "", 0, SETTLE_MS, "KEYS", ...keys);
          moved += keys.length;
        }
        return moved;
      },
      async finish() {
        // The new owner first: if the old one forgot the slot before, nobody would have it.
        const masters = (await views()).filter(({ isMaster }) => isMaster).map(({ node }) => node);
        for (const node of new Set([to, from, ...masters])) {
          await ask(node, "CLUSTER", "SETSLOT", slot, "NODE", to.id);
        }
      },
    };
  }

  return {
    nodes,
    get seeds() {
      return nodes.map(({ port }) => `127.0.0.1:${port}`);
    },
    get url() {
      return `redis-cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
    },
    ask,
    connect(node) {
      const redis = new Redis(node.server.socket);
      redis.on("error", () => {
        // The test ends the node on purpose.
      });
      onTestFinished(() => redis.disconnect());
      return redis;
    },
    slotOf: async (key) => Number(await ask(anyOf(running()), "CLUSTER", "KEYSLOT", key)),
    ownerOf,
    newOwnerOf: (slot, old) =>
      until(`a new owner of slot ${slot}`, async () => {
        const owner = await findOwner(slot);
        return owner === old ? undefined : owner;
      }),
    replicaOf: (master) =>
      until("a replica", async () => {
        const all = await views();
        return all.find((view) => !view.isMaster && view.master === master.id)?.node;
      }),
    failover,
    async kill(node) {
      await node.server.kill();
      node.state = "killed";
    },
    async restart(node, how) {
      await node.server.restart();
      node.state = "running";
      if (how !== "alone") await settled();
    },
    freeze(node) {
      process.kill(node.server.pid(), "SIGSTOP");
      node.state = "frozen";
    },
    thaw(node) {
      process.kill(node.server.pid(), "SIGCONT");
      node.state = "running";
    },
    beginMove,
    async moveSlot(slot, to) {
      const move = await beginMove(slot, to);
      await move.moveKeys();
      await move.finish();
    },
    settled,
    async remove() {
      await Promise.all(nodes.map(({ server }) => server.remove()));
      for (const { port } of nodes) ownPorts.delete(port);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface View {
  readonly node: ClusterNode;
  readonly isMaster: boolean;
  readonly master: string;
  readonly epoch: number;
  readonly slots: readonly string[];
}

/** `5` or `0-5460`; `[5->-…]` is a slot on its way. */
function includesSlot(slot: number): (range: string) => boolean {
  return (range) => {
    const [first = Number.NaN, last = first] = range.split("-").map(Number);
    return first <= slot && slot <= last;
  };
}

function anyOf(nodes: readonly ClusterNode[]): ClusterNode {
  const [node] = nodes;
  if (node === undefined) throw new Error("No node of the cluster is running.");
  return node;
}

/** Asks until there is an answer. A node that is just starting or ending may refuse. */
async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + SETTLE_MS;
  let problem = "";
  while (Date.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      problem = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`Waited in vain for ${what}. ${problem}`);
}

/** Free together with the port of their bus, when looked at. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort("clusterNode", BUS_OFFSET));
  return [...ports];
}
