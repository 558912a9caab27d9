import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { HASHES, type HashName } from "../../src/store/hashes.ts";

/**
 * Fields that have names are documented in store/hashes.ts. The scripts are read as text here: each
 * call of a hash command names its key, and its fields. A key that is in none of the tables below
 * fails, and so does a field in no table of hashes.ts.
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
/** How the scripts name the keys of the hashes whose fields have names. */
const KEYS: readonly [RegExp, HashName][] = [
  [/^(c|known|turn|pace)\.key$|^P \.\. 'campaign:' \.\. \S+$/, "campaign"],
  [/^P \.\. 'pace'$/, "pace"],
  [/^P \.\. 'halt'$/, "halt"],
  [/^P \.\. 'guard'$/, "guard"],
  [/^P \.\. 'stats'$/, "stats"],
  [/^P \.\. 'clock'$/, "clock"],
  [/^P \.\. 'shares'$/, "shares"],
  [/^P \.\. 'news-minute'$/, "newsMinute"],
  [/^P \.\. 'wamid-levels'$/, "wamidLevels"],
  [/^P \.\. 'requests:' \.\. \S+$/, "request"],
  [/^P \.\. 'endpoint:' \.\. \S+$/, "endpoint"],
  [/^t\.key$|^(c\.)?key \.\. ':(trial|first)'$/, "trial"],
  [/^c\.key \.\. ':side'$/, "side"],
  [/^pace\.key \.\. ':sends'$/, "sends"],
  [/^P \.\. 'recurring:' \.\. \S+$/, "recurring"],
  [/^P \.\. 'action:' \.\. \S+$/, "action"],
  [/^P \.\. 'pool:' \.\. \S+$/, "pool"],
];
/** Those of hashes whose fields are data: a person, a row, a state, a name. */
const DATA: readonly RegExp[] = [
  /^P \.\. '(suppressed|opted-in|claimed|parked|rates|imports|pool-imports|processes)'$/,
  /^P \.\. '(opt-outs|opt-outs-by|users|users-used|sessions|tokens|tokens-by-digest)'$/,
  /^P \.\. '(tokens-used|drop-reports|wrong-signatures)'$/,
  /^P \.\. '(endpoint-deliveries|pool-moves):' \.\. \S+$/,
  /^(\w+\.)?key \.\. ':(counts|errors|timeline|pricing|seen|open)'$/,
  /^P \.\. 'campaign:' \.\. id \.\. ':open'$/,
  /^(\w+\.)?key \.\. ':ledger:' \.\. \w+$/,
  /^(ledger_key|people_key|sends_key|bucket_key)\(/,
];
/** Keys that a function is given: its file, and the hash; null: its fields are data. */
const GIVEN: Readonly<Record<string, HashName | null>> = {
  "dispatch key": "campaign",
  "find-people key": null,
  "hashes key": null,
  "pace key": null,
  "people key": "campaign",
  "set-rate key": null,
  "test-message key": "campaign",
};

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

/** What a name stands for at a place: the value of the last `local` of its function before. */
function resolve(name: string, codeBefore: string): string {
  if (!/^\w+$/.test(name)) return name;
  const inFunction = codeBefore.split(/^(?:local )?function /m).at(-1) ?? "";
  const isParameter = new RegExp(`^[^\\n]*\\([^)\\n]*\\b${name}\\b[^)\\n]*\\)`).test(inFunction);
  for (const code of isParameter ? [inFunction] : [inFunction, codeBefore]) {
    const declared = [...code.matchAll(/\blocal ([\w, ]+) = /g)].flatMap((found) => {
      const place = (found[1] ?? "").split(", ").indexOf(name);
      const line = code.slice(found.index + found[0].length).split("\n", 1)[0] ?? "";
      return place < 0 ? [] : [argumentsAt(`${line})`, 0)[place] ?? ""];
    });
    const value = declared.at(-1);
    if (value !== undefined) return value;
  }
  return name;
}

/** `'name'`, `row .. ':side'` or `'open:' .. id`; undefined for data. */
function fieldName(text: string): string | undefined {
  return (
    /^'(\w+)'$/.exec(text)?.[1] ??
    /^'(\w+:)' \.\. /.exec(text)?.[1] ??
    /^(?:\w+\.)?row \.\. '(:\w+)'/.exec(text)?.[1]
  );
}

const unknownKeys: string[] = [];

function usesOf(path: string): Use[] {
  const code = readFileSync(new URL(path, SCRIPTS), "utf8").replace(/--.*$/gm, "");
  const file = path.replace(/^lib\/|\.lua$/g, "");
  return [...code.matchAll(/redis\.p?call\('(H[A-Z]+)', /g)].flatMap((call) => {
    const [command = "", at] = [call[1], call.index + call[0].length];
    const [written = "", ...rest] = argumentsAt(code, at);
    const before = code.slice(0, at);
    const key = written === "GUARD" ? "P .. 'guard'" : resolve(written, before);
    const given = GIVEN[`${file} ${key}`];
    const hash = given ?? KEYS.find(([pattern]) => pattern.test(key))?.[1];
    if (hash === undefined) {
      if (given !== null && !DATA.some((one) => one.test(key))) unknownKeys.push(`${file}: ${key}`);
      return [];
    }
    const named = command === "HSET" ? rest.filter((_, place) => place % 2 === 0) : rest;
    const literals = named.flatMap((one) => fieldName(resolve(one, before)) ?? []);
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

test("every hash that a script uses is known", () => {
  expect([...new Set(unknownKeys)]).toEqual([]);
});

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
        !(/^(import|pool)-begin$|^pool-fill$/.test(writer) && given) &&
        !new RegExp(`'${field}'?`).test(text)
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
