// Runs test files, asked for by messages, in one vitest that stays: to start one for each mutant,
// and to compile the program again, would take several times as long as most tests.
import { Redis } from "ioredis";
import { createVitest } from "vitest/node";

const vitest = await createVitest("test", {
  watch: false,
  config: "scripts/mutants/vitest.config.mjs",
});
const [project] = vitest.projects;

process.on("message", ({ files, changed }) => {
  void run(files, changed).then((result) => process.send(result));
});
process.on("disconnect", () => process.exit(0));
process.send("ready");

async function run(files, changed) {
  // As the sequencer of the configuration reads it.
  process.env.MUTANT_TESTS = files.join(",");
  for (const file of changed) vitest.invalidateFile(`${process.cwd()}/${file}`);
  await forgetEarlierRuns();
  const specifications = files.map((file) =>
    project.createSpecification(`${process.cwd()}/${file}`),
  );
  const { testModules: all, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  // It remembers those of other areas, too, as they ended.
  const testModules = all.filter(({ relativeModuleId }) => files.includes(relativeModuleId));
  // It also gives the modules of earlier runs, which may have failed by another mutant.
  const asked = testModules.filter((module) => files.includes(module.relativeModuleId));
  const failed = asked.find((module) => module.state() === "failed");
  return {
    tookMs: asked.map((module) => [module.relativeModuleId, timeOf(module)]),
    by: failed?.relativeModuleId ?? null,
    failed: failed === undefined ? errorOutside(unhandledErrors) : whyFailed(failed),
  };
}

/** A test's number may have the name that it had in the run before. */
async function forgetEarlierRuns() {
  const { redisSocket } = project.getProvidedContext();
  if (redisSocket === undefined) return;
  const redis = new Redis({ path: redisSocket });
  await redis.flushall();
  await redis.quit();
}

function timeOf(module) {
  const { collectDuration, duration } = module.diagnostic();
  return collectDuration + duration;
}

function whyFailed(module) {
  const [test] = module.children.allTests("failed");
  const [error] = test?.result().errors ?? module.errors();
  return `${test?.fullName ?? "not a test"}: ${error?.message}`;
}

/** Such as a promise that nothing awaits. */
function errorOutside([error]) {
  return error === undefined ? null : `not a test: ${error.message}`;
}
