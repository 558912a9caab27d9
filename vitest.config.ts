import { defineConfig } from "vitest/config";

/** Whole deployments with real kills: three at once, beside the faults. */
const E2E = "test/e2e/**/*.test.ts";
/** Those that measure time: alone on the machine, one after another. */
const TIMED = "test/e2e/{fair-share,pace}.test.ts";
/**
 * Kills, cuts and storms: a share of what `npm run faults` does (test/support/volume.ts). Last, and three at once: they mostly
 * wait, none of them measures time, and a machine that is short of CPU is one fault more.
 */
const FAULTS = "test/faults/**/*.test.ts";
/** Real processes, a browser, whole folders: what `npm run test:fast` leaves to `npm test`. */
const COMMANDS = [
  "backup",
  "cli",
  "cluster",
  "dashboard",
  "deploy",
  "bench",
  "setup",
  "privacy",
  "redis",
];
const PROCESSES = [
  ...COMMANDS.map((part) => `test/${part}{/**/*,}.test.ts`),
  "test/producer/drop/**/*.test.ts",
  "test/store/durability.test.ts",
];
/**
 * Parts that listen, watch folders or import whole files, in this process: what `npm run test:fast`
 * leaves to `npm test` as well.
 */
const ROLES = [
  ...["api", "app", "http", "mcp", "metrics", "notices"].map((part) => `test/${part}/*.test.ts`),
  "test/producer/{import,recurring,sink}/*.test.ts",
  "test/producer/{import-file,pool-*}.test.ts",
  "test/webhooks/{flood,hostile,wrong-signatures}.test.ts",
  "test/worker/{many-numbers,rota,stop,upkeep}.test.ts",
];
/** A producer that dies at each of its steps: with files of its own in place of the module's. */
const CRASHES = "test/producer/*/crash.test.ts";
/**
 * Long, and seldom what a change breaks: `.ci/run` (which sets FAULTS) runs them, `npm test` only
 * those that it is given by name. It has one of each kind without them, in six minutes.
 */
const LONG = [
  CRASHES,
  "test/backup/{backup,restore}.test.ts",
  "test/bench/plain-sender.test.ts",
  "test/cli/{campaign,frozen-producer,getting-started,modes,outage,suppress-replicas}.test.ts",
  "test/cluster/{backup,connections,moving}.test.ts",
  "test/dashboard/{board-retry,campaign-page,every-page,frame,health-browser}.test.ts",
  "test/dashboard/{new-campaign-browser,person,pool-pages,sign-in,sso}.test.ts",
  "test/deploy/{acl,kubernetes-cluster,package,roles}.test.ts",
  "test/e2e/!(main-job|pace).test.ts",
  "test/faults/!(kill-redis|kill-workers).test.ts",
  "test/privacy/planted.test.ts",
  "test/producer/drop/{campaign,queue,recovery}.test.ts",
  "test/redis/{safety,sentinel}.test.ts",
  "test/store/{conservation,durability,trial-model}.test.ts",
];
const NAMED = process.argv.slice(2).some((word) => /test\/|\.test\.ts/.test(word));
const LEFT_OUT = process.env["FAULTS"] === undefined && !NAMED ? LONG : [];

/** Kills nobody, but takes as long: beside runs that mostly wait it costs no time. */
const MODEL = "test/store/{conservation,trial-model}.test.ts";

export default defineConfig({
  test: {
    globalSetup: ["test/support/global-setup.ts"],
    setupFiles: ["test/support/redis-leaks.ts", "test/support/random-seed.ts"],
    // Only for what hangs: whatever a test waits for has a limit of its own, and says what did not
    // come. One that ran over this would disturb the next.
    testTimeout: 900_000,
    hookTimeout: 600_000,
    // As test/support/soon.ts.
    expect: { poll: { timeout: 60_000 } },
    // More than a small machine has processors: tests wait for processes, disks and clocks.
    maxWorkers: 3,
    // Files share a process and its modules: to load the program for each takes a second or two of
    // the processor. One that replaces a module (vi.mock) belongs to "crashes".
    isolate: false,
    // Else each run transforms all files again: 20 s of the processor.
    experimental: { fsModuleCache: true },
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: [...PROCESSES, ...ROLES, CRASHES, E2E, FAULTS, MODEL],
        },
      },
      { extends: true, test: { name: "roles", include: ROLES, exclude: [CRASHES] } },
      {
        extends: true,
        test: { name: "processes", include: PROCESSES, exclude: [CRASHES, ...LEFT_OUT] },
      },
      {
        extends: true,
        test: { name: "crashes", isolate: true, include: [CRASHES], exclude: LEFT_OUT },
      },
      {
        extends: true,
        test: {
          name: "e2e-timed",
          include: [TIMED],
          exclude: LEFT_OUT,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: [E2E],
          exclude: [TIMED, ...LEFT_OUT],
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "faults",
          include: [FAULTS, MODEL],
          exclude: LEFT_OUT,
          // At full volume they take long.
          testTimeout: 7_200_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
