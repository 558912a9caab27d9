/**
 * What can be learnt of a Redis Cluster, or of Sentinels and their master, while a part of it is
 * away: every node is asked on a connection of its own, none waits for another, and nothing is
 * written. So it ends within some seconds (two rounds of questions), whatever hangs.
 */
import keySlot from "cluster-key-slot";
import {
  describeNode,
  type RedisAddress,
  type RedisClusterAddress,
  type RedisNode,
} from "../core/redis-address.ts";
import { asError, askOnce } from "./ask-once.ts";
import {
  clusterAsking,
  distinct,
  hasSlot,
  type Owner,
  ownersIn,
  type SlotRange,
} from "./cluster-map.ts";
import { type SentinelSurvey, surveySentinels } from "./survey-sentinels.ts";

/** A key that never exists, in the hash slot of something that a person knows by `name`. */
export interface Wanted {
  readonly key: string;
  /** `main`, `all numbers`. */
  readonly name: string;
  /** The same, if it is a number. */
  readonly number?: string;
}

/** A node that was asked; `problem`: why it does not answer as it should. */
export interface AskedNode {
  readonly where: string;
  readonly problem: Error | undefined;
}

/** A node that owns hash slots. */
export interface SurveyedMaster extends AskedNode {
  readonly ranges: readonly SlotRange[];
  readonly replicas: readonly AskedNode[];
}

/** What is wanted, and who has it. */
interface SurveyedKey extends Wanted {
  readonly slot: number;
  /** Undefined: no node has it. */
  readonly owner: SurveyedMaster | undefined;
  /** Why it cannot be read there. */
  readonly problem: Error | undefined;
}

export interface ClusterSurvey {
  readonly kind: "cluster";
  /** The hosts of the address. */
  readonly seeds: readonly AskedNode[];
  /** As the first seed says that knows any; empty: none does. */
  readonly masters: readonly SurveyedMaster[];
  readonly keys: readonly SurveyedKey[];
  readonly unowned: readonly SlotRange[];
  /** Seeds that name other owners than the first one. */
  readonly disagreeing: readonly string[];
}

export type RedisSurvey = ClusterSurvey | SentinelSurvey;

/** How long a node may take to accept a connection, and to answer. A person is waiting. */
const SURVEY_MS = 2_000;
const SLOTS = 16_384;

/** Null: one Redis, of which there is nothing to survey. Never rejects for a node that is away. */
export async function surveyRedis(
  address: RedisAddress,
  wanted: readonly Wanted[],
): Promise<RedisSurvey | null> {
  if (address.kind === "cluster") return surveyCluster(address, wanted);
  return address.kind === "sentinel" ? surveySentinels(address, SURVEY_MS) : null;
}

/** What one seed tells. */
interface View extends AskedNode {
  readonly owners: readonly Owner[];
  /** Replicas by their master, those included that the cluster takes for failed. */
  readonly replicas: ReadonlyMap<string, readonly RedisNode[]>;
}

async function surveyCluster(
  address: RedisClusterAddress,
  wanted: readonly Wanted[],
): Promise<ClusterSurvey> {
  const views = await Promise.all(address.seeds.map((seed) => viewOf(address, seed)));
  const view = views.find(({ owners }) => owners.length > 0);
  const owners = view?.owners ?? [];
  const away = new Map(views.map(({ where, problem }) => [where, problem]));
  /** Keeps what is known of a node that did not answer a moment ago. */
  const ask = async (node: RedisNode, keys: readonly string[]): Promise<Asked> =>
    away.get(describeNode(node)) === undefined
      ? askNode(address, node, keys)
      : { problem: away.get(describeNode(node)), answers: [] };

  const slots = wanted.map((one) => ({ ...one, slot: keySlot(one.key) }));
  const asked = await Promise.all(
    owners.map(async ({ node, ranges, replicas }) => {
      const own = slots.filter(({ slot }) => hasSlot(ranges, slot));
      const where = describeNode(node);
      const all = distinct([...replicas, ...(view?.replicas.get(where) ?? [])]);
      const [{ problem, answers }, ...others] = await Promise.all([
        ask(
          node,
          own.map(({ key }) => key),
        ),
        ...all.map((replica) => ask(replica, [])),
      ]);
      const master: SurveyedMaster = {
        ...{ where, problem, ranges },
        replicas: all.map((replica, at) => {
          return { where: describeNode(replica), problem: others[at]?.problem };
        }),
      };
      const keys = own.map((key, at): SurveyedKey => {
        return { ...key, owner: master, problem: problem ?? answers[at] };
      });
      return { master, keys };
    }),
  );
  const nobodys = slots
    .filter(({ slot }) => !owners.some(({ ranges }) => hasSlot(ranges, slot)))
    .map((key): SurveyedKey => ({ ...key, owner: undefined, problem: undefined }));
  const named = views.filter((one) => one.owners.length > 0);
  return {
    kind: "cluster",
    seeds: views.map(({ where, problem }) => ({ where, problem })),
    masters: asked.map(({ master }) => master),
    keys: [...nobodys, ...asked.flatMap(({ keys }) => keys)],
    unowned: view === undefined ? [] : unownedRanges(owners),
    disagreeing: named
      .filter((one) => ownersText(one.owners) !== ownersText(owners))
      .map(({ where }) => where),
  };
}

