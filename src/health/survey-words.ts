/**
 * What cannot be read of a Redis Cluster or behind Sentinels, why, and what to do: the words of
 * `doctor`, and of every role and command that is refused for the same reason.
 */
import { printable } from "../core/format.ts";
import { outageReason, redisTrouble } from "../core/redis-trouble.ts";
import { type Refused, refuse } from "../core/refusal.ts";
import type { ClusterSurvey, RedisSurvey, SurveyedMaster, Wanted } from "../redis/survey.ts";

/** Some of what is wanted that cannot be read, for one reason. */
export interface Trouble {
  readonly keys: readonly Wanted[];
  /** Nothing else is wanted. */
  readonly isAll: boolean;
  /** `node 10.0.0.1:6379 does not answer (connection refused)`. */
  readonly why: string;
  readonly fix: string;
}

type SentinelSurvey = Extract<RedisSurvey, { kind: "sentinel" }>;

type Reason = Pick<Trouble, "why" | "fix">;

/** Everything that is wanted and cannot be read now; empty: all can. */
export function troublesOf(survey: RedisSurvey, wanted: readonly Wanted[]): Trouble[] {
  if (survey.kind === "sentinel") {
    const trouble = sentinelTrouble(survey);
    return trouble === undefined ? [] : [{ ...trouble, keys: wanted, isAll: true }];
  }
  if (survey.masters.length === 0) return [{ ...noNode(survey), keys: wanted, isAll: true }];
  const found = new Map<string, Trouble>();
  for (const key of survey.keys) {
    const trouble = keyTrouble(survey, key);
    if (trouble === undefined) continue;
    const keys = [...(found.get(trouble.why)?.keys ?? []), key];
    found.set(trouble.why, { ...trouble, keys, isAll: keys.length === survey.keys.length });
  }
  return [...found.values()];
}

/** Undefined: nothing is in trouble. `where`: the address, without a password. */
export function refuseTroubles(where: string, troubles: readonly Trouble[]): Refused | undefined {
  const [first] = troubles;
  if (first === undefined) return undefined;
  return refuse(
    "redis_unreachable",
    `Redis at ${where} does not serve ${unservedText(troubles)}.`,
    `${first.fix} dropcast doctor shows each node and number.`,
  );
}

/** `numbers main, eu: node 10.0.0.1:6379 does not answer (connection refused)`. */
export function unservedText(troubles: readonly Trouble[]): string {
  const told = troubles
    .slice(0, TOLD_MAX)
    .map(({ keys, isAll, why }) => `${isAll ? "anything" : namesOf(keys)}: ${why}`);
  const more = troubles.length - told.length;
  return `${told.join("; ")}${more === 0 ? "" : `; and ${more} more`}`;
}

const TOLD_MAX = 3;
const NAMED_MAX = 5;

function namesOf(keys: readonly Wanted[]): string {
  const numbers = keys.flatMap(({ number }) => number ?? []);
  const more = numbers.length > NAMED_MAX ? ` and ${numbers.length - NAMED_MAX} more` : "";
  const named = `${numbers.slice(0, NAMED_MAX).join(", ")}${more}`;
  const others = keys.flatMap(({ name, number }) =>
    number === undefined ? `what belongs to ${name}` : [],
  );
  return [
    ...others,
    ...(numbers.length === 0 ? [] : [`number${numbers.length === 1 ? "" : "s"} ${named}`]),
  ].join(", ");
}

const WITH_ITS_DATA =
  "Bring it back with its own data. Do not give its slots to another node while its data can " +
  "come back: what was sent would be forgotten.";

/** What to do about a master that does not answer. */
export function awayFix({ replicas }: SurveyedMaster): string {
  const ready = replicas.find(({ problem }) => problem === undefined);
  if (ready === undefined) return WITH_ITS_DATA;
  return (
    `Wait a minute: its replica ${ready.where} answers and takes over, if most of the other ` +
    "masters agree that the node is away. If it does not, bring the node back with its own data."
  );
}

function noNode({ seeds }: ClusterSurvey): Reason {
  const words = seeds.map(({ where, problem }) =>
    problem === undefined
      ? `${where} knows no owner of any hash slot`
      : `${where} ${problemWords(problem)}`,
  );
  return {
    why: `no node of the cluster tells who has the hash slots: ${words.join(", ")}`,
    fix:
      seeds.flatMap(({ problem }) => answeredFix(problem) ?? [])[0] ??
      "Start them, or correct the hosts and ports in DROPCAST_REDIS_URL (rediss-cluster:// with " +
        "TLS): any node of the cluster that answers is enough.",
  };
}

type Key = ClusterSurvey["keys"][number];

