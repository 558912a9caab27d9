import { join } from "node:path";
import { accept, type Result } from "../core/refusal.ts";
import type { DropSource } from "../producer/drop/folder.ts";
import { createDropReports, createRecurring } from "../store/index.ts";
import { startHealth } from "./health.ts";
import { withHeartbeat } from "./heartbeat.ts";
import { createImporter, findCampaignIn } from "./lists.ts";
import type { Platform } from "./platform.ts";
import type { RunningRole } from "./serving.ts";

/** How often the dashboard learns what failed and waits in the drop folder. */
const TELL_EVERY_MS = 30_000;

/** Watches the drop folder and imports its lists. */
export async function startProducer(platform: Platform): Promise<Result<RunningRole>> {
  const { config, logger } = platform;
  const [{ createDropFolder, dropTiming }, { createModeDrops }, { createNoteDrop }, telling] =
    await Promise.all([
      import("../producer/drop/folder.ts"),
      import("../producer/drop/mode.ts"),
      import("../producer/drop/note-drop.ts"),
      import("../producer/drop/tell.ts"),
    ]);
  const role = logger.child({ role: "producer" });
  const importFile = await createImporter(platform);
  const findCampaign = findCampaignIn(platform);
  const noteDrop = createNoteDrop(platform.actsOf(config.mode));
  const { retentionMs } = config;
  const timing = dropTiming(config.timeScale);
  const say = (line: string): void => role.info(line);
  const sourceIn = await openRecurring(platform, (line) => role.warn(line));
  const folder = createModeDrops({
    ...{ dir: config.dropsDir, mode: config.mode, say },
    open: (dir) => {
      const source = sourceIn(dir);
      const common = { dir, importFile, findCampaign, noteDrop, retentionMs, timing, say };
      return createDropFolder({ ...common, source });
    },
  });
  const health = await startHealth(platform);
  if (!health.ok) return health;
  const started = await folder.start();
  if (!started.ok) {
    await health.value.stop();
    return started;
  }
  const teller = telling.createDropTeller({
    ...{ reports: createDropReports(platform.redis, config.mode), dir: folder.dir },
    everyMs: TELL_EVERY_MS / config.timeScale,
    failed: (error) => role.debug({ error: String(error) }, "drops are not told"),
  });
  const running = {
    place: join(folder.dir(), "inbox"),
    async stop() {
      health.value.drain();
      await teller.stop();
      await folder.stop();
      await health.value.stop();
    },
  };
  const numbers = () => Object.keys(platform.stores);
  return accept(withHeartbeat(platform, { role: "producer", numbers }, running));
}

/** Recurring campaign files, for the drop folder of the mode. */
async function openRecurring(
  platform: Platform,
  warn: (line: string) => void,
): Promise<(dir: string) => DropSource> {
  const [{ createRecurringDrops }, { recurringTiming }, { allowAddresses }] = await Promise.all([
    import("../producer/recurring/recurring.ts"),
    import("../producer/recurring/timing.ts"),
    import("../producer/recurring/addresses.ts"),
  ]);
  const { redis, config } = platform;
  const { mode, timeScale } = config;
  // Its parts keep the list, so it is changed in place.
  const numbers = Object.keys(config.numbers);
  platform.onRenumber(async () => {
    numbers.splice(0, numbers.length, ...Object.keys(platform.config.numbers));
  });
  return (dir) =>
    createRecurringDrops({
      ...{
        dir,
        mode,
        warn,
        store: createRecurring(redis, mode),
        numbers,
      },
      ...{ isAllowed: allowAddresses(config.sourceNetworks), timing: recurringTiming(timeScale) },
    });
}
