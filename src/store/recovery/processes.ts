import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { redisTimeMs } from "../../redis/server.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";

export type ProcessRole = "producer" | "worker" | "webhooks" | "dashboard";

/** How a process describes itself. `up` counts as four processes. */
export interface ProcessInfo {
  readonly role: ProcessRole;
  readonly version: string;
  /** The numbers it works for. */
  readonly numbers: readonly string[];
  readonly host: string;
  readonly pid: number;
  /** By this machine's clock, ms since 1970. */
  readonly startedAt: number;
  /** Its clock at its last report; older versions do not report it. */
  readonly clockMs?: number;
  /** The newest layout of a number's keys that it can read (schema.ts). The same. */
  readonly layout?: number;
  /** It was told to stop, and finishes what is on the wire. */
  readonly isStopping?: true;
  /** Of a worker: the WhatsApp number that it sends from, by name: `1001 at api.example.com`. */
  readonly senders?: Readonly<Record<string, string>>;
  /** The same of names that wait, because that number is sent from under another name. */
  readonly waiting?: Readonly<Record<string, string>>;
}

export interface SeenProcess extends ProcessInfo {
  readonly id: string;
  /** By Redis TIME. */
  readonly seenAt: number;
  /** Seen within the last 90 s. */
  readonly isLive: boolean;
}

/**
 * Whether a role runs for a number. `lastSeenMs`: how long ago one was last seen; null if not in
 * the last hour.
 */
export interface Presence {
  readonly isLive: boolean;
  readonly lastSeenMs: number | null;
  /** Live processes of the role that work for other numbers only. */
  readonly others: number;
  /** Not live, but a live process has it as a name that waits (ProcessInfo.waiting). */
  readonly isWaiting?: true;
}

interface SeenProcesses {
  readonly nowMs: number;
  readonly processes: readonly SeenProcess[];
  /** Told to stop, and not known to have ended. They claim nothing more, and finish the rest. */
  readonly stopping: readonly SeenProcess[];
}

/** What processes can read that do not report their layout. */
const UNREPORTED_LAYOUT = 3;

/** How often a process reports itself, ms. */
export const HEARTBEAT_EVERY_MS = 10_000;
/** Several reports may be lost before a process counts as gone. */
const GONE_AFTER_MS = 90_000;

const underway = new WeakMap<Redis, Map<Mode, Promise<SeenProcesses>>>();

/**
 * The processes of the deployment in one mode, as they report themselves. It explains to people why
 * nothing is sent; of what is sent, only a renamed number (app/one-name.ts) and the newest layout
 * (app/newest-layout.ts) wait for what it says. A killed process stays known for an hour.
 */
export function createProcesses(redis: Redis, mode: Mode = "live") {
  const keys = deploymentKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));

  async function read(): Promise<SeenProcesses> {
    const [nowMs, infos, times] = await Promise.all([
      redisTimeMs(redis),
      redis.hgetall(keys.processes),
      redis.zrange(keys.processesSeen, "0", "-1", "WITHSCORES"),
    ]);
    const processes: SeenProcess[] = [];
    for (let at = 0; at < times.length; at += 2) {
      const id = times[at] ?? "";
      const info = infos[id];
      // It started or stopped between the two reads.
      if (info === undefined) continue;
      const seenAt = Number(times[at + 1]);
      const isLive = Math.abs(nowMs - seenAt) <= GONE_AFTER_MS;
      processes.push({ ...(JSON.parse(info) as ProcessInfo), id, seenAt, isLive });
    }
    const isStopping = (one: SeenProcess) => one.isStopping === true;
    return {
      nowMs,
      processes: processes.filter((one) => !isStopping(one)),
      stopping: processes.filter(isStopping),
    };
  }

  /** Asked for while it is being read, it gives the same answer: hundreds of numbers may ask. */
  function seen(): Promise<SeenProcesses> {
    const known = underway.get(redis) ?? new Map<Mode, Promise<SeenProcesses>>();
    underway.set(redis, known);
    const reading = known.get(mode) ?? read().finally(() => known.delete(mode));
    known.set(mode, reading);
    return reading;
  }

  return {
    seen,

    /** Notes that the process runs now. */
    async heartbeat(id: string, info: ProcessInfo): Promise<void> {
      await run("note-process", { process: id, info: JSON.stringify(info) });
    },

    /**
     * Whether a process was there in the last hour, and not seen to end, that cannot read a layout.
     * One that counts as gone may only be frozen. Which numbers it reports does not matter: pools
     * and opt-outs take it to others as well.
     */
    async hasOlder(layout: number): Promise<boolean> {
      const { processes, stopping } = await seen();
      return [...processes, ...stopping].some((one) => (one.layout ?? UNREPORTED_LAYOUT) < layout);
    },

    /** The process has ended. */
    async leave(id: string): Promise<void> {
      await run("note-process", { process: id, info: "" });
    },

    /** Whether a role runs for a number. */
    async presence(role: ProcessRole, number: string): Promise<Presence> {
      const { nowMs, processes } = await seen();
      const own = processes.filter((one) => one.role === role && one.numbers.includes(number));
      const isLive = own.some((one) => one.isLive);
      const others = processes.filter(
        (one) => one.isLive && one.role === role && !one.numbers.includes(number),
      ).length;
      const waits = ({ waiting = {} }: ProcessInfo) => Object.hasOwn(waiting, number);
      const isWaiting = processes.some((one) => one.isLive && one.role === role && waits(one));
      const known = { isLive, others, ...(isWaiting && !isLive ? { isWaiting } : {}) };
      if (own.length === 0) return { ...known, lastSeenMs: null };
      const lastSeenMs = Math.max(0, nowMs - Math.max(...own.map(({ seenAt }) => seenAt)));
      return { ...known, lastSeenMs };
    },
  };
}
