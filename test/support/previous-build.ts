import { type Change, patchedBuild } from "./patched-build.ts";

/** The layout of the data that the previous build knows, and its version. */
export const PREVIOUS = { layout: 2, version: "0.9.0" } as const;

/**
 * It knows no step to layout 3, has its queues under `bull:`, and does not drain them. It does not
 * report its layout, and cannot read the short forms of layout 4.
 */
const CHANGES: readonly Change[] = [
  ["store/schema.js", "export const SCHEMA = 4;", `export const SCHEMA = ${PREVIOUS.layout};`],
  ["store/schema.js", "await drainOldQueues(input);", ";"],
  ["store/schema.js", "await redis.set(schema, 3);", ";"],
  ["app/heartbeat.js", "layout: SCHEMA", "layout: undefined"],
  [
    "store/scripts/lib/ledger.lua",
    "if at <= SHORT_HEADER.bytes + 1 then",
    "if at <= SHORT_HEADER.bytes + 1 then error('no such form')",
  ],
  ["store/keys.js", "slotKey(number)}:bull", '"bull"}'],
  ["worker/chores.js", "void (await store.drainOldQueues())", "undefined"],
];

/** This program with the layout of the data before the last; returns its `bin/dropcast.js`. */
export function previousBuild(): string {
  return patchedBuild(CHANGES, { version: PREVIOUS.version });
}
