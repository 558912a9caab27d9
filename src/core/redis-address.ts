import { accept, type Result, refuse } from "./refusal.ts";

/** A host and port of a Redis, a Redis Cluster's node or a Sentinel. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

interface Login {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** Where Redis is: one of the topologies that Dropcast knows. */
export type RedisAddress =
  /** The socket of an embedded or local Redis. */
  | { readonly kind: "socket"; readonly path: string }
  /** One endpoint: a Redis, or a service that hides its nodes behind one. */
  | { readonly kind: "url"; readonly url: string }
  | RedisClusterAddress
  | RedisSentinelAddress;

/** A Redis Cluster, by some of its nodes; they tell of the others. */
export interface RedisClusterAddress {
  readonly kind: "cluster";
  readonly seeds: readonly RedisNode[];
  readonly login: Login;
  readonly tls: boolean;
  /** The name in the certificates of nodes that are reached by an IP address. */
  readonly servername: string | undefined;
}

/** The Redis that Sentinels call `master`. */
export interface RedisSentinelAddress {
  readonly kind: "sentinel";
  readonly sentinels: readonly RedisNode[];
  readonly master: string;
  readonly db: number;
  readonly login: Login;
  /** Of the Sentinels themselves. */
  readonly sentinelLogin: Login;
  /** To the Sentinels and to Redis. */
  readonly tls: boolean;
  readonly servername: string | undefined;
}

/** What is wrong with an address, without repeating it: it may contain a password. */
interface AddressProblem {
  readonly message: string;
  readonly fix: string;
}

type Parsed = { readonly address: RedisAddress } | { readonly problem: AddressProblem };

const ONE = "redis://host:6379, rediss://user:password@host:6379/0 or unix:///path/to/redis.sock";
const CLUSTER = "redis-cluster://host1:6379,host2:6379,host3:6379";
const SENTINEL = "redis-sentinel://host1:26379,host2:26379,host3:26379/mymaster";
const GIVE = `Give ${ONE}; for a cluster ${CLUSTER}; with Sentinels ${SENTINEL}.`;
const DEFAULT_PORT = { cluster: 6379, sentinel: 26379 } as const;

/** Reads `DROPCAST_REDIS_URL`. */
export function parseRedisAddress(text: string): Parsed {
  const many = /^(rediss?)-(cluster|sentinel):/.exec(text);
  if (many !== null) {
    return parseMany(text, { tls: many[1] === "rediss", kind: many[2] as "cluster" | "sentinel" });
  }
  if (!URL.canParse(text)) {
    if (/^rediss?:\/\/[^/]*,/.test(text)) {
      return wrong("names several hosts", `For a cluster give ${CLUSTER}, else one host.`);
    }
    return wrong("is not a URL", GIVE);
  }
  const url = new URL(text);
  if (url.protocol === "unix:") {
    if (!/^unix:(\/\/)?\/[^/]/.test(text)) return wrong("is unix: without an absolute path", GIVE);
    return { address: { kind: "socket", path: decodeURIComponent(url.pathname) } };
  }
  if (url.protocol !== "redis:" && url.protocol !== "rediss:") {
    return wrong("has a scheme which is not one of Redis", GIVE);
  }
  if (url.hostname === "" || !/^\/?\d*$/.test(url.pathname)) {
    return wrong("has no host, or a database that is not a number", GIVE);
  }
  return { address: { kind: "url", url: text } };
}

function wrong(message: string, fix: string): Parsed {
  return { problem: { message, fix } };
}