async function viewOf(address: RedisClusterAddress, seed: RedisNode): Promise<View> {
  const where = describeNode(seed);
  try {
    const asking = clusterAsking(address, seed, SURVEY_MS);
    const [owners, nodes] = await askOnce(seed, asking, async (client) =>
      Promise.all([
        client.cluster("SLOTS"),
        // A user may lack it: then failed replicas are not known.
        client.cluster("NODES").catch(() => ""),
      ]),
    );
    const read = ownersIn(owners, seed);
    return { where, problem: undefined, owners: read, replicas: replicasIn(String(nodes)) };
  } catch (error) {
    return { where, problem: asError(error), owners: [], replicas: new Map() };
  }
}

interface Asked {
  readonly problem: Error | undefined;
  /** Of each key: why it cannot be read. */
  readonly answers: readonly (Error | undefined)[];
}

async function askNode(
  address: RedisClusterAddress,
  node: RedisNode,
  keys: readonly string[],
): Promise<Asked> {
  try {
    const asking = clusterAsking(address, node, SURVEY_MS);
    const answers = await askOnce(node, asking, async (client) => {
      const [, ...read] = await Promise.all([
        client.ping(),
        ...keys.map((key) => client.exists(key).then(() => undefined, asError)),
      ]);
      return read;
    });
    return { problem: undefined, answers };
  } catch (error) {
    return { problem: asError(error), answers: [] };
  }
}

/** By `host:port` of their master, from CLUSTER NODES (https://redis.io/commands/cluster-nodes). */
function replicasIn(text: string): Map<string, RedisNode[]> {
  const nodes = text.split("\n").flatMap((line) => {
    const [id, address = "", flags = "", master = "-"] = line.split(" ");
    const [, host, port, name] = /^(.*):(\d+)@\d+(?:,([^,]*))?/.exec(address) ?? [];
    if (id === undefined || host === undefined || /noaddr|handshake/.test(flags)) return [];
    const names = [host, ...(name ? [name] : [])].map((one) => ({ host: one, port: Number(port) }));
    return { id, master, names };
  });
  const found = new Map<string, RedisNode[]>();
  for (const { id, names } of nodes) {
    const own = nodes.filter(({ master }) => master === id);
    // A cluster may tell clients a name, an address or both: the replica is named as its master is.
    for (const [at, name] of names.entries()) {
      found.set(
        describeNode(name),
        own.flatMap((replica) => replica.names[at] ?? replica.names[0] ?? []),
      );
    }
  }
  return found;
}

function unownedRanges(owners: readonly Owner[]): SlotRange[] {
  const owned = owners.flatMap(({ ranges }) => ranges).toSorted(([one], [other]) => one - other);
  const free: SlotRange[] = [];
  let next = 0;
  for (const [from, to] of [...owned, [SLOTS, SLOTS] as const]) {
    if (from > next) free.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  return free;
}

function ownersText(owners: readonly Owner[]): string {
  const lines = owners.map(({ node, ranges }) => {
    const sorted = ranges.toSorted(([one], [other]) => one - other);
    return `${describeNode(node)} ${sorted.join(" ")}`;
  });
  return lines.toSorted().join("\n");
}
