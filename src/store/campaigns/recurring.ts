import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { redisTimeMs } from "../../redis/server.ts";
import type { HashFields } from "../hashes.ts";
import { ALL_NUMBERS, deploymentKeys, keySpace } from "../keys.ts";
import type { RUN_OUTCOME } from "../scripts/protocol-names.ts";
import { createScriptRunner } from "../scripts/runner.ts";
import type { ScriptAnswer } from "../scripts/script-answers.ts";

/** What people are told of a recurring campaign file, as a producer last saw it. */
interface RecurringInfo {
  /** Null, as all but `problem`, if the file cannot be read. */
  readonly cron: string | null;
  readonly timezone: string | null;
  /** The folder or the address of its lists. */
  readonly source: string | null;
  /** Time of the next run, ms. */
  readonly nextMs: number | null;
  /** Why it is not run; null if it is. */
  readonly problem: string | null;
}

type RunOutcome = keyof typeof RUN_OUTCOME;

export interface RecurringRun {
  readonly dueMs: number;
  readonly atMs: number;
  readonly outcome: RunOutcome;
  readonly campaign: string | null;
  readonly detail: string;
}

/** A recurring campaign file, for people. */
export interface RecurringState extends RecurringInfo {
  /** The name of the file, without its ending. */
  readonly name: string;
  /** By Redis TIME; several minutes ago: no producer runs that has it. */
  readonly seenMs: number;
  readonly nowMs: number;
  readonly last: RecurringRun | null;
}

/** The list of a due time that a producer has put into `processing/`. */
export interface CommittedList {
  readonly name: string;
  readonly dueMs: number;
  /** Id of the drop. */
  readonly drop: string;
  /** SHA-256 of its bytes, hex. */
  readonly digest: string;
  readonly etag: string;
  readonly etagOf: string;
}

type Taken =
  | {
      readonly kind: "taken";
      /** A producer began with this due time before: it is not missed. */
      readonly again: boolean;
      readonly etag: string;
      readonly etagOf: string;
    }
  | { readonly kind: "early" | "handled" | "busy" | "gone" };

/**
 * Which due times of recurring campaign files are done with, over all producers of one mode. Every
 * call may be repeated.
 */
export function createRecurring(redis: Redis, mode: Mode = "live") {
  const keys = deploymentKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));

  return {
    /** Notes a file that is there. Due times until `handledMs` are done with. */
    async note(name: string, info: RecurringInfo): Promise<{ nowMs: number; handledMs: number }> {
      const { cron, timezone } = info;
      const schedule = cron === null ? "?" : `${cron} ${timezone}`;
      const answer = await run("note-recurring", { name, schedule, info: JSON.stringify(info) });
      const [nowMs, handledMs] = (answer as [number, number]).map(Number);
      return { nowMs: nowMs ?? 0, handledMs: handledMs ?? 0 };
    },

    /** The file is gone; when it returns, it counts from then on. */
    async leave(name: string): Promise<void> {
      await run("note-recurring", { name, schedule: "", info: "" });
    },

    /** Takes a due time, for `leaseMs`; with the same token again, for longer. */
    async take(input: {
      name: string;
      dueMs: number;
      token: string;
      leaseMs: number;
    }): Promise<Taken> {
      const { name, dueMs: due, token, leaseMs } = input;
      const answer = await run("take-recurring", { name, due, token, leaseMs });
      const [kind, again, etag, etagOf] = answer;
      if (kind !== "taken") return { kind };
      return { kind, again: again === 1, etag: String(etag), etagOf: String(etagOf) };
    },

    /** Whether the list becomes the campaign of its due time. */
    async commit(list: CommittedList): Promise<ScriptAnswer<"commit-recurring">> {
      const { name, dueMs: due, drop, digest, etag, etagOf } = list;
      const args = { name, due, drop, digest, etag, etagOf };
      const [answer] = await run("commit-recurring", args);
      return answer;
    },

    /** A due time without a list. False if it has an outcome, or the file is gone. */
    async endWithout(
      name: string,
      dueMs: number,
      outcome: RunOutcome,
      detail: string,
    ): Promise<boolean> {
      const none = { drop: "", campaign: "", forgotten: "" };
      const args = { name, due: dueMs, outcome, detail, ...none };
      const [answer] = await run("end-recurring", args);
      return answer === "done";
    },

    /** The outcome of a committed list. `isForgotten`: its bytes may come again. */
    async endWith(
      list: Pick<CommittedList, "name" | "dueMs" | "drop" | "digest">,
      end: { campaign: string | null; detail: string; isForgotten: boolean },
    ): Promise<void> {
      const { name, dueMs: due, drop, digest } = list;
      const outcome: RunOutcome =
        end.campaign !== null && end.detail === "" ? "campaign" : "failed";
      const forgotten = end.isForgotten ? digest : "";
      const { detail } = end;
      const campaign = end.campaign ?? "";
      await run("end-recurring", { name, due, drop, outcome, campaign, detail, forgotten });
    },

    /** Every file that a producer saw in the last 30 days, by name. */
    async list(): Promise<RecurringState[]> {
      const [nowMs, seen] = await Promise.all([
        redisTimeMs(redis),
        redis.zrange(keys.recurringFiles, "0", "-1", "WITHSCORES"),
      ]);
      const states: RecurringState[] = [];
      for (let at = 0; at < seen.length; at += 2) {
        const name = seen[at] ?? "";
        const fields: HashFields<"recurring"> = await redis.hgetall(keys.recurring(name));
        // It left between the two reads.
        if (fields.info === undefined) continue;
        const info = JSON.parse(fields.info) as RecurringInfo;
        states.push({ ...info, name, seenMs: Number(seen[at + 1]), nowMs, last: lastRun(fields) });
      }
      return states.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

function lastRun(fields: HashFields<"recurring">): RecurringRun | null {
  const { due, at, outcome, campaign = "", detail = "" } = fields;
  if (due === undefined) return null;
  return {
    ...{ dueMs: Number(due), atMs: Number(at), outcome: outcome as RunOutcome },
    ...{ campaign: campaign === "" ? null : campaign, detail },
  };
}

export type RecurringStore = ReturnType<typeof createRecurring>;
