/** An operational problem of Redis: it takes no writes, or cannot be reached, until it is fixed. */
interface RedisTrouble {
  /** The first word of Redis's reply, to look it up, or a name for a client error. */
  readonly name: string;
  /** What an operator should do about it. */
  readonly fix: string;
}

const SLOT_MOVES =
  "The hash slot is being moved to another node: nothing is sent until it is done.";

/** Redis's error prefixes (redis.io, "RESP errors", and the sources of 6.2 to 7.2). */
const REPLIES: Readonly<Record<string, string>> = {
  OOM: "Redis has reached maxmemory: raise it, or give Redis a machine of its own.",
  READONLY:
    "This Redis is a replica. With a cluster or Sentinels the next connection finds the new " +
    "primary; else point DROPCAST_REDIS_URL to it.",
  LOADING: "Redis is loading its data: wait until it has finished.",
  MISCONF: "Redis cannot write to its disk: check its log, free space and permissions.",
  CLUSTERDOWN:
    "The Redis Cluster is down, or a hash slot has no owner: nothing is sent until CLUSTER NODES " +
    "shows an owner for every slot. Bring the failed node or its replica back.",
  MOVED: "The hash slot has moved to another node: it is asked from now on; nothing is to be done.",
  ASK: SLOT_MOVES,
  TRYAGAIN: SLOT_MOVES,
  UNBLOCKED: "The node became a replica: the next connection goes to the new owner.",
  MASTERDOWN:
    "This replica has lost its primary: with a cluster or Sentinels wait for the failover; else " +
    "point DROPCAST_REDIS_URL to the primary.",
  NOREPLICAS:
    "Too few replicas of Redis keep up (min-replicas-to-write, DROPCAST_REDIS_DURABILITY): bring them back.",
  NOAUTH: "Redis requires a password: add it to DROPCAST_REDIS_URL.",
  WRONGPASS: "Redis refuses the user or password: correct them in DROPCAST_REDIS_URL.",
  NOPERM:
    "This Redis user lacks permissions: docs/redis.md has the rule that Dropcast and BullMQ need.",
  BUSY: "Redis is blocked by another application's script: check SLOWLOG.",
  UNKILLABLE: "Redis is blocked by another application's script: check SLOWLOG.",
  NOSCRIPT: "Redis lost its scripts, by a restart or SCRIPT FLUSH: they are loaded again.",
};

const CLIENT: readonly [RegExp, RedisTrouble][] = [
  [
    // Of Node and OpenSSL; the last one is the answer of a port without TLS.
    /certificate|SSL routines|secure TLS connection|wrong version number/i,
    {
      name: "TLS",
      fix:
        "TLS to Redis failed. DROPCAST_REDIS_URL must name the host that the certificate names " +
        "(for a cluster or Sentinels also ?servername=HOST); an authority of your own belongs in " +
        "NODE_EXTRA_CA_CERTS; a Redis without TLS has redis:// instead of rediss://.",
    },
  ],
  [
    /All sentinels are unreachable/,
    {
      name: "SENTINELS",
      fix: "No Sentinel answers: start them, or correct their hosts and ports in DROPCAST_REDIS_URL.",
    },
  ],
  [
    /Too many Cluster redirections/,
    {
      name: "CLUSTERDOWN",
      fix: "The Redis Cluster has no owner for a hash slot: check CLUSTER NODES.",
    },
  ],
  [
    /max number of clients/i,
    { name: "MAXCLIENTS", fix: "Redis has too many connections: raise maxclients." },
  ],
  [
    /timed out|timeout/i,
    { name: "TIMEOUT", fix: "Redis does not answer in time: check its disk, CPU and SLOWLOG." },
  ],
  [
    /Connection is closed|isn't writeable|max retries per request|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|ETIMEDOUT/,
    {
      name: "UNREACHABLE",
      fix: "Redis is not reachable: start it, or correct DROPCAST_REDIS_URL.",
    },
  ],
];

/** Redis 6.2 wraps an error raised inside a script; later versions pass it on unchanged. */
const REPLY = /^(?:ERR .*-)?([A-Z]+) /;

/**
 * The operational problem behind an error from Redis; `undefined` if there is none known (a bug, or
 * an unrecognised error).
 */
export function redisTrouble(error: unknown): RedisTrouble | undefined {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("EXECABORT")) return redisTrouble(firstRefused(error));
  const name = REPLY.exec(message)?.[1] ?? "";
  const fix = Object.hasOwn(REPLIES, name) ? REPLIES[name] : undefined;
  if (fix !== undefined) return { name, fix };
  return CLIENT.find(([pattern]) => pattern.test(message))?.[1];
}

/** EXECABORT gives no cause; the error of the command that Redis refused does. */
function firstRefused(error: unknown): unknown {
  if (!(error instanceof Error)) return "";
  const previous: unknown = Reflect.get(error, "previousErrors");
  return Array.isArray(previous) ? previous[0] : "";
}

const OUTAGE_REASONS: readonly [RegExp, string][] = [
  [/All sentinels are unreachable/, "no Sentinel answers"],
  [/^CLUSTERDOWN/, "its hash slots have no owner"],
  [/ECONNREFUSED/, "connection refused"],
  [/timed out|timeout|ETIMEDOUT/i, "no answer"],
  [/ENOENT/, "its socket is gone"],
  [/ENOTFOUND|EAI_AGAIN/, "its host name is not found"],
  [/EHOSTUNREACH|ENETUNREACH/, "no way to its host"],
  [/ECONNRESET|EPIPE|Connection is closed|isn't writeable/, "connection lost"],
];

/** Why Redis cannot be reached, in a few words. */
export function outageReason(error: Error): string {
  const { message } = error;
  const known = OUTAGE_REASONS.find(([pattern]) => pattern.test(message))?.[1];
  return known ?? redisTrouble(error)?.name ?? message;
}

/** Fields for a log line: the error and, if it is a known problem, its name and fix. */
export function explainRedisError(
  error: unknown,
): { readonly error: string } & Partial<Record<"trouble" | "fix", string>> {
  const trouble = redisTrouble(error);
  if (trouble === undefined) return { error: String(error) };
  return { error: String(error), trouble: trouble.name, fix: trouble.fix };
}
