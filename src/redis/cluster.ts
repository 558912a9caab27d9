/**
 * The clients of a Redis Cluster: plain ones, one ledger and one queue client for each node that
 * owns hash slots (a shard). Each connects by slot-connector.ts, so the clients of a shard follow a
 * failover to the replica that took over. If a slot moves to another shard, its spaces are routed
 * there and told of (`onSpaceMoved`): BullMQ keeps the client that a queue was created with.
 *
 * Nothing is sent again here: a command that is answered MOVED, or whose answer is lost, fails, and
 * its caller asks again in its own way (a claim by its nonce).
 */
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import keySlot from "cluster-key-slot";
import type { Redis } from "ioredis";
import { describeNode, type RedisClusterAddress, type RedisNode } from "../core/redis-address.ts";
import {
  createClusterMap,
  hasSlot,
  isSameNode,
  type Owner,
  type SlotRange,
  tlsOf,
} from "./cluster-map.ts";
import { type Connections, type Endpoint, type OnError, reachClient } from "./endpoints.ts";
import { createLedgerClient } from "./ledger-client.ts";
import type { ShardPlace } from "./open-client.ts";
import { createQueueClient } from "./queue-client.ts";
import { slotConnector } from "./slot-connector.ts";

/** A node that owns slots, and the clients that follow them when its replica takes over. */
interface Shard extends Endpoint {
  node: RedisNode;
  /** What it owns, or had when it still owned anything. */
  ranges: readonly SlotRange[];
  isOwner: boolean;
  readonly place: ShardPlace;
  queue: Redis | undefined;
  /** The open connections of its clients, and of those that BullMQ duplicated. */
  readonly streams: Map<Socket, RedisNode>;
  readonly ends: (() => void)[];
}

/** An answer as fresh as this is not asked for again. */
const FRESH_MS = 50;
const SLOTS = 16_384;
/** How long nodes may still connect when those that are needed answer. */
const OTHERS_MS = 1_000;

export function connectCluster(address: RedisClusterAddress, onError: OnError): Connections {
  const map = createClusterMap(address);
  let shards: Shard[] = [];
  /** By slot, as far as asked for. */
  const routes = new Map<number, Shard>();
  /** The key spaces that were asked for, and who has them; undefined: not looked up yet. */
  const spaces = new Map<string, Shard | undefined>();
  const openedListeners: ((endpoint: Endpoint) => () => void)[] = [];
  const movedListeners = new Set<(space: string) => void>();
  let isClosed = false;
  let again: NodeJS.Timeout | undefined;

  function openShard(owner: Owner): Shard {
    const streams = new Map<Socket, RedisNode>();
    const Connector = slotConnector({
      find: () => findNode(shard),
      tls: (node) => (address.tls ? tlsOf(address, node) : undefined),
      opened(stream, node) {
        streams.set(stream, node);
        stream.once("close", () => streams.delete(stream));
      },
    });
    const onReply = (error: Error): void => noticeReply(shard, error);
    const place: ShardPlace = { kind: "shard", address, Connector, onReply };
    const ledger = createLedgerClient(place);
    ledger.on("error", (error: Error) => onError(error, "ledger"));
    const shard: Shard = {
      ...{ node: owner.node, ranges: owner.ranges, isOwner: true },
      ...{ place, ledger, queue: undefined, streams, ends: [] },
      where: () => describeNode(shard.node),
    };
    shard.ends.push(...openedListeners.map((opened) => opened(shard)));
    return shard;
  }

  /** Called at each connect of each of the shard's clients. */
  async function findNode(shard: Shard): Promise<RedisNode> {
    if (map.ageMs() > FRESH_MS) adapt(await map.read({ last: shard.node }));
    if (shard.isOwner) return shard.node;
    throw new Error(`CLUSTERDOWN the hash slots that ${shard.where()} had have no owner now`);
  }

  /** The node says that it does not own a slot (any more), or that it cannot serve. */
  function noticeReply(shard: Shard, { message }: Error): void {
    const [, host, port] = /^MOVED \d+ (.*):(\d+)$/.exec(message) ?? [];
    if (host !== undefined) {
      lookAgain({ first: { host: host || shard.node.host, port: Number(port) } });
    } else if (/^(CLUSTERDOWN|READONLY|MASTERDOWN|UNBLOCKED)/.test(message)) {
      lookAgain({ last: shard.node });
    }
  }

  function lookAgain(hint: { first?: RedisNode; last?: RedisNode }): void {
    if (isClosed || again !== undefined) return;
    again = setTimeout(
      () => {
        again = undefined;
        // A node that does not answer says so again at the next connect.
        map.read(hint).then(adapt, () => {});
      },
      Math.max(0, FRESH_MS - map.ageMs()),
    ).unref();
  }

  /** Brings shards and routes up to date. */
  function adapt(owners: readonly Owner[]): void {
    if (isClosed) return;
    const { kept, opened, retired } = match(shards, owners);
    for (const [shard, owner] of kept) {
      shard.isOwner = owner !== undefined;
      if (owner === undefined) continue;
      shard.ranges = owner.ranges;
      if (isSameNode(shard.node, owner.node)) continue;
      shard.node = owner.node;
      // What is connected to the former owner connects again, and finds the new one.
      for (const [stream, node] of shard.streams) {
        if (!isSameNode(node, owner.node)) stream.destroy();
      }
    }
    const added = opened.map(openShard);
    shards = [...kept.keys(), ...added];
    routes.clear();
    for (const { ledger } of added) ledger.connect().catch(() => {});
    tellMoved();
    for (const shard of retired) closeShard(shard);
  }

  function tellMoved(): void {
    for (const [space, before] of spaces) {
      const now = shardOf(tagged(space));
      spaces.set(space, now);
      if (before === undefined || before === now) continue;
      for (const listener of movedListeners) listener(space);
    }
  }

  function note(space: string): void {
    if (spaces.has(space)) return;
    spaces.set(space, shards.length === 0 ? undefined : shardOf(tagged(space)));
  }

  function closeShard(shard: Shard): void {
    shard.isOwner = false;
    for (const end of shard.ends) end();
    shard.ledger.disconnect();
    shard.queue?.disconnect();
  }

  /** A slot without an owner is asked for at any node, which answers that it has none. */
  function shardOf(key: string): Shard {
    const slot = keySlot(key);
    const known = routes.get(slot);
    if (known !== undefined) return known;
    const found = shards.find(({ ranges }) => hasSlot(ranges, slot)) ?? shards[0];
    if (found === undefined) throw new Error("The cluster has not been reached yet.");
    routes.set(slot, found);
    return found;
  }

  function openQueue({ place }: Shard): Redis {
    const queue = createQueueClient(place);
    queue.on("error", (error: Error) => onError(error, "queue"));
    return queue;
  }

  return {
    ledger(space) {
      note(space);
      return routed(() => shardOf(tagged(space)).ledger);
    },

    queue(space) {
      note(space);
      const shard = shardOf(tagged(space));
      shard.queue ??= openQueue(shard);
      return shard.queue;
    },

    onSpaceMoved(listener) {
      movedListeners.add(listener);
      return () => movedListeners.delete(listener);
    },

    endpoint: (space) => shardOf(tagged(space)),

    eachEndpoint(opened) {
      openedListeners.push(opened);
      for (const shard of shards) shard.ends.push(opened(shard));
    },

    endpoints: () => shards,
    unownedSlots: () => SLOTS - shards.filter((one) => one.isOwner).reduce(sumOfSlots, 0),

    async reach(keys) {
      adapt(await map.read());
      // All nodes, because other keys may be asked for later; but only those of `keys` must answer.
      const all = Promise.allSettled(shards.map(({ ledger }) => reachClient(ledger)));
      if (keys.length === 0) return void (await all);
      const needed = new Set(keys.map(shardOf));
      await Promise.all([...needed].map(({ ledger }) => reachClient(ledger)));
      await Promise.all(keys.map((key) => shardOf(key).ledger.exists(key)));
      // A node that hangs does not hold up those that need nothing of it.
      await Promise.race([all, sleep(OTHERS_MS, undefined, { ref: false })]);
    },

    close() {
      isClosed = true;
      clearTimeout(again);
      for (const shard of shards) closeShard(shard);
    },
  };
}

