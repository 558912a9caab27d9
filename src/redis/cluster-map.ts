import { isIP } from "node:net";
import { describeNode, type RedisClusterAddress, type RedisNode } from "../core/redis-address.ts";
import { askOnce, isReply } from "./ask-once.ts";

/** Hash slots, both ends included. */
export type SlotRange = readonly [from: number, to: number];

/** A node that owns hash slots, as the cluster itself says. */
export interface Owner {
  readonly node: RedisNode;
  readonly ranges: readonly SlotRange[];
  readonly replicas: readonly RedisNode[];
}

/** Who owns which hash slot, as one node of the cluster has told. */
interface ClusterMap {
  /**
   * Asks one node after another until one answers: `first`, those that are known, the seeds, and
   * `last` after all others. Calls at the same time share one question. Rejects if none answers.
   */
  read(hint?: { first?: RedisNode; last?: RedisNode }): Promise<readonly Owner[]>;
  /** How long ago the last answer came, ms. */
  ageMs(): number;
}

/** How long a node may take to accept a connection, and to answer. */
const PROBE_MS = 1_000;

export function createClusterMap(address: RedisClusterAddress): ClusterMap {
  const { seeds } = address;
  /** Nodes learnt from answers: over the years all seeds may be replaced. */
  let learnt: readonly RedisNode[] = [];
  let asking: Promise<readonly Owner[]> | undefined;
  let answeredAt = Number.NEGATIVE_INFINITY;

  async function ask(hint: { first?: RedisNode; last?: RedisNode }): Promise<readonly Owner[]> {
    const { first, last } = hint;
    const all = [...(first === undefined ? [] : [first]), ...learnt, ...seeds];
    const nodes = distinct(all).filter((node) => !isSameNode(node, last));
    if (last !== undefined) nodes.push(last);
    let problem: unknown;
    for (const node of nodes) {
      try {
        const owners = await askNode(address, node);
        // It was taken out of the cluster and reset: others know more.
        if (owners.length === 0)
          throw new Error(`CLUSTERDOWN ${describeNode(node)} knows no owner`);
        const nodesNow = owners.flatMap((owner) => [owner.node, ...owner.replicas]);
        // The one that has just answered is asked first the next time.
        learnt = distinct([node, ...nodesNow]);
        answeredAt = performance.now();
        return owners;
      } catch (error) {
        // What a node says tells more than a node that says nothing.
        if (problem === undefined || isReply(error)) problem = error;
      }
    }
    throw problem;
  }

  return {
    read(hint = {}) {
      asking ??= ask(hint).finally(() => {
        asking = undefined;
      });
      return asking;
    },
    ageMs: () => performance.now() - answeredAt,
  };
}

/** What TLS needs for one node: a certificate names hosts, and a cluster may tell IP addresses. */
export function tlsOf(address: RedisClusterAddress, node: RedisNode): { servername?: string } {
  if (isIP(node.host) === 0) return {};
  const named = address.servername ?? address.seeds.find(({ host }) => isIP(host) === 0)?.host;
  return named === undefined ? {} : { servername: named };
}

async function askNode(address: RedisClusterAddress, node: RedisNode): Promise<readonly Owner[]> {
  const asking = clusterAsking(address, node, PROBE_MS);
  try {
    return await askOnce(node, asking, async (client) => {
      return ownersIn(await client.cluster("SLOTS"), node);
    });
  } catch (error) {
    if (error instanceof Error && !isReply(error)) {
      error.message = `${describeNode(node)}: ${error.message}`;
    }
    throw error;
  }
}

/** How a node of a cluster is asked. */
export function clusterAsking(address: RedisClusterAddress, node: RedisNode, ms: number) {
  const tls = address.tls ? tlsOf(address, node) : undefined;
  return { login: address.login, tls, ms };
}

/** From what `asked` answers to CLUSTER SLOTS (https://redis.io/commands/cluster-slots). */
export function ownersIn(reply: unknown, asked: RedisNode): Owner[] {
  const owners = new Map<string, { node: RedisNode; ranges: SlotRange[]; replicas: RedisNode[] }>();
  for (const range of reply as readonly (readonly unknown[])[]) {
    const [from, to, ...nodes] = range;
    const [owner, ...replicas] = nodes.map((node) => nodeIn(node, asked));
    if (owner === undefined) continue;
    const key = describeNode(owner);
    const known = owners.get(key) ?? { node: owner, ranges: [], replicas: [] };
    known.ranges.push([Number(from), Number(to)]);
    known.replicas = distinct([...known.replicas, ...replicas]);
    owners.set(key, known);
  }
  return [...owners.values()];
}

/** A node without a host, or with one that it does not know itself, is the one that was asked. */
function nodeIn(reply: unknown, asked: RedisNode): RedisNode {
  const [host, port] = reply as readonly [string | null, number];
  return { host: host === null || host === "" || host === "?" ? asked.host : host, port };
}

export function distinct(nodes: readonly RedisNode[]): RedisNode[] {
  return [...new Map(nodes.map((node) => [describeNode(node), node])).values()];
}

export function isSameNode(one: RedisNode, other: RedisNode | undefined): boolean {
  return one.host === other?.host && one.port === other.port;
}

export function hasSlot(ranges: readonly SlotRange[], slot: number): boolean {
  return ranges.some(([from, to]) => from <= slot && slot <= to);
}
