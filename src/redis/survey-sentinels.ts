/** What Sentinels tell of the master that the address names, and whether it is one. */
import { describeNode, type RedisNode, type RedisSentinelAddress } from "../core/redis-address.ts";
import { asError, askOnce } from "./ask-once.ts";
import { distinct } from "./cluster-map.ts";
import { redisInfo, redisMode } from "./server.ts";

/** A Sentinel that was asked. */
interface AskedSentinel {
  readonly where: string;
  /** Why it does not answer as a Sentinel. */
  readonly problem: Error | undefined;
  /** `host:port` of the master; undefined: it knows none of this name. */
  readonly names: string | undefined;
}

/** What is at an address that a Sentinel names. */
interface NamedNode {
  readonly where: string;
  readonly problem: Error | undefined;
  /** Anything but `master` cannot be used. */
  readonly is: "master" | "replica" | "cluster node" | "sentinel" | "unknown";
}

export interface SentinelSurvey {
  readonly kind: "sentinel";
  /** The name in the address. */
  readonly master: string;
  readonly sentinels: readonly AskedSentinel[];
  /** All that are named, the first one first: it is the one that is used. */
  readonly masters: readonly NamedNode[];
  readonly replicas: readonly NamedNode[];
}

interface Told {
  readonly node: RedisNode | undefined;
  readonly replicas: readonly RedisNode[];
}

/** Asks all Sentinels, then all that they name. `ms`: how long each may take. */
export async function surveySentinels(
  address: RedisSentinelAddress,
  ms: number,
): Promise<SentinelSurvey> {
  const { sentinels, master } = address;
  const told = await Promise.all(
    sentinels.map(async (sentinel) => {
      const where = describeNode(sentinel);
      try {
        const said = await askOnce(sentinel, sentinelAsking(address, ms), async (client) =>
          toldBy(
            await Promise.all([
              client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", master),
              client.call("SENTINEL", "REPLICAS", master).catch(() => []),
            ]),
          ),
        );
        return { where, problem: undefined, ...said };
      } catch (error) {
        return { where, problem: asError(error), node: undefined, replicas: [] };
      }
    }),
  );
  const named = distinct(told.flatMap(({ node }) => node ?? []));
  const known = distinct(told.flatMap(({ replicas }) => replicas));
  const [masters, replicas] = await Promise.all([
    Promise.all(named.map((node) => lookAt(address, node, ms))),
    Promise.all(known.map((node) => lookAt(address, node, ms))),
  ]);
  return {
    ...{ kind: "sentinel", master, masters },
    sentinels: told.map(({ where, problem, node }) => {
      return { where, problem, names: node === undefined ? undefined : describeNode(node) };
    }),
    replicas: replicas.filter(({ where }) => !masters.some((one) => one.where === where)),
  };
}

/** How a Sentinel is asked. */
export function sentinelAsking(
  { sentinelLogin, tls, servername }: RedisSentinelAddress,
  ms: number,
) {
  const secure = servername === undefined ? {} : { servername };
  return { login: sentinelLogin, tls: tls ? secure : undefined, ms };
}

/** https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/#sentinel-api */
function toldBy([address, replicas]: readonly [unknown, unknown]): Told {
  const [host, port] = Array.isArray(address) ? (address as readonly string[]) : [];
  return {
    node: host === undefined ? undefined : { host, port: Number(port) },
    replicas: (replicas as readonly (readonly string[])[]).map((fields) => {
      const of = (name: string) => fields[fields.indexOf(name) + 1] ?? "";
      return { host: of("ip"), port: Number(of("port")) };
    }),
  };
}

/** Whether what is there is a master. It needs no more than INFO. */
async function lookAt(
  { login, tls, servername }: RedisSentinelAddress,
  node: RedisNode,
  ms: number,
): Promise<NamedNode> {
  const where = describeNode(node);
  const secure = servername === undefined ? {} : { servername };
  try {
    const asking = { login, tls: tls ? secure : undefined, ms };
    const info = await askOnce(node, asking, async (client) => {
      // INFO is answered while Redis loads its data, PING is not.
      await client.ping();
      return redisInfo(client);
    });
    return { where, problem: undefined, is: kindOf(info) };
  } catch (error) {
    return { where, problem: asError(error), is: "unknown" };
  }
}

function kindOf(info: ReadonlyMap<string, string>): NamedNode["is"] {
  if (redisMode(info) === "sentinel") return "sentinel";
  if (info.get("cluster_enabled") === "1") return "cluster node";
  return info.get("role") === "master" ? "master" : "replica";
}
