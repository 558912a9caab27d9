import { hostname } from "node:os";
import { DROPS_NOTED_MAX, type DropReports } from "../../store/index.ts";
import { surveyDrops } from "./survey.ts";

/**
 * Tells the store what failed and what waits in the drop folder, so that a dashboard on another
 * machine can show it. The folder is read again each time, so nothing is missed for good if Redis
 * or this process is away, and nothing waits for it.
 */
export function createDropTeller(input: {
  readonly reports: Pick<DropReports, "note" | "confirm">;
  /** The folder now; it may change while a sandbox ends. */
  readonly dir: () => string;
  readonly everyMs: number;
  /** It could not be told; it is tried again. */
  readonly failed: (error: unknown) => void;
}) {
  const { reports, everyMs, failed } = input;
  let told = "";
  let telling: Promise<void> = Promise.resolve();

  async function tell(): Promise<void> {
    const dir = input.dir();
    const found = await surveyDrops(dir, Date.now(), DROPS_NOTED_MAX);
    const report = { host: hostname(), dir, ...found };
    const now = JSON.stringify(report);
    if (now === told && (await reports.confirm(report))) return;
    await reports.note(report);
    told = now;
  }

  const next = (): void => {
    telling = telling.then(tell).catch(failed);
  };
  next();
  const timer = setInterval(next, everyMs).unref();
  return {
    /** Resolves when nothing is being told. */
    async stop(): Promise<void> {
      clearInterval(timer);
      await telling;
    },
  };
}
