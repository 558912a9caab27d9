import type { ActLine } from "../core/act.ts";
import { isoTime } from "../core/format.ts";
import {
  type ActLog,
  type FailedDropNote,
  numberOfCampaign,
  type SeenDropReport,
  type WaitingDropNote,
} from "../store/index.ts";
import type { Stores } from "./find.ts";

/** The drop folders of the deployment, for people. */
export interface Drops {
  /** The folders that producers watch, or watched until lately. */
  readonly folders: readonly Pick<SeenDropReport, "host" | "dir" | "seenAt" | "isLive">[];
  /** Newest first. */
  readonly failed: readonly FailedDropNote[];
  readonly waiting: readonly WaitingDropNote[];
  /** The last lists that became campaigns, newest first. */
  readonly imported: readonly ActLine[];
}

const IMPORTED_MAX = 50;
/** Lines of the audit that are looked at for them. */
const LOOKED_AT_MAX = 5_000;
const IMPORTED_FOR_MS = 30 * 24 * 3_600_000;

/**
 * What producers have reported, each file once. `numbers`: of which lists may be seen; null: all. A
 * waiting file, and a list without a readable campaign file, belong to no number.
 */
export async function readDrops(
  stores: Stores,
  acts: Pick<ActLog, "read">,
  numbers: ReadonlySet<string> | null,
): Promise<Drops> {
  const [reports, imported] = await Promise.all([
    readReports(stores),
    acts.read({
      ...{ campaign: null, sinceMs: Date.now() - IMPORTED_FOR_MS, limit: IMPORTED_MAX },
      lookedAtMax: LOOKED_AT_MAX,
      matches: (line) => isImport(line) && sees(numbers, line.campaigns),
    }),
  ]);
  const failed = unique(
    reports.flatMap((report) => report.failed),
    ({ file, atMs }) => `${atMs} ${file}`,
  ).filter(({ number }) => numbers === null || (number !== null && numbers.has(number)));
  const waiting = unique(
    reports.flatMap((report) => report.waiting),
    ({ file }) => file,
  );
  return {
    folders: reports.map(({ host, dir, seenAt, isLive }) => ({ host, dir, seenAt, isLive })),
    failed: failed.sort((a, b) => b.atMs - a.atMs),
    waiting: numbers === null ? waiting : [],
    imported: imported.lines,
  };
}

/** What producers found in their drop folders; any store knows of all. */
export async function readReports(stores: Stores): Promise<SeenDropReport[]> {
  const [store] = Object.values(stores);
  return (await store?.dropReports.read()) ?? [];
}

function isImport({ via, result }: ActLine): boolean {
  return via === "drop folder" && result === "done";
}

function sees(numbers: ReadonlySet<string> | null, campaigns: readonly string[]): boolean {
  return numbers === null || campaigns.every((id) => numbers.has(numberOfCampaign(id) ?? ""));
}

/** Two producers may watch one folder. */
function unique<T>(all: readonly T[], keyOf: (one: T) => string): T[] {
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}

export function failedDropJson({ atMs, problems, ...drop }: FailedDropNote) {
  const told = problems.map(({ lines, ...problem }) => ({ ...problem, lines: [...lines] }));
  return { ...drop, at: isoTime(atMs), problems: told };
}
