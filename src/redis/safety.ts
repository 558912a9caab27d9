import type { Redis } from "ioredis";
import { type Durability, FSYNC } from "../core/durability.ts";
import { counted } from "../core/format.ts";
import { accept, type Refusal, type Result, refuse } from "../core/refusal.ts";
import type { RefusalCode } from "../core/refusals.ts";
import { isVersionSupported, REDIS_VERSION_MIN } from "./find-binary.ts";
import { findSuccessor, isOneNode, replicasInStep, waitCommand } from "./replicas.ts";
import { redisInfo } from "./server.ts";

/** A Redis that may be used. */
export interface RedisSafety {
  readonly version: string;
  /** Full sentences: what is unsafe or could not be checked, but was allowed. */
  readonly warnings: string[];
  /** How it keeps what was acted on, in words: `proved` by Dropcast, or only `declared`. */
  readonly durability: { readonly proved: string | null; readonly declared: string | null };
  /** Fewer replicas keep up than are asked for: nothing is sent until they do. */
  readonly behind: Refusal | null;
}

interface Problem {
  readonly code: RefusalCode;
  readonly message: string;
  readonly fix: string;
}

const ALLOW = "or set DROPCAST_ALLOW_UNSAFE_REDIS=1 to accept the risk";

/**
 * The settings that keep Redis from losing acknowledged writes. `info` reads a setting if CONFIG is
 * forbidden; INFO does not have the others.
 */
const SETTINGS = [
  {
    name: "appendonly",
    value: "yes",
    info: (info: Info) => ({ 0: "no", 1: "yes" })[info.get("aof_enabled") ?? ""],
    code: "redis_not_durable",
    why: "it loses everything when it stops",
  },
  {
    name: "appendfsync",
    value: "always",
    code: "redis_not_durable",
    why: "a power cut can lose the last second of what it has confirmed, so messages could be sent twice",
  },
  {
    name: "no-appendfsync-on-rewrite",
    value: "no",
    code: "redis_not_durable",
    why: "while it rewrites its file, a power cut can lose writes that it has confirmed",
  },
  {
    name: "maxmemory-policy",
    value: "noeviction",
    info: (info: Info) => info.get("maxmemory_policy"),
    code: "redis_evicts",
    why: "it deletes records of sent messages when its memory is full",
  },
] as const;

/**
 * Whether the ledger can rely on this Redis: version 6.2 or newer, writable, `noeviction`, and
 * durable as `durability` says. `allowUnsafe` turns the last two into warnings; an old version or a
 * read-only replica is always refused, because nothing works on it. `keys`, of several hash slots,
 * are only to see whether one Redis answers for all of them. Rejects only if Redis cannot be
 * reached.
 */
export async function checkRedisSafety(
  redis: Redis,
  o: { allowUnsafe: boolean; durability?: Durability; keys?: readonly string[] },
): Promise<Result<RedisSafety>> {
  const { durability = FSYNC, keys = [] } = o;
  const info = await redisInfo(redis);
  const version = info.get("redis_version") ?? "0";
  if (!isVersionSupported(version)) {
    return refuse(
      "redis_too_old",
      `This Redis is version ${version}.`,
      `Use Redis ${REDIS_VERSION_MIN} or newer, or any Valkey.`,
    );
  }
  if (info.get("role") === "slave") {
    return refuse(
      "redis_read_only",
      "This Redis is a replica and takes no writes.",
      "Set DROPCAST_REDIS_URL to its primary.",
    );
  }

  const found = await durabilityFound(redis, info, { durability, keys });
  const { problems: faults, ...durable } = found;
  const problems = [...faults, ...(await evictions(redis, info))];
  const [first] = problems;
  const warnings = problems.map((each) => each.message);
  if (first === undefined || o.allowUnsafe) {
    return accept({ version, warnings, ...durable });
  }
  return refuse(
    first.code,
    warnings.join(" "),
    `${[...new Set(problems.map((each) => each.fix))].join(" ")} ${capital(ALLOW)}.`,
  );
}

interface Found extends Pick<RedisSafety, "durability" | "behind"> {
  readonly problems: readonly Problem[];
}

function durabilityFound(
  redis: Redis,
  info: Info,
  { durability, keys }: { durability: Durability; keys: readonly string[] },
): Promise<Found> {
  if (durability.kind === "replicas") {
    return byReplicas(redis, info, { wanted: durability.replicas, keys });
  }
  return durability.kind === "log" ? byLog(redis, info) : byFsync(redis, info);
}

