// One process, the tests in the order in which they are likely to notice, and an end at the first
// that does.
import { defineConfig } from "vitest/config";

class InOrder {
  shard(specifications) {
    return specifications;
  }
  sort(specifications) {
    const order = process.env.MUTANT_TESTS.split(",");
    const placeOf = ({ moduleId }) => order.findIndex((file) => moduleId.endsWith(file));
    return [...specifications].sort((one, other) => placeOf(one) - placeOf(other));
  }
}

export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    globalSetup: ["test/support/global-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    isolate: false,
    bail: 1,
    reporters: [{}],
    sequence: { sequencer: InOrder },
  },
});
