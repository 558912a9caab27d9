/** What is changed, and the tests that must notice. None of them runs `dist/`. */
export const AREAS = [
  { name: "store scripts", source: /^src\/store\/scripts\/.*\.lua$/, tests: ["test/store"] },
  { name: "worker", source: /^src\/worker\//, tests: ["test/worker"] },
  { name: "livechat", source: /^src\/livechat\//, tests: ["test/livechat"] },
  { name: "webhooks", source: /^src\/webhooks\//, tests: ["test/webhooks"] },
  { name: "phones", source: /^src\/producer\/phones\//, tests: ["test/producer/phones"] },
  {
    name: "preflight",
    source: /^src\/producer\/preflight\//,
    tests: ["test/producer/preflight", "test/producer/import"],
  },
  {
    name: "list",
    source: /^src\/producer\/(?:list|columns)\//,
    tests: ["test/producer/list", "test/producer/columns", "test/producer/import"],
  },
  {
    name: "import",
    source: /^src\/producer\/(?:check|correct|import|rejects|sink)\//,
    tests: [
      ...["correct", "import", "rejects", "sink"].map((part) => `test/producer/${part}`),
      ...["import", "known", "rejects", "whole"].map((of) => `test/producer/pool-${of}.test.ts`),
      "test/producer/import-file.test.ts",
    ],
  },
  { name: "drop", source: /^src\/producer\/drop\//, tests: ["test/producer/drop"] },
  {
    name: "campaigns",
    source: /^src\/campaigns\//,
    tests: [
      "test/campaigns",
      ...["decide", "move", "moved", "standing"].map((of) => `test/producer/pool-${of}.test.ts`),
    ],
  },
  { name: "queue", source: /^src\/queue\//, tests: ["test/queue", "test/worker"] },
  { name: "access", source: /^src\/access\//, tests: ["test/access", "test/api/tokens.test.ts"] },
];

/** Takes minutes by itself (`npm run faults` has it), or replaces modules for all other files. */
export const LEFT_OUT = [
  "test/store/conservation.test.ts",
  "test/store/trial-model.test.ts",
  "test/producer/drop/crash.test.ts",
];
