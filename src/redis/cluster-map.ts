import { isIP } from "node:net";
import { Redis } from "ioredis";
import { describeNode, type RedisClusterAddress, type RedisNode } from "../core/redis-address.ts";

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

/** One question on a connection of its own. */
async function askNode(address: RedisClusterAddress, node: RedisNode): Promise<readonly Owner[]> {
  const { username, password } = address.login;
  const probe = new Redis({
    ...{ ...node, lazyConnect: true, enableReadyCheck: false, maxRetriesPerRequest: 0 },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(address.tls ? { tls: tlsOf(address, node) } : {}),
    ...{ retryStrategy: () => null, connectTimeout: PROBE_MS, commandTimeout: PROBE_MS },
  });
  let failure: Error | undefined;
  probe.on("error", (error: Error) => {
    failure = error;
  });
  try {
    await probe.connect();
    return ownersIn(await probe.cluster("SLOTS"), node);
  } catch (error) {
    // The client's own error only says that the connection is closed.
    const cause = isReply(error) ? error : (failure ?? error);
    if (cause instanceof Error && !isReply(cause)) {
      cause.message = `${describeNode(node)}: ${cause.message}`;
    }
    throw cause;
  } finally {
    probe.disconnect();
  }
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

function distinct(nodes: readonly RedisNode[]): RedisNode[] {
  return [...new Map(nodes.map((node) => [describeNode(node), node])).values()];
}

export function isSameNode(one: RedisNode, other: RedisNode | undefined): boolean {
  return one.host === other?.host && one.port === other.port;
}

/** An error that Redis answered, as opposed to one of the connection. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}