function keyTrouble(survey: ClusterSurvey, key: Key): Reason | undefined {
  const { owner, slot, problem } = key;
  if (owner === undefined) {
    return {
      why: `hash slot ${slot} has no owner`,
      fix:
        "Bring the node that had it, or its replica, back with its own data. If the slot was " +
        `deleted by hand, run CLUSTER ADDSLOTS ${slot} on the node that still has its keys ` +
        `(CLUSTER COUNTKEYSINSLOT ${slot} counts them).`,
    };
  }
  if (problem === undefined) return undefined;
  const { where } = owner;
  if (owner.problem !== undefined) {
    const fix = answeredFix(owner.problem) ?? awayFix(owner);
    return { why: `node ${where} ${problemWords(owner.problem)}`, fix };
  }
  const { message } = problem;
  if (/^(ASK|TRYAGAIN)/.test(message)) {
    const [, target] = /^ASK \d+ (\S+)/.exec(message) ?? [];
    return {
      why: `hash slot ${slot} is being moved from ${where} to ${target ?? "another node"}`,
      fix:
        "Wait until it has moved. If nothing moves it any more, finish it with redis-cli " +
        "--cluster fix while every node is there: it would give the slots of one that is away to " +
        "another, without their data.",
    };
  }
  if (/^MOVED/.test(message)) {
    return {
      why: `hash slot ${slot} has another owner than the nodes say`,
      fix: "Ask again in some seconds. If it stays, look at redis-cli --cluster check.",
    };
  }
  if (/^CLUSTERDOWN The cluster is down/.test(message)) return down(survey, where);
  const fix = answeredFix(problem) ?? "Look at its log.";
  return { why: `node ${where} ${problemWords(problem)}`, fix };
}

/** A node that says that the whole cluster is down. */
function down(survey: ClusterSurvey, where: string): Reason {
  const away = survey.masters.find(({ problem }) => problem !== undefined);
  if (away === undefined && survey.unowned.length === 0) {
    return {
      why: `node ${where} says that the cluster is down, although every node answers`,
      fix:
        "Wait some seconds: it may have just started. Else it is cut off from the others: look " +
        "at the ports that nodes use among themselves (port + 10000).",
    };
  }
  return {
    why:
      "the cluster serves nothing while a hash slot has no working owner " +
      "(cluster-require-full-coverage yes)",
    fix:
      "See to the node that is away, or to the slots without an owner. Meanwhile CONFIG SET " +
      "cluster-require-full-coverage no, on each node, lets the others serve their numbers.",
  };
}

/** What to do about a node that is there and refuses; undefined: it is away. */
export function answeredFix(problem: Error | undefined): string | undefined {
  const trouble = redisTrouble(problem);
  if (problem?.name === "ReplyError") return trouble?.fix ?? "Look at its log.";
  return trouble?.name === "TLS" ? trouble.fix : undefined;
}

/** What a node does instead of answering well. */
export function problemWords(problem: Error): string {
  if (/Unknown RESP type|Protocol error/.test(problem.message)) return "is not a Redis";
  if (problem.message.startsWith("LOADING")) return "is still loading its data";
  // It comes from whatever answers there.
  if (problem.name === "ReplyError") return printable(`answers "${problem.message.slice(0, 120)}"`);
  const isTls = redisTrouble(problem)?.name === "TLS";
  const reason = isTls ? `TLS: ${problem.message}` : outageReason(problem);
  return `does not answer (${printable(reason)})`;
}

/** Why the master of the address cannot be used. */
function sentinelTrouble(survey: SentinelSurvey): Reason | undefined {
  const { sentinels, masters, master, replicas } = survey;
  const [first] = masters;
  if (first === undefined) {
    const answering = sentinels.filter(({ problem }) => problem === undefined);
    const words = sentinels.map(({ where, problem }) =>
      problem === undefined
        ? `${where} knows no master ${master}`
        : `${where} ${problemWords(problem)}`,
    );
    return answering.length === 0
      ? {
          why: `no Sentinel answers: ${words.join(", ")}`,
          fix:
            sentinels.flatMap((one) => answeredFix(one.problem) ?? [])[0] ??
            "Start them, or correct their hosts and ports in DROPCAST_REDIS_URL.",
        }
      : {
          why: `no Sentinel knows the master: ${words.join(", ")}`,
          fix: "Write the name that they know (SENTINEL MASTERS) after the last / of DROPCAST_REDIS_URL.",
        };
  }
  const { where, problem, is } = first;
  if (problem !== undefined) {
    const ready = replicas.find((one) => one.problem === undefined && one.is === "replica");
    return {
      why: `the master that Sentinels name, ${where}, ${problemWords(problem)}`,
      fix:
        answeredFix(problem) ??
        (ready === undefined
          ? "Bring it back with its own data; if Redis is elsewhere, correct what the Sentinels watch (SENTINEL MONITOR)."
          : `Wait a minute: the Sentinels make its replica ${ready.where} the master, if enough of them agree (SENTINEL CKQUORUM ${master}). If they do not, bring it back with its own data.`),
    };
  }
  if (is === "master") return undefined;
  const what = `a ${is}`;
  return {
    why: `${where}, which Sentinels name as the master, is ${what}`,
    fix:
      is === "replica"
        ? "Wait some seconds: after a failover they learn of the new master. If it stays, SENTINEL RESET makes them look again."
        : "Correct what the Sentinels watch (SENTINEL MONITOR), or the address: a cluster has redis-cluster://.",
  };
}
