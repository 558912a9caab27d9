import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { HASHES, type HashName } from "../../src/store/hashes.ts";

/**
 * The hashes with many fields are documented in store/hashes.ts. The scripts are read as text here:
 * each call of a hash command names its key, and its fields as literals.
 */
const STORE = new URL("../../src/store/", import.meta.url);
const SCRIPTS = new URL("scripts/", STORE);

interface Use {
  /** The script or library, without its ending. */
  readonly file: string;
  readonly hash: HashName;
  readonly field: string;
  readonly writes: boolean;
}

const WRITES = new Set(["HSET", "HSETNX", "HINCRBY"]);
/** How the scripts name the keys of these hashes. */
const KEYS: readonly [RegExp, HashName][] = [
  [/^(c|known|turn|pace)\.key$|^P \.\. 'campaign:' \.\. \S+$/, "campaign"],
  [/^P \.\. 'pace'$/, "pace"],
  [/^P \.\. 'halt'$/, "halt"],
  [/^P \.\. 'guard'$|^GUARD$/, "guard"],
  [/^P \.\. 'stats'$/, "stats"],
  [/^P \.\. 'clock'$/, "clock"],
  [/^P \.\. 'endpoint:' \.\. \S+$/, "endpoint"],
  [/^t\.key$|^c\.key \.\. .:(trial|first).$|^key \.\. .:first.$/, "trial"],
  [/^P \.\. 'recurring:' \.\. \S+$/, "recurring"],
  [/^P \.\. 'action:' \.\. \S+$/, "action"],
  [/^P \.\. 'pool:' \.\. \S+$/, "pool"],
];

/** The arguments of a call, which begin at `from`, as they are written. */
function argumentsAt(code: string, from: number): string[] {
  const args = [""];
  for (let at = from, depth = 0; depth >= 0; at++) {
    const char = code[at] ?? ")";
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char)) depth--;
    if (depth < 0) break;
    if (char === "," && depth === 0) args.push("");
    else args[args.length - 1] += char;
  }
  return args.map((one) => one.trim());
}

/** What `local key` stands for at a place: the last value that it was given before. */
function resolve(key: string, codeBefore: string): string {
  if (key !== "key") return key;
  const given = [...codeBefore.matchAll(/\blocal key(?:, \w+)? = ([^,\n]+)/g)].at(-1)?.[1] ?? key;
  return given.trim();
}

function usesOf(path: string): Use[] {
  const code = readFileSync(new URL(path, SCRIPTS), "utf8").replace(/--.*$/gm, "");
  const file = path.replace(/^lib\/|\.lua$/g, "");
  return [...code.matchAll(/redis\.call\('(H[A-Z]+)', /g)].flatMap((call) => {
    const [command = "", at] = [call[1], call.index + call[0].length];
    const [key = "", ...rest] = argumentsAt(code, at);
    const hash = KEYS.find(([pattern]) => pattern.test(resolve(key, code.slice(0, at))))?.[1];
    if (hash === undefined) return [];
    const named = command === "HSET" ? rest.filter((_, place) => place % 2 === 0) : rest;
    const literals = named.flatMap((one) => /^'(\w+)'$/.exec(one)?.[1] ?? []);
    const fields = command === "HINCRBY" || command === "HSETNX" ? literals.slice(0, 1) : literals;
    return fields.map((field) => ({ file, hash, field, writes: WRITES.has(command) }));
  });
}

const luaFiles = readdirSync(SCRIPTS, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".lua"));
const uses = luaFiles.flatMap(usesOf);

const typescript = readdirSync(STORE, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith("hashes.ts"))
  .map((path) => readFileSync(new URL(path.replaceAll("\\", "/"), STORE), "utf8"));

const listed = Object.entries(HASHES).flatMap(([hash, fields]) =>
  Object.entries<readonly string[]>(fields).map(([field, [, writers = ""]]) => ({
    hash,
    field,
    writers,
  })),
);

test("every field that a script uses is in the table", () => {
  const known = new Set(listed.map(({ hash, field }) => `${hash} ${field}`));
  const unknown = uses.filter(({ hash, field }) => !known.has(`${hash} ${field}`));

  expect(unknown).toEqual([]);
});

test("the table names the scripts that write each field", () => {
  for (const { hash, field, writers } of listed) {
    const writing = uses.filter((use) => use.writes && use.hash === hash && use.field === field);
    const missing = writing.filter(({ file }) => !writers.split(" ").includes(file));
    expect(missing, `${hash} ${field}`).toEqual([]);

    // Import and rate give some fields to their script by name.
    const given = typescript.some((text) => new RegExp(`\\b${field}:|"${field}"`).test(text));
    const idle = writers.split(" ").filter((writer) => {
      if (writing.some(({ file }) => file === writer)) return false;
      const path = luaFiles.find((one) => one.replace(/^lib\//, "") === `${writer}.lua`);
      const text = path === undefined ? "" : readFileSync(new URL(path, SCRIPTS), "utf8");
      return (
        !(/^(import|pool)-begin$|^pool-fill$/.test(writer) && given) && !text.includes(`'${field}'`)
      );
    });
    expect(idle, `${hash} ${field}`).toEqual([]);
  }
});

test("no field is listed that nobody uses", () => {
  const unused = listed.filter(({ hash, field }) => {
    const inLua = uses.some((use) => use.hash === hash && use.field === field);
    return !inLua && !typescript.some((text) => new RegExp(`"${field}"|\\b${field}:`).test(text));
  });

  expect(unused).toEqual([]);
});

test("TypeScript names fields of these hashes only where the compiler looks at them", () => {
  const key = "(?:\\.(?:campaign|pace|halt|guard|stats|clock)|\\b(?:campaign|key|guard))";
  const raw = new RegExp(
    `\\bh(?:get|mget|exists|set|setnx|del|incrby)\\(\\s*\\S*${key},\\s*(?:"|\\.\\.\\.\\[)`,
    "g",
  );
  const found = typescript.flatMap((text) => [...text.matchAll(raw)].map(([call]) => call));

  expect(found).toEqual([]);
});
