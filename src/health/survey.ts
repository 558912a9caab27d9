/** What `doctor` says of a Redis Cluster or of Sentinels while a part of it is away. */
import type { AskedNode, ClusterSurvey, RedisSurvey, SurveyedMaster } from "../redis/survey.ts";
import type { Check } from "./check.ts";
import { answeredFix, awayFix, problemWords, type Trouble } from "./survey-words.ts";
import { GIVE_REPLICA, servesWords, slotsCheck } from "./topology.ts";

type SentinelSurvey = Extract<RedisSurvey, { kind: "sentinel" }>;
type Ranges = ClusterSurvey["unowned"];

/** Each node first, then what cannot be read and why. */
export function surveyChecks(survey: RedisSurvey, troubles: readonly Trouble[]): Check[] {
  const nodes = survey.kind === "cluster" ? clusterChecks(survey) : sentinelChecks(survey);
  const there = survey.kind === "cluster" ? survey.keys.flatMap(readableCheck) : [];
  return [...nodes, ...troubles.flatMap(troubleChecks), ...there];
}

function readableCheck({ number, owner, problem }: ClusterSurvey["keys"][number]): Check[] {
  if (number === undefined || owner === undefined || problem !== undefined) return [];
  const message = `node ${owner.where} has it, and answers`;
  return [{ code: "redis_reachable", name: `Number ${number}`, number, verdict: "ok", message }];
}

/** One for each number, so that scripts find them. */
function troubleChecks({ keys, why, fix }: Trouble): Check[] {
  return keys.map((key): Check => {
    const { name, number } = key;
    return {
      ...{ code: "redis_reachable", verdict: "fail", fix },
      ...(number === undefined
        ? { name: capital(name), message: `what belongs to ${name} cannot be read: ${why}` }
        : { name: `Number ${number}`, message: `it cannot be read: ${why}`, number }),
    };
  });
}

function clusterChecks(survey: ClusterSurvey): Check[] {
  const { seeds, masters, unowned, disagreeing } = survey;
  const listed = new Set(
    masters.flatMap(({ where, replicas }) => [where, ...replicas.map((one) => one.where)]),
  );
  const strange = seeds.filter(({ where, problem }) => problem !== undefined && !listed.has(where));
  return [
    ...strange.map(strangeSeed),
    ...disagreeing.map((where): Check => {
      return {
        ...{ code: "redis_topology", name: "Redis Cluster", verdict: "warn" },
        message: `${where} names other owners of hash slots than the hosts before it in DROPCAST_REDIS_URL`,
        fix: "Leave it out of the address if it is of another cluster; else look at CLUSTER NODES on it.",
      };
    }),
    ...(unowned.length === 0 ? [] : [slotsCheck(sizeOf(unowned), rangesWords(unowned))]),
    ...masters.map((master) => masterCheck(survey, master)),
  ];
}

function strangeSeed({ where, problem }: AskedNode): Check {
  const does = problem === undefined ? "" : ` ${problemWords(problem)}`;
  return {
    ...{ code: "redis_topology", name: "Redis Cluster", verdict: "warn" },
    message: `${where} of DROPCAST_REDIS_URL${does}`,
    fix: "Start it, or leave it out of the address.",
  };
}

function masterCheck(survey: ClusterSurvey, master: SurveyedMaster): Check {
  const { where, ranges, replicas, problem } = master;
  const own = { code: "redis_topology", name: "Redis node" } as const;
  const serves = survey.keys.filter(({ owner }) => owner === master).map(({ name }) => name);
  const slots = `hash slots ${rangesWords(ranges)}`;
  const others = replicas.length === 0 ? "no replica" : replicas.map(replicaWords).join(", ");
  if (problem !== undefined) {
    const verdict = serves.length === 0 ? "warn" : "fail";
    const message = `${where} ${problemWords(problem)}; it ${servesWords(serves)}; ${slots}; ${others}`;
    return { ...own, verdict, message, fix: answeredFix(problem) ?? awayFix(master) };
  }
  const message = `${where} ${servesWords(serves)}; ${slots}; ${others}`;
  const away = replicas.find((one) => one.problem !== undefined);
  if (away !== undefined) {
    return { ...own, verdict: "warn", message, fix: `Bring the replica ${away.where} back.` };
  }
  if (replicas.length > 0 || serves.length === 0) return { ...own, verdict: "ok", message };
  return { ...own, verdict: "warn", message, fix: GIVE_REPLICA };
}

function replicaWords({ where, problem }: AskedNode): string {
  return `replica ${where}${problem === undefined ? "" : ` ${problemWords(problem)}`}`;
}

function sentinelChecks(survey: SentinelSurvey): Check[] {
  const { sentinels, masters, replicas } = survey;
  const [used] = masters;
  return [
    ...sentinels.map((one) => sentinelCheck(survey, one)),
    ...masters.map((one): Check => {
      const own = { code: "redis_topology", name: "Redis node" } as const;
      const does = one.problem === undefined ? `is a ${one.is}` : problemWords(one.problem);
      const message = `${one.where}, named as the master, ${does}`;
      if (one.is === "master") return { ...own, verdict: "ok", message };
      const fix =
        "Sentinels have to name a master that answers: SENTINEL MASTER shows what they know.";
      return { ...own, verdict: one === used ? "fail" : "warn", message, fix };
    }),
    ...replicas.map((one): Check => {
      const own = { code: "redis_topology", name: "Redis node" } as const;
      const message = replicaWords(one);
      if (one.problem === undefined) return { ...own, verdict: "ok", message };
      return { ...own, verdict: "warn", message, fix: `Bring the replica ${one.where} back.` };
    }),
  ];
}

function sentinelCheck(
  { master, masters }: SentinelSurvey,
  { where, problem, names }: SentinelSurvey["sentinels"][number],
): Check {
  const own = { code: "redis_topology", name: "Sentinel" } as const;
  const message = `${where} ${
    problem === undefined
      ? names === undefined
        ? `knows no master ${master}`
        : `names ${names} as the master`
      : problemWords(problem)
  }`;
  if (names === undefined) {
    const fix = "Start it, or correct the address: each Sentinel has to know the master.";
    return { ...own, verdict: "warn", message, fix };
  }
  if (names === masters[0]?.where) return { ...own, verdict: "ok", message };
  const fix = "The Sentinels disagree: look at their log, and at SENTINEL MASTER on each.";
  return { ...own, verdict: "warn", message, fix };
}

const RANGES_MAX = 4;

function rangesWords(ranges: Ranges): string {
  const words = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  const more = words.length > RANGES_MAX ? ` and ${words.length - RANGES_MAX} more ranges` : "";
  return `${words.slice(0, RANGES_MAX).join(", ")}${more}`;
}

function sizeOf(ranges: Ranges): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
