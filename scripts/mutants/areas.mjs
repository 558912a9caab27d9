const pools = (...of) => of.map((one) => `test/producer/pool-${one}.test.ts`);

/**
 * What is changed, and the tests that must notice. None of them runs `dist/`. A file is of the
 * first area that it fits.
 */
export const AREAS = [
  {
    name: "scripts of access",
    source:
      /scripts\/(?:(?:begin|use)-session|\w+-request|change-(?:tokens|users)|use-token)\.lua$/,
    tests: [
      ...["test/store/access.test.ts", "test/access"],
      ...["tokens", "idempotency"].map((one) => `test/api/${one}.test.ts`),
    ],
  },
  {
    name: "scripts of pools",
    source: /^src\/store\/scripts\/pool-/,
    tests: ["test/store/pools.test.ts", ...pools("import", "move", "moved", "takeover")],
  },
  {
    name: "scripts of webhooks out",
    source: /scripts\/(?:queue-event|\w+-deliver(?:y|ies)|register-endpoints|note-silence)\.lua$/,
    tests: ["test/store/notices.test.ts", "test/notices"],
  },
  {
    name: "scripts of an erase",
    source: /scripts\/(?:erase-\w+|drop-leftovers)\.lua$/,
    tests: ["test/privacy/erase.test.ts", "test/store/people-index.test.ts", ...pools("erase")],
  },
  {
    name: "store scripts",
    source: /^src\/store\/scripts\/.*\.lua$/,
    tests: ["test/store", "test/campaigns/approve.test.ts"],
  },
  {
    name: "worker, pools",
    source: /^src\/worker\/pool-chore/,
    tests: ["test/worker/pool-chore.test.ts", ...pools("import", "move", "decide")],
  },
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
      ...pools("import", "known", "rejects", "whole"),
      "test/producer/import-file.test.ts",
    ],
  },
  { name: "drop", source: /^src\/producer\/drop\//, tests: ["test/producer/drop"] },
  {
    name: "campaigns",
    source: /^src\/campaigns\//,
    tests: [...["test/campaigns", ...pools("decide", "move", "moved", "standing")]],
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
