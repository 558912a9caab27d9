import { readdir, readFile, rm, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { parseCampaign } from "../../config/campaign-file.ts";
import type { CampaignDefinition } from "../../core/campaign.ts";
import type { Recurring } from "../../core/recurring.ts";
import { accept, type Result, refuse } from "../../core/refusal.ts";
import { refuseUnknownNumber } from "../../core/unknown-number.ts";
import { writeWhole } from "../../files/whole-file.ts";
import type { DropLog } from "../drop/drop-log.ts";
import { isGone } from "../drop/files.ts";
import { fold, isCampaign, isIgnored, stemOf } from "../drop/names.ts";

/** A campaign file of the folder `recurring/`. */
export interface RecurringFile {
  /** Without its ending: by this its runs are known. */
  readonly name: string;
  readonly file: string;
  /** Changes when the file does. */
  readonly look: string;
  readonly read: Result<ReadFile>;
}

/** What was read, and the bytes that it was read from: a run keeps these. */
export interface ReadFile {
  readonly bytes: Buffer;
  readonly definition: CampaignDefinition;
  readonly recurring: Recurring;
}

/** Reads the campaign files of `recurring/` again and again. */
export interface RecurringFiles {
  /**
   * The files that are complete: those that are being changed are left out, and `gone` has the
   * names of those that are no longer there. Throws if the folder cannot be read.
   */
  look(): Promise<{ files: readonly RecurringFile[]; gone: readonly string[] }>;
}

export interface FilesInput {
  readonly dir: string;
  /** Configured numbers. */
  readonly numbers: readonly string[];
  /** A file is complete when it has not changed for this long. */
  readonly settleMs: number;
  readonly log: DropLog;
}

const REPORT = ".report.json";

interface Seen {
  readonly look: string;
  readonly sinceMs: number;
  read: RecurringFile | null;
}

export function createRecurringFiles({ dir, numbers, settleMs, log }: FilesInput): RecurringFiles {
  let before = new Map<string, Seen>();
  const missing = new Map<string, number>();

  async function lookAt(file: string, names: readonly string[]): Promise<Seen | null> {
    const found = await statOf(join(dir, file));
    if (found === null) return null;
    const others = names.filter((one) => one !== file && sameName(one, file));
    const look = `${found} ${others.join("/")}`;
    const known = before.get(file);
    const seen = known?.look === look ? known : { look, sinceMs: performance.now(), read: null };
    if (seen.read === null && performance.now() - seen.sinceMs >= settleMs) {
      const read = others.length > 0 ? unclear(file, others) : await readOne(file);
      seen.read = { name: stemOf(file), file, look, read };
      await report(seen.read);
    }
    return seen;
  }

  async function readOne(file: string): Promise<Result<ReadFile>> {
    const bytes = await readFile(join(dir, file)).catch(() => null);
    if (bytes === null) return notReadable(file);
    const parsed = parseCampaign(bytes, file);
    if (!parsed.ok) return parsed;
    const { recurring, number } = parsed.value;
    if (recurring === undefined) return notRecurring(file);
    if (!numbers.includes(number)) return refuseUnknownNumber(number, numbers, file);
    return accept({ bytes, definition: parsed.value, recurring });
  }

  /** A broken file has a report beside it, as long as it is broken. */
  async function report({ name, file, read }: RecurringFile): Promise<void> {
    const path = join(dir, name + REPORT);
    if (read.ok) {
      log.clear(path);
      await rm(path, { force: true }).catch(() => {});
      return;
    }
    const { refusal } = read;
    log.condition(path, `recurring/${file} is not run: ${refusal.message} ${refusal.fix}`);
    try {
      await writeWhole(path, `${JSON.stringify({ file, refusal }, null, 2)}\n`);
    } catch {
      // A folder that is read-only: the log and `doctor` say the same.
    }
  }

  return {
    async look() {
      const names = (await namesIn(dir)).filter(isRecurringFile);
      const after = new Map<string, Seen>();
      for (const file of names) {
        const seen = await lookAt(file, names);
        if (seen !== null) after.set(file, seen);
      }
      const gone: string[] = [];
      for (const file of before.keys()) {
        if (!after.has(file)) missing.set(file, missing.get(file) ?? performance.now());
      }
      before = after;
      for (const [file, sinceMs] of missing) {
        if (after.has(file)) missing.delete(file);
        // An editor may replace a file by removing it first.
        if (after.has(file) || performance.now() - sinceMs < settleMs) continue;
        missing.delete(file);
        if ([...after.keys()].some((one) => sameName(one, file))) continue;
        gone.push(stemOf(file));
        log.clear(join(dir, stemOf(file) + REPORT));
        await rm(join(dir, stemOf(file) + REPORT), { force: true }).catch(() => {});
      }
      return { files: [...after.values()].flatMap(({ read }) => read ?? []), gone };
    },
  };
}

/** A folder that was removed has no files: none of them runs any longer. */
async function namesIn(dir: string): Promise<string[]> {
  return readdir(dir).catch((error: unknown) => {
    if (isGone(error)) return [];
    throw error;
  });
}

/** Other files may lie there: tokens, notes, our reports. */
export function isRecurringFile(name: string): boolean {
  return isCampaign(name) && !isIgnored(name) && !name.endsWith(REPORT);
}

function sameName(one: string, other: string): boolean {
  return fold(stemOf(one)) === fold(stemOf(other));
}

/** Follows links: Kubernetes mounts configuration as links. */
async function statOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function notReadable(file: string): Result<never> {
  return refuse(
    "campaign_not_readable",
    `${file} cannot be read.`,
    "Give this user permission to read it.",
  );
}

function notRecurring(file: string): Result<never> {
  return refuse(
    "recurring_missing",
    `${file} has no block recurring, so it is not known when to send what.`,
    "Add recurring with a folder or url, a cron and a timezone, or move the file to the inbox.",
  );
}

function unclear(file: string, others: readonly string[]): Result<never> {
  return refuse(
    "recurring_name_twice",
    `${file} has the same name as ${others.join(" and ")}, and each name is run once.`,
    `Keep one of them; ${extname(file)} does not count as part of the name.`,
  );
}
