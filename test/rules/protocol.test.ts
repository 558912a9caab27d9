import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as protocol from "../../src/store/scripts/protocol.ts";
import { renderLua } from "../../src/store/scripts/render-lua.ts";

/**
 * What TypeScript and the scripts must agree on stands in store/scripts/protocol.ts, and nowhere else. A
 * number that is in a script is one that TypeScript never needs; it has a name, and is listed here.
 */
const SRC = new URL("../../src/", import.meta.url);
const SCRIPTS = new URL("store/scripts/", SRC);

/** Constants of the scripts alone, by file. */
const OF_LUA_ALONE: Readonly<Record<string, readonly string[]>> = {
  "accept-rollback.lua": ["HEADROOM"],
  "claim.lua": ["CAP_WAIT_MS", "PROBE_WAIT_MS", "BUDGET_WAIT_MS"],
  "close-batch.lua": ["NEXT_TRY_MS"],
  "reserve.lua": ["DROPPED_AT_ONCE"],
  "dispatch.lua": ["ENDED_AT_ONCE"],
  "note-drops.lua": ["FORGOTTEN_AFTER_MS"],
  "note-process.lua": ["FORGOTTEN_AFTER_MS"],
  "register-endpoints.lua": ["CONFIGURED_MS"],
  "lib/base.lua": ["MARK_EVERY_MS", "EVENTS_MAX", "NOTICES_MAX"],
  "lib/busy.lua": ["ON_WIRE_WAIT_MS"],
  "lib/ledger.lua": ["FAILED_NOTICES_MAX"],
  "lib/guard.lua": ["VOUCH_MS", "WORKERS_MAX", "SERIALS_RESERVED"],
  "lib/moves.lua": ["DAY_MIN", "STEPS_MIN"],
  "lib/pace.lua": ["STEPS_MAX", "KILO_US", "CAMPAIGN_TOLERANCE_US", "UNMEASURED_S", "ON_WIRE_MAX"],
  "lib/recent.lua": ["GROUPS_MAX", "REACH", "STEP_TICKS"],
  "lib/share.lua": ["AHEAD_S", "TWO_GAPS"],
  "lib/rates.lua": ["REPORT_EVERY_MS"],
  "lib/stops.lua": ["BACKOFFS_MAX", "QUIET_MS"],
  "lib/wamid.lua": ["BUCKETS_LOG2_MAX", "BUCKET_ENTRIES"],
  "apply-status.lua": ["WAITING_BYTES_MAX"],
  "sweep.lua": ["SCANNED_AT_ONCE"],
};

/** Units, and what fits into one byte. Smaller than 10 is counting. */
const PLAIN = new Set([1_000, 60_000, 1_000_000, 255]);

const luaFiles = readdirSync(SCRIPTS, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".lua"))
  .sort();

function luaCode(path: string): string {
  const text = readFileSync(new URL(path, SCRIPTS), "utf8");
  return text.replace(/--.*$/gm, "").replace(/'[^'\n]*'/g, "''");
}

/** Names that a file declares as constants: `local ONE, OTHER = 1, 2`. */
function constantsOf(code: string): string[] {
  const declared = [...code.matchAll(/\blocal ((?:[A-Z][A-Z0-9_]+(?:, )?)+) = /g)];
  return declared.flatMap(([, names]) => (names ?? "").split(", "));
}