/**
 * Which shard stands for which owner: that of the same node; else, for a shard whose node owns
 * nothing any more, the node that owns most of its slots now. A shard whose slots have no owner
 * waits (`undefined`); one whose slots other shards own is retired.
 */
function match(shards: readonly Shard[], owners: readonly Owner[]) {
  const kept = new Map<Shard, Owner | undefined>();
  const retired: Shard[] = [];
  const free = new Set(owners);
  for (const shard of shards) {
    const same = owners.find(({ node }) => isSameNode(node, shard.node));
    if (same === undefined) continue;
    kept.set(shard, same);
    free.delete(same);
  }
  for (const shard of shards) {
    if (kept.has(shard)) continue;
    const [heir] = [...free]
      .filter((owner) => shared(owner.ranges, shard.ranges) > 0)
      .sort((one, other) => shared(other.ranges, shard.ranges) - shared(one.ranges, shard.ranges));
    if (heir !== undefined) free.delete(heir);
    const isMoved = owners.some((owner) => shared(owner.ranges, shard.ranges) > 0);
    if (heir === undefined && isMoved) retired.push(shard);
    else kept.set(shard, heir);
  }
  return { kept, opened: [...free], retired };
}

/** A key in the hash slot of a key space. */
function tagged(space: string): string {
  return `{${space}}`;
}

function sumOfSlots(sum: number, { ranges }: Shard): number {
  return sum + shared(ranges, ranges);
}

/** How many slots two lists have in common. */
function shared(some: readonly SlotRange[], others: readonly SlotRange[]): number {
  let slots = 0;
  for (const [from, to] of some) {
    for (const [first, last] of others) {
      slots += Math.max(0, Math.min(to, last) - Math.max(from, first) + 1);
    }
  }
  return slots;
}

/** A client that is looked up for each command. Commands only: its events are the endpoints'. */
function routed(find: () => Redis): Redis {
  return new Proxy({} as Redis, {
    get(_, name) {
      const client = find();
      const value: unknown = Reflect.get(client, name);
      return typeof value === "function" ? value.bind(client) : value;
    },
    has: (_, name) => Reflect.has(find(), name),
  });
}
