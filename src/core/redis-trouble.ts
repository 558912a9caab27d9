/** A state in which Redis cannot take a write, or cannot be asked at all, until somebody mends it. */
export interface RedisTrouble {
  /** The first word of Redis's own reply, so that it can be looked up; or what ioredis met. */
  readonly name: string;
  /** What to do about it, for an operator. */
  readonly fix: string;
}

/** Redis's error words (redis.io, "RESP errors", and the sources of 6.2 to 7.2). */
const REPLIES: Readonly<Record<string, string>> = {
  OOM: "Redis has reached maxmemory: raise it, or give Redis a machine of its own.",
  READONLY: "This Redis is a replica: point DROPCAST_REDIS_URL to the primary.",
  LOADING: "Redis reads its file and answers when it is done: wait.",
  MISCONF: "Redis cannot write to its disk: look at its log, make room, mend the permissions.",
  CLUSTERDOWN: "The Redis cluster has lost nodes: look at CLUSTER INFO.",
  TRYAGAIN: "The Redis cluster moves slots: wait until it is done.",
  MASTERDOWN: "This replica has lost its primary: point DROPCAST_REDIS_URL to the primary.",
  NOREPLICAS: "Redis has fewer replicas than min-replicas-to-write: bring them back.",
  NOAUTH: "Redis wants a password: put it into DROPCAST_REDIS_URL.",
  WRONGPASS: "Redis refuses the user or password: correct them in DROPCAST_REDIS_URL.",
  NOPERM: "This Redis user lacks rights: Dropcast and BullMQ need all commands on their keys.",
  BUSY: "Redis runs a script of somebody else for too long: look at its SLOWLOG.",
  UNKILLABLE: "Redis runs a script of somebody else for too long: look at its SLOWLOG.",
  NOSCRIPT: "Redis has forgotten its scripts, by a restart or SCRIPT FLUSH: it is told them again.",
};

const CLIENT: readonly [RegExp, RedisTrouble][] = [
  [
    /max number of clients/i,
    { name: "MAXCLIENTS", fix: "Redis has too many connections: raise maxclients." },
  ],
  [
    /timed out|timeout/i,
    { name: "TIMEOUT", fix: "Redis does not answer in time: look at its disk, CPU and SLOWLOG." },
  ],
  [
    /Connection is closed|isn't writeable|max retries per request|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT/,
    { name: "UNREACHABLE", fix: "Redis is away: start it, or correct DROPCAST_REDIS_URL." },
  ],
];

/** An error inside a script: Redis 6.2 wraps the reply, later ones hand it on as it is. */
const REPLY = /^(?:ERR .*-)?([A-Z]+) /;

/**
 * Names the trouble that an error from Redis stands for; undefined when it is none that passes by
 * being mended: a bug, or something unheard of.
 */
export function redisTrouble(error: unknown): RedisTrouble | undefined {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("EXECABORT")) return redisTrouble(firstRefused(error));
  const name = REPLY.exec(message)?.[1] ?? "";
  const fix = Object.hasOwn(REPLIES, name) ? REPLIES[name] : undefined;
  if (fix !== undefined) return { name, fix };
  return CLIENT.find(([pattern]) => pattern.test(message))?.[1];
}

/** A transaction says only that it was given up; why is with the command that was not taken. */
function firstRefused(error: unknown): unknown {
  if (!(error instanceof Error)) return "";
  const previous: unknown = Reflect.get(error, "previousErrors");
  return Array.isArray(previous) ? previous[0] : "";
}

/** For a log line: the error, and where it has a name, that and what to do. */
export function explainRedisError(
  error: unknown,
): { readonly error: string } & Partial<Record<"trouble" | "fix", string>> {
  const trouble = redisTrouble(error);
  if (trouble === undefined) return { error: String(error) };
  return { error: String(error), trouble: trouble.name, fix: trouble.fix };
}
