import type { Redis } from "ioredis";
import { accept, type Result, refuse } from "../core/refusal.ts";
import type { RefusalCode } from "../core/refusals.ts";
import { isVersionSupported, REDIS_VERSION_MIN } from "./find-binary.ts";
import { redisInfo } from "./server.ts";

/** A Redis that may be used. */
export interface RedisSafety {
  readonly version: string;
  /** Full sentences: what is unsafe or could not be checked, but was allowed. */
  readonly warnings: string[];
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
    why: "a power cut can lose the last second, and messages of that second would be sent twice",
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
 * Whether the ledger can rely on this Redis: version 6.2 or newer, no cluster, writable,
 * append-only file with `appendfsync always`, `noeviction`, and no asynchronous replica that could
 * take over without the last writes. `allowUnsafe` turns the last three into warnings; an old
 * version, a cluster or a read-only replica is always refused, because nothing works on it. Rejects
 * only if Redis cannot be reached.
 */
export async function checkRedisSafety(
  redis: Redis,
  o: { allowUnsafe: boolean },
): Promise<Result<RedisSafety>> {
  const info = await redisInfo(redis);
  const version = info.get("redis_version") ?? "0";
  if (!isVersionSupported(version)) {
    return refuse(
      "redis_too_old",
      `This Redis is version ${version}.`,
      `Use Redis ${REDIS_VERSION_MIN} or newer, or any Valkey.`,
    );
  }
  if (info.get("cluster_enabled") === "1") {
    return refuse(
      "redis_cluster",
      "This Redis runs in cluster mode, which Dropcast cannot use: nothing would be sent.",
      "Use a Redis without cluster mode (ElastiCache: cluster mode disabled; MemoryDB always has it).",
    );
  }
  if (info.get("role") === "slave") {
    return refuse(
      "redis_read_only",
      "This Redis is a replica and takes no writes.",
      "Set DROPCAST_REDIS_URL to its primary.",
    );
  }

  const problems = [...(await settingProblems(redis, info)), ...replicaProblems(info)];
  const [first] = problems;
  if (first === undefined) return accept({ version, warnings: [] });
  if (o.allowUnsafe) return accept({ version, warnings: problems.map((each) => each.message) });
  return refuse(
    first.code,
    problems.map((each) => each.message).join(" "),
    `${[...new Set(problems.map((each) => each.fix))].join(" ")} ${capital(ALLOW)}.`,
  );
}

async function settingProblems(redis: Redis, info: Info): Promise<Problem[]> {
  const problems: Problem[] = [];
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
      problems.push({ code, message: `Redis has ${name} ${actual}: ${why}.`, fix });
    }
  }
  if (hidden.length > 0) problems.push(hiddenSettings(correct, hidden));
  return problems;
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

function replicaProblems(info: Info): Problem[] {
  const replicas = Number(info.get("connected_slaves") ?? 0);
  if (replicas === 0) return [];
  return [
    {
      code: "redis_async_replica",
      message: `Redis has ${replicas} asynchronous ${replicas === 1 ? "replica" : "replicas"}: after a failover the last second may be missing, and messages of that second would be sent twice.`,
      fix: "Use a Redis without automatic failover.",
    },
  ];
}

type Info = ReadonlyMap<string, string>;

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
