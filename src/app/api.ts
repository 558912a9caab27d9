import { join } from "node:path";
import type { ApiDeps } from "../api/api.ts";
import { commonCountry, findNumber, requireSendingNumber } from "../config/find-number.ts";
import { accept } from "../core/refusal.ts";
import { readRedisFacts } from "../health/redis.ts";
import { createRequests } from "../store/index.ts";
import type { Platform } from "./platform.ts";

/** What the HTTP API needs beside the dashboard's own. The producer is loaded when it is needed. */
export function apiDeps(
  platform: Platform,
): Omit<ApiDeps, "stores" | "answer" | "logger" | "access"> {
  const { config, redis, safety } = platform;
  const { mode, dataDir } = config;
  const lists = () => import("./lists.ts");
  return {
    mode,
    acts: platform.actsOf(mode),
    health: {
      ...{ timings: platform.timings, retentionMs: config.retentionMs },
      ...{
        endpoints: config.webhooksOut,
        readRedis: () => readRedisFacts(redis, config.durability),
        readTopology: platform.topology,
      },
    },
    country: commonCountry(config),
    numberCountries: Object.fromEntries(
      Object.entries(config.numbers).map(([name, { country }]) => [name, country]),
    ),
    openTestSender: async (name) => {
      const number = findNumber(config, name);
      if (!number.ok) return number;
      const { openTestSender } = await import("./test-sender.ts");
      return openTestSender(platform, number.value);
    },
    suppressions: () => platform.openSuppressions(mode),
    requests: createRequests(redis, mode),
    uploadsDir: join(dataDir, "uploads"),
    importFile: async () => (await lists()).createImporter(platform),
    checkFile: async () => (await lists()).createChecker(config, platform),
    maySend: (name) => {
      // With a Redis on this machine only, no other process has the token: a campaign would wait.
      if (mode !== "live" || config.redisUrl !== null) return accept(null);
      // A list for several numbers names them all.
      for (const one of name.split(", ")) {
        const number = findNumber(config, one);
        const may = number.ok ? requireSendingNumber(number.value) : number;
        if (!may.ok) return may;
      }
      return accept(null);
    },
    unsafe: () => safety.problem(),
    erase: async (by, digits) => {
      const [{ openEraser }, { eraseAsAsked, erasedWords, isComplete }] = await Promise.all([
        lists(),
        import("../privacy/erase-act.ts"),
      ]);
      const opened = await openEraser(platform);
      if (!opened.ok) return opened;
      const eraser = opened.value;
      try {
        const done = await eraseAsAsked(eraser, by, digits);
        if (!done.ok) return done;
        return accept({ complete: isComplete(done.value), words: erasedWords(done.value) });
      } finally {
        await eraser.close();
      }
    },
  };
}
