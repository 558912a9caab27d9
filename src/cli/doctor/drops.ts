import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, parse } from "node:path";
import type { Config } from "../../config/config.ts";
import type { Check } from "../../health/check.ts";
import { clockTime, printable } from "../words.ts";

/**
 * Tries each step of a producer in the drop folder, and reports failed and waiting files. Null
 * if there is no drop folder here.
 */
export async function checkDrops(config: Config): Promise<Check[] | null> {
  const { dropsOf } = await import("../../producer/drop/mode.ts");
  const dropsDir = dropsOf(config);
  if (!existsSync(dropsDir)) return null;
  const [{ dropFolders }, { probeSteps }, { surveyDrops }] = await Promise.all([
    import("../../producer/drop/files.ts"),
    import("../../producer/drop/probe.ts"),
    import("../../producer/drop/survey.ts"),
  ]);
  const folders = Object.values(dropFolders(dropsDir)) as string[];
  const there = folders.filter((folder) => existsSync(folder));
  const steps = await probeSteps(there.length === 0 ? [dropsDir] : there);
  const nowMs = Date.now();
  const { failed, waiting } = await surveyDrops(dropsDir, nowMs);
  return [
    ...steps.map(({ step, code }): Check => {
      const message = `cannot ${step} (${code})`;
      return { code: "folders", name: NAME, verdict: "fail", message, fix: fixOf(code) };
    }),
    ...failed.map(({ file, atMs, message, fix }): Check => {
      const failure = printable(`${file} failed at ${clockTime(atMs, nowMs)}: ${message}`);
      return {
        ...{ code: "drops_failed", name: NAME, verdict: "warn", message: failure },
        ...{ fix: printable(fix), sinceMs: atMs },
      };
    }),
    ...waiting.map(({ file, why }): Check => {
      const fix = "Add what is missing, or remove it from the folder.";
      const message = printable(`${file}: ${why}`);
      return { code: "drops_waiting", name: NAME, verdict: "warn", message, fix };
    }),
  ];
}

/** Files in `recurring/` that no producer has noted; of the others Redis knows more. */
export async function checkRecurringFiles(
  config: Config,
  known: ReadonlySet<string>,
): Promise<Check[]> {
  const [{ dropsOf, RECURRING_FOLDER }, { isRecurringFile }, { readCampaignFile }] =
    await Promise.all([
      import("../../producer/drop/mode.ts"),
      import("../../producer/recurring/files.ts"),
      import("../../producer/import-file.ts"),
    ]);
  const dir = join(dropsOf(config), RECURRING_FOLDER);
  const names = await readdir(dir).catch(() => []);
  const unknown = names.filter((name) => isRecurringFile(name) && !known.has(parse(name).name));
  return Promise.all(
    unknown.map(async (name): Promise<Check> => {
      const read = await readCampaignFile(join(dir, name));
      const message = read.ok ? "no producer has seen it" : read.refusal.message;
      const fix = read.ok ? "Start a producer: dropcast producer, or up." : read.refusal.fix;
      return {
        ...{ code: "recurring", name: "Recurring", verdict: "warn" },
        ...{ message: printable(`${name}: ${message}`), fix },
      };
    }),
  );
}

const NAME = "Drop folder";

function fixOf(code: string): string {
  if (code === "EXDEV") {
    return "Mount the folder that holds inbox, processing, done and failed, not one of them.";
  }
  if (code === "ENOSPC" || code === "EDQUOT") return "Free some space on that disk.";
  if (["EACCES", "EPERM", "EROFS"].includes(code)) {
    return "Give this user permission to write there, or set DROPCAST_DROPS_DIR to another folder.";
  }
  return "Check how that folder is mounted: a producer needs this step to work.";
}