/** One Redis, whose settings say that each change is on its disk before the answer. */
async function byFsync(redis: Redis, info: Info): Promise<Found> {
  const { wrong, correct, hidden } = await readSettings(redis, info);
  const problems = [...wrong, ...(await successorProblems(redis, info))];
  if (hidden.length > 0) problems.splice(wrong.length, 0, hiddenSettings(correct, hidden));
  const proved = "each change is on its disk before the answer (appendonly, appendfsync always)";
  return { problems, behind: null, durability: { proved, declared: null } };
}

/**
 * Each claim waits for replicas. What does not wait (outcomes, imports, changes by people) relies
 * on the settings, as with one Redis: WAITAOF waits for the disks itself, but for claims alone.
 */
async function byReplicas(
  redis: Redis,
  info: Info,
  { wanted, keys }: { wanted: number; keys: readonly string[] },
): Promise<Found> {
  const command = await waitCommand(redis);
  const { wrong, hidden } = await readSettings(redis, info);
  const evicts = wrong.filter(({ code }) => code === "redis_evicts");
  const inStep = replicasInStep(info);
  const behind = inStep < wanted ? behindNow(inStep, wanted) : null;
  if (command === undefined) {
    return { problems: [...evicts, mayNotWait()], behind, durability: NOTHING_KNOWN };
  }
  const some = counted(wanted, "replica");
  const isOnDisks = command === "WAITAOF" && info.get("aof_enabled") !== "0";
  const proved = isOnDisks
    ? `each claim is on the disks of Redis and of ${some} before its message leaves (WAITAOF)`
    : `each claim is in the memory of ${some} before its message leaves (WAIT)`;
  const declared = inStep > wanted ? [anyReplica(inStep, wanted)] : [];
  if (!(await isOneNode(redis, info, keys))) declared.push(SAME_NODE);
  // If CONFIG is forbidden the service decides about its settings.
  const isManaged = hidden.length > 0;
  if (isManaged) declared.push(isOnDisks ? KEEPS_THE_REST : KEEPS_MEMORY);
  const problems = isManaged && !isOnDisks ? evicts : wrong;
  return { problems, behind, durability: { proved, declared: sentence(declared) } };
}

const SAME_NODE =
  "its endpoint passes each wait on to the node that has the claim (several may answer behind it)";
const KEEPS_THE_REST =
  "what does not wait (lists, outcomes) is on its disk before the answer, with appendfsync always (CONFIG is refused)";
const KEEPS_MEMORY = "not all nodes lose their memory at once (CONFIG is refused)";

function anyReplica(inStep: number, wanted: number): string {
  return `a failover chooses one of the replicas that have the claim (${wanted} of ${inStep})`;
}

function sentence(declared: readonly string[]): string | null {
  return declared.length === 0 ? null : declared.join(", and ");
}

/** The operator declares a replicated log; only what contradicts it can be seen. */
async function byLog(redis: Redis, info: Info): Promise<Found> {
  const { wrong, hidden } = await readSettings(redis, info);
  const evicts = wrong.filter(({ code }) => code === "redis_evicts");
  const declared = "the service writes each change to a replicated log before it answers";
  const durability = { proved: null, declared };
  if (hidden.length > 0) return { problems: evicts, behind: null, durability };
  // A service with a log forbids CONFIG, so this is a plain Redis: it must be a safe one.
  const plain = [...wrong, ...(await successorProblems(redis, info))];
  const problems = plain.length === 0 ? [] : [noLog(), ...plain];
  return { problems, behind: null, durability };
}

const NOTHING_KNOWN = { proved: null, declared: null };

function behindNow(inStep: number, wanted: number): Refusal {
  return {
    code: "redis_replicas_behind",
    message: `${counted(inStep, "replica")} of this Redis ${inStep === 1 ? "keeps" : "keep"} up, and DROPCAST_REDIS_DURABILITY asks for ${wanted}: nothing is sent.`,
    fix: "Look at the replicas of Redis, their disks and their network. Sending continues by itself when they have caught up.",
  };
}

