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
/** A producer that dies at each of its steps: with files of its own in place of the module's. */
const CRASHES = "test/producer/*/crash.test.ts";
/**
 * Long, and seldom what a change breaks: `.ci/run` (which sets FAULTS) runs them, `npm test` only
 * those that it is given by name.
 */
const LONG = [
  "test/bench/plain-sender.test.ts",
  "test/cli/getting-started.test.ts",
  "test/cluster/moving.test.ts",
  "test/dashboard/every-page.test.ts",
  "test/deploy/{acl,kubernetes-cluster,package}.test.ts",
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
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: [...PROCESSES, CRASHES, E2E, FAULTS, MODEL],
        },
      },
      {
        extends: true,
        test: { name: "processes", include: PROCESSES, exclude: [CRASHES, ...LEFT_OUT] },
      },
      { extends: true, test: { name: "crashes", isolate: true, include: [CRASHES] } },
      {
        extends: true,
        test: {
          name: "e2e-timed",
          include: [TIMED],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: [E2E],
          exclude: [TIMED],
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "faults",
          include: [FAULTS, MODEL],
          // At full volume they take long.
          testTimeout: 7_200_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
