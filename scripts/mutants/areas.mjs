/** What is changed, and the tests that must notice. None of them runs `dist/`. */
export const AREAS = [
  { name: "store scripts", source: /^src\/store\/scripts\/.*\.lua$/, tests: ["test/store"] },
  { name: "worker", source: /^src\/worker\//, tests: ["test/worker"] },
  { name: "livechat", source: /^src\/livechat\//, tests: ["test/livechat"] },
  { name: "webhooks", source: /^src\/webhooks\/(?:verify|status-event)/, tests: ["test/webhooks"] },
  { name: "phones", source: /^src\/producer\/phones\//, tests: ["test/producer/phones"] },
  {
    name: "preflight",
    source: /^src\/producer\/preflight\//,
    tests: ["test/producer/preflight", "test/producer/import"],
  },
];

/** Takes minutes by itself: `npm run faults` has it. */
export const LEFT_OUT = ["test/store/conservation.test.ts", "test/store/trial-model.test.ts"];
