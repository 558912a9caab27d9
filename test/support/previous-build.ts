import { type Change, patchedBuild } from "./patched-build.ts";

/** The layout of the data that the previous build knows, and its version. */
export const PREVIOUS = { layout: 2, version: "0.9.0" } as const;

/**
 * It knows no step to layout 3, has its queues under `bull:`, and does not drain them. It does not
 * report its layout, is off the list of processes as soon as it is told to stop, and cannot read
 * the short forms of layout 4.
 */
const CHANGES: readonly Change[] = [
  ["store/schema.js", "export const SCHEMA = 4;", `export const SCHEMA = ${PREVIOUS.layout};`],
  ["store/schema.js", "const SHARED = SCHEMA - 1;", "const SHARED = SCHEMA;"],
  ["store/schema.js", "await drainOldQueues(input);", ";"],
  ["app/heartbeat.js", "layout: SCHEMA", "layout: undefined"],
  [
    "app/heartbeat.js",
    "isOver = true;",
    "isOver = true; last = last.then(() => processes.leave(id)).catch(failed);",
  ],
  [
    "store/scripts/lib/ledger.lua",
    "if at <= SHORT_HEADER.bytes + 1 then",
    "if at <= SHORT_HEADER.bytes + 1 then error('no such form')",
  ],
  [
    "store/scripts/lib/wamid.lua",
    "if #entry == SHORT_INDEX_ENTRY.bytes then",
    "if #entry == SHORT_INDEX_ENTRY.bytes then error('no such form')",
  ],
  [
    "store/ledger/batch-rows.js",
    "const [place, mask] = stored.m;",
    "throw new Error('no such form');",
  ],
  ["store/keys.js", "slotKey(number)}:bull", '"bull"}'],
  ["worker/chores.js", "void (await store.drainOldQueues())", "undefined"],
];

/** This program with the layout of the data before the last; returns its `bin/dropcast.js`. */
export function previousBuild(): string {
  return patchedBuild(CHANGES, { version: PREVIOUS.version });
}