const PARTS = /^[a-z-]+:\/\/(?:([^@]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const ENCODE = "Percent-encode special characters in user and password (@ is %40, / is %2F).";

function parseMany(text: string, o: { tls: boolean; kind: "cluster" | "sentinel" }): Parsed {
  const example = o.kind === "cluster" ? CLUSTER : SENTINEL;
  const [, user, hosts = "", path = "", query = ""] = PARTS.exec(text) ?? [];
  const login = readLogin(user);
  if (login === undefined || hosts === "" || (user ?? "").includes("/")) {
    return wrong("has no host, or an @ or / in its password", `${ENCODE} Give ${example}.`);
  }
  const nodes = hosts.split(",").map((one) => readNode(one, DEFAULT_PORT[o.kind]));
  const bad = nodes.indexOf(undefined);
  if (bad !== -1) {
    const which = `host ${bad + 1} of ${nodes.length}`;
    return wrong(`has a mistake in ${which}: it is not host:port`, `Give ${example}.`);
  }
  const known = nodes.filter((node) => node !== undefined);
  const options = readOptions(query, OPTIONS[o.kind]);
  if (options === undefined) {
    const fix = `After ? it may have: ${OPTIONS[o.kind].join(", ")}. ${ENCODE}`;
    return wrong("has an option that is not known", fix);
  }
  const { servername } = options;
  if (o.kind === "cluster") {
    if (path !== "" && path !== "0") {
      const fix = `A cluster has database 0 only: give ${example}.`;
      return wrong("names a database or a master of a cluster", fix);
    }
    return { address: { kind: "cluster", seeds: known, login, tls: o.tls, servername } };
  }
  const [, master, db = "0"] = /^([^/]+)(?:\/(\d+))?$/.exec(path) ?? [];
  if (master === undefined) {
    return wrong("does not name the master that the Sentinels watch", `Give ${example}.`);
  }
  const sentinelLogin = { username: options.sentinelUsername, password: options.sentinelPassword };
  return {
    address: {
      ...{ kind: "sentinel", sentinels: known, master: decode(master) ?? master, db: Number(db) },
      ...{ login, sentinelLogin, tls: o.tls, servername },
    },
  };
}

/** `user:password`, `:password` or nothing; undefined: not percent-encoded rightly. */
function readLogin(text: string | undefined): Login | undefined {
  if (text === undefined) return { username: undefined, password: undefined };
  const colon = text.indexOf(":");
  const username = decode(colon === -1 ? text : text.slice(0, colon));
  const password = colon === -1 ? "" : decode(text.slice(colon + 1));
  if (username === undefined || password === undefined) return undefined;
  return { username: username || undefined, password: password || undefined };
}

function readNode(text: string, defaultPort: number): RedisNode | undefined {
  const [, ipv6, name, digits] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = ipv6 ?? name;
  const port = digits === undefined ? defaultPort : Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

type Option = "servername" | "sentinelUsername" | "sentinelPassword";
const OPTIONS: Readonly<Record<"cluster" | "sentinel", readonly Option[]>> = {
  cluster: ["servername"],
  sentinel: ["servername", "sentinelUsername", "sentinelPassword"],
};

/** The options after `?`; undefined if one is not known. */
function readOptions(
  query: string,
  known: readonly Option[],
): Partial<Record<Option, string>> | undefined {
  const options: Partial<Record<Option, string>> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const option = known.find((one) => one === name);
    if (option === undefined) return undefined;
    if (value !== "") options[option] = value;
  }
  return options;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The address for logs and messages, without users, passwords and options. */
export function describeAddress(address: RedisAddress): string {
  switch (address.kind) {
    case "socket":
      return address.path;
    case "url": {
      if (!URL.canParse(address.url)) return "the configured Redis URL";
      const url = new URL(address.url);
      return `${url.protocol}//${url.host}${url.pathname === "/" ? "" : url.pathname}`;
    }
    case "cluster":
      return `${schemeOf(address)}://${address.seeds.map(describeNode).join(",")}`;
    case "sentinel":
      return `${schemeOf(address)}://${address.sentinels.map(describeNode).join(",")}/${address.master}`;
  }
}

function schemeOf({ tls, kind }: RedisClusterAddress | RedisSentinelAddress): string {
  return `${tls ? "rediss" : "redis"}-${kind}`;
}

export function describeNode({ host, port }: RedisNode): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Parses `DROPCAST_REDIS_URL` (see docs/redis.md), or the path of a socket. */
export function parseRedisUrl(text: string): Result<RedisAddress> {
  if (text.startsWith("/")) return accept({ kind: "socket", path: text });
  const parsed = parseRedisAddress(text);
  return "address" in parsed ? accept(parsed.address) : refuseAddress(parsed.problem);
}

function refuseAddress({ message, fix }: AddressProblem): Result<never> {
  return refuse("redis_url_invalid", `DROPCAST_REDIS_URL ${message}.`, fix);
}
