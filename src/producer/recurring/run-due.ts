import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import type { RecurringStore } from "../../store/index.ts";
import { dueWords } from "../../time/due-times.ts";
import type { DropParts } from "../drop/folder.ts";
import { RECURRING_FOLDER } from "../drop/mode.ts";
import type { IsAllowed } from "./addresses.ts";
import { copyNewest } from "./copy-newest.ts";
import { fetchList, readToken } from "./fetch-list.ts";
import type { ReadFile, RecurringFile } from "./files.ts";
import type { RunMemory } from "./memory.ts";
import type { RecurringRuns } from "./runs.ts";
import { discard, type Given, stageList } from "./stage.ts";
import type { RecurringTiming } from "./timing.ts";

/** A due time to work on. */
interface DueWork {
  readonly file: RecurringFile;
  readonly read: ReadFile;
  readonly dueMs: number;
  /** Identifies this producer's work on it. */
  readonly token: string;
  readonly lateMs: number;
  /** How long this producer has tried. */
  readonly triedMs: number;
}

/**
 * Works on a due time: `done`, `again` after a while, or `left` to another producer. Throws if
 * Redis or the disk fails: then it may be done again.
 */
export type Runner = (work: DueWork) => Promise<"done" | "again" | "left">;

interface RunnerInput {
  /** The drop folder. */
  readonly dir: string;
  readonly store: RecurringStore;
  readonly memory: RunMemory;
  readonly runs: RecurringRuns;
  readonly parts: DropParts;
  readonly timing: RecurringTiming;
  readonly isAllowed: IsAllowed;
  readonly warn: (line: string) => void;
}

export function createRunner(input: RunnerInput): Runner {
  const { store, memory, runs, parts, timing, warn } = input;
  const { log, queue, signal } = parts;

  return async (work) => {
    const { file, read, dueMs, token, lateMs, triedMs } = work;
    const { recurring } = read;
    const about = `recurring/${file.file}, run of ${dueWords(dueMs, recurring.timezone)}`;
    const take = () => store.take({ name: file.name, dueMs, token, leaseMs: timing.leaseMs });

    /** Without a list the due time is done with. */
    async function end(outcome: Parameters<RecurringStore["endWithout"]>[2], why: string) {
      await store.endWithout(file.name, dueMs, outcome, why);
      log.clear(about);
      const isQuiet =
        recurring.onEmpty === "ok" && (outcome === "empty" || outcome === "unchanged");
      if (!isQuiet) warn(`${about}: no campaign: ${why}.`);
      return "done" as const;
    }

    const taken = await take();
    if (taken.kind === "handled") {
      await runs.endHandled(file.name, dueMs);
      return "done";
    }
    if (taken.kind !== "taken") return "left";
    const last = await memory.read(file.name);
    if (last !== null && last.dueMs >= dueMs) {
      return end("missed", "its list was taken before, and Redis has lost that it was");
    }
    const isMissed = !taken.again && lateMs > timing.missedMs;
    if (isMissed && recurring.onMissed === "skip") {
      return end("missed", "no producer ran at that time (onMissed: skip)");
    }
    if (isMissed) log.line(`${about}: no producer ran at that time; it is made up for now.`);

    const give = async (to: string): Promise<Given> => {
      const given = await giveList(input, work, { to, ...taken });
      const isSent = given.kind === "list" && given.digest === last?.digest;
      return isSent ? { kind: "none", outcome: "unchanged", why: SENT } : given;
    };
    const renewed = setInterval(() => {
      // Without Redis the lease ends; the commit decides.
      take().catch(() => {});
    }, timing.leaseMs / 3);
    try {
      const staged = await stageList(parts, { file, read, dueMs, give });
      if (signal.aborted && staged.kind !== "staged") return "left";
      if (staged.kind === "none") return await end(staged.outcome, staged.why);
      if (staged.kind === "trouble") {
        if (triedMs > timing.giveUpMs) return await end("unreachable", staged.why);
        log.condition(about, `${about}: ${staged.why}; it will be tried again.`);
        return "again";
      }
      const { claim } = staged.list;
      const { run } = claim.note;
      if (run === undefined) throw new Error("a staged list has no run");
      const decided = await runs.commit(run, claim.note.id).catch(async (error: unknown) => {
        // It may have been committed all the same: the producer that resumes the list asks again.
        await claim.giveBack();
        throw error;
      });
      if (decided === "committed") {
        log.clear(about);
        log.line(`${about}: its list is ${claim.note.dropped}.`);
        queue.add(staged.list);
        return "done";
      }
      await discard(staged.list);
      // The due time is done with; only the warning is left.
      if (decided === "same" && recurring.onEmpty === "warn")
        warn(`${about}: no campaign: ${SENT}.`);
      return "done";
    } finally {
      clearInterval(renewed);
    }
  };
}

const SENT = "the list is the same, byte for byte, as one that was sent before";

async function giveList(
  { dir, parts, timing, isAllowed }: RunnerInput,
  { read }: DueWork,
  { to, etag, etagOf }: { to: string; etag: string; etagOf: string },
): Promise<Given> {
  const { source } = read.recurring;
  const here = join(dir, RECURRING_FOLDER);
  const { signal } = parts;
  if (source.kind === "folder") {
    return copyNewest(resolve(here, source.path), { to, signal, ...parts.timing });
  }
  const token = source.tokenFile === null ? null : await readToken(join(here, source.tokenFile));
  if (token?.ok === false) return { kind: "trouble", why: token.why };
  const address = createHash("sha256").update(source.url).digest("hex");
  const fetched = await fetchList({
    ...{ url: source.url, token: token?.token ?? null, to, isAllowed, signal },
    ...{ etag: etagOf === address ? etag : "", timeoutMs: timing.fetchMs },
  });
  return fetched.kind === "list" ? { ...fetched, etagOf: address } : fetched;
}