describe("the scripts", () => {
  test.each(luaFiles)("%s has no number that has no name", (path) => {
    const listed = OF_LUA_ALONE[path] ?? [];
    const lines = luaCode(path)
      .split("\n")
      .filter((line) => !constantsOf(line).some((name) => listed.includes(name)));
    const numbers = lines.flatMap((line) =>
      [...line.matchAll(/(?<![\w.])\d+(?:\.\d+)?(?![\w.])/g)].map(([text]) => Number(text)),
    );

    expect(numbers.filter((number) => number >= 10 && !PLAIN.has(number))).toEqual([]);
  });

  test("a script's own numbers stand where they are used, and names in texts stay", () => {
    const script = [
      "local MOST, LEAST = 20, 5",
      "local TWICE = 7",
      "local LIMIT_MS = MOST * 2",
      "local function f() local TWICE = 8 return TWICE, t.MOST end",
      "return { f(), MOST + LEAST, 'MOST', LIMIT_MS }",
    ].join("\n");
    expect(renderLua(script).split("\n")).toEqual([
      "local TWICE = 7",
      "local LIMIT_MS = 20 * 2",
      "local function f() local TWICE = 8 return TWICE, t.MOST end",
      "return { f(), 20 + 5, 'MOST', LIMIT_MS }",
    ]);
  });

  test.each(luaFiles)("%s declares no name of the protocol", (path) => {
    const declared = constantsOf(luaCode(path));

    expect(declared.filter((name) => Object.hasOwn(protocol, name))).toEqual([]);
  });

  test("constants that are listed as theirs alone are there", () => {
    const gone = Object.entries(OF_LUA_ALONE).flatMap(([path, names]) => {
      const declared = constantsOf(luaCode(path));
      return names.filter((name) => !declared.includes(name)).map((name) => `${path}: ${name}`);
    });

    expect(gone).toEqual([]);
  });

  test("no script names an error code, a layout or a state by its value", () => {
    const found = luaFiles.filter((path) => {
      const text = readFileSync(new URL(path, SCRIPTS), "utf8").replace(/--.*$/gm, "");
      return /'>[A-Z0-9c]*c8|'>B|\b13\d{4}\b|\bstate [~=]= \d/.test(text);
    });

    expect(found).toEqual([]);
  });

  test("a name that the protocol does not have is refused when scripts are loaded", () => {
    expect(() => renderLua("set(r, FLAG.late)")).toThrow("FLAG.late");
  });

  test("names become values, and only tables that are indexed are built", () => {
    expect(renderLua("if r.state == STATE.pending then put(BATCH_ROWS) end")).toBe(
      "if r.state == 4 then put(100) end",
    );
    expect(renderLua("struct.unpack(CLAIM_ROW.format, rows, CLAIM_ROW.bytes)")).toBe(
      "struct.unpack('>I4c8', rows, 12)",
    );
    expect(renderLua("return r.times[TIME[name]]").split("\n")).toEqual([
      expect.stringContaining("local TIME = { claimed = 1, accepted = 2"),
      "return r.times[TIME[name]]",
    ]);
  });
});

describe("TypeScript", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts"));
  const codeOf = (path: string) =>
    readFileSync(new URL(path, SRC), "utf8")
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
      .replace(/"[^"\n]*"|'[^'\n]*'|`[^`]*`/g, '""');

  test("spells no constant of the protocol a second time", () => {
    const numbers = Object.entries(protocol).filter(([, value]) => typeof value === "number");
    const names = numbers.map(([name]) => name).join("|");
    const again = files
      .filter((path) => !/^store\/scripts\/protocol(-caps|-forms)?\.ts$/.test(path))
      .filter((path) => new RegExp(`\\bconst (${names}) =`).test(codeOf(path)));

    expect(again).toEqual([]);
  });

  test("takes error codes that scripts know from their one table", () => {
    const literal = new RegExp(`\\b(${Object.values(protocol.CODE).join("|")})\\b`);
    // The sandbox is a second reading of the wire.
    const spelling = files
      .filter((path) => path !== "core/error-codes.ts" && !path.startsWith("sandbox/"))
      .filter((path) => literal.test(codeOf(path)));

    expect(spelling).toEqual([]);
  });

  test("does the arithmetic of rows and batches in rows.ts alone", () => {
    const doing = files
      .filter((path) => path.startsWith("store/") && path !== "store/rows.ts")
      .filter((path) => /[*%/] BATCH_ROWS/.test(codeOf(path)));

    expect(doing).toEqual([]);
  });

  test("reads and writes packed rows by the names of their fields", () => {
    const byPlace = files.filter((path) =>
      /\.(read|write)U?Int\w*\([^()]*\b[1-9]\d*[),]/.test(codeOf(path)),
    );

    expect(byPlace.filter((path) => path.startsWith("store/"))).toEqual([]);
  });
});