function mayNotWait(): Problem {
  return {
    code: "redis_no_wait",
    message:
      "This Redis user may use neither WAITAOF nor WAIT, so it cannot be proved that replicas have a claim.",
    fix: "Allow the user +waitaof and +wait.",
  };
}

function noLog(): Problem {
  return {
    code: "redis_no_log",
    message:
      "DROPCAST_REDIS_DURABILITY=log declares a service with a replicated log, but this Redis answers CONFIG as a plain one does.",
    fix: "Set DROPCAST_REDIS_DURABILITY to fsync, or to replicas:R if it has R replicas.",
  };
}

/** Settings that are wrong, those that are right, and those that Redis does not tell. */
async function readSettings(redis: Redis, info: Info) {
  const wrong: Problem[] = [];
  const correct: string[] = [];
  const hidden: string[] = [];
  for (const wanted of SETTINGS) {
    const { name, value, code, why } = wanted;
    const configured = await setting(redis, name);
    const actual = configured ?? ("info" in wanted ? wanted.info(info) : undefined);
    if (actual === undefined) hidden.push(name);
    else if (actual === value) correct.push(`${name} ${value}`);
    else {
      const fix =
        configured === undefined
          ? `Set ${name} ${value} at its provider.`
          : `Run CONFIG SET ${name} ${value} on it and put \`${name} ${value}\` in its configuration.`;
      wrong.push({ code, message: `Redis has ${name} ${actual}: ${why}.`, fix });
    }
  }
  return { wrong, correct, hidden };
}

/** Managed services often forbid CONFIG, so that the operator must vouch for some settings. */
function hiddenSettings(correct: readonly string[], hidden: readonly string[]): Problem {
  const known = correct.length === 0 ? "" : ` It does report ${correct.join(" and ")}.`;
  return {
    code: "redis_settings_hidden",
    message:
      `Redis does not report ${hidden.join(", ")}, as is common for managed services.${known} So ` +
      "Dropcast cannot check whether a power cut or a failover loses writes that Redis has " +
      "confirmed; messages whose record is lost would be sent twice.",
    fix: `Check with its provider that it keeps every confirmed write (${hidden
      .map((name) => SETTINGS.find((one) => one.name === name))
      .map((one) => `${one?.name} ${one?.value}`)
      .join(", ")}, or a log that is written before each answer).`,
  };
}

/** Undefined if this Redis has no CONFIG command, forbids it, or does not know the setting. */
async function setting(redis: Redis, name: string): Promise<string | undefined> {
  try {
    const reply = await redis.config("GET", name);
    return Array.isArray(reply) && reply.length >= 2 ? String(reply[1]) : undefined;
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return undefined;
    throw error;
  }
}

/**
 * A policy that was corrected brings back nothing. Where CONFIG is forbidden the count cannot be
 * reset, and may be of long ago.
 */
async function evictions(redis: Redis, info: Info): Promise<Problem[]> {
  const evicted = Number(info.get("evicted_keys") ?? 0);
  if (evicted === 0 || (await setting(redis, "maxmemory-policy")) === undefined) return [];
  const message = `Redis has deleted ${counted(evicted, "key")} since it started, because its memory was full: records of sent messages may be missing, and those messages would be sent twice.`;
  const fix =
    "If Dropcast was in use then, restore a backup into an empty Redis. Without one, cancel each campaign that has not ended (DROPCAST_ALLOW_UNSAFE_REDIS=1 dropcast cancel ID lets that one command through), and import the opt-outs again in the same way: some may be missing. Only then run CONFIG RESETSTAT on it: it lets sending go on.";
  return [{ code: "redis_evicts", message, fix }];
}

/** What could take over without the last changes. */
async function successorProblems(redis: Redis, info: Info): Promise<Problem[]> {
  const found = await findSuccessor(redis, info);
  if (found === undefined) return [];
  const { words, replicas } = found;
  return [
    {
      code: "redis_async_replica",
      message: `${words}: after a failover the last second may be missing, and messages of that second would be sent twice.`,
      fix: `Use a Redis without automatic failover, or set DROPCAST_REDIS_DURABILITY=replicas:${replicas ?? "R"}, so that each claim waits for its replicas: as many as can take over${replicas === null ? "" : ", also those that are away now. Of a cluster, CLUSTER FORGET nodes that are gone for good first: claims would wait for them"}.`,
    },
  ];
}

type Info = ReadonlyMap<string, string>;

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
