import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  ALL_NUMBERS,
  campaignKeys,
  deploymentKeys,
  numberKeys,
  slotKey,
} from "../../src/store/keys.ts";
import { luaName } from "../../src/store/scripts/render-lua.ts";
import { scriptSource } from "../../src/store/scripts/runner.ts";
import { answersOf } from "../../src/store/scripts/script-answers.ts";
import {
  eachOf,
  SCRIPT_NAMES,
  SCRIPTS,
  type ScriptName,
} from "../../src/store/scripts/script-list.ts";
import { poolKeys, portfolioKeys } from "../../src/store/shared-keys.ts";

/**
 * A script's header is what an operator reads first, and what keeps a script within its slot: it
 * says every key that the script can build. The code is read as text here.
 */
const FOLDER = new URL("../../src/store/scripts/", import.meta.url);
const INCLUDE = /^--- @include "([a-z-]+)"$/gm;

function read(path: string): string {
  return readFileSync(new URL(path, FOLDER), "utf8");
}

/** The libraries that a file includes, and those that they include. */
function librariesOf(path: string): string[] {
  const own = [...read(path).matchAll(INCLUDE)].map(([, lib]) => lib ?? "");
  return [...new Set(own.flatMap((lib) => [lib, ...librariesOf(`lib/${lib}.lua`)]))];
}

/** The comment lines a script opens with, as one text. */
function headerOf(name: string): string {
  const lines = read(`${name}.lua`).split("\n");
  const end = lines.findIndex((line) => !line.startsWith("--"));
  const own = lines.slice(0, end).filter((line) => !line.startsWith("---"));
  return own.map((line) => line.replace(/^--\s*/, "")).join("\n");
}

/** One part of a header, up to the next. */
function partOf(name: string, part: "ARGV" | "Returns" | "Keys built"): string {
  const parts = headerOf(name).split(/^(Atomic because|KEYS|ARGV|Returns|Keys built):/m);
  return parts[parts.indexOf(part) + 1] ?? "";
}

function withoutComments(text: string): string {
  return text.replace(/--.*$/gm, "");
}

/** The code that can run: a script as Redis gets it, without the functions that it never calls. */
function reachableCode(name: ScriptName): string {
  return scriptSource(name);
}

function sorted(names: Iterable<string>): string[] {
  return [...new Set(names)].sort();
}

function keysBuilt(code: string): string[] {
  const ofNumber = [...code.matchAll(/P \.\. '([a-z-]+):?'/g)].map(([, key]) => key ?? "");
  const ofCampaign = [...code.matchAll(/(?<!row \.\. )'(:[a-z]+):?'/g)].map(([, key]) => key ?? "");
  return sorted([...ofNumber, ...ofCampaign]);
}

function keysDeclared(name: string): string[] {
  const words = partOf(name, "Keys built").split(/[\s,]+/);
  const keys = words.filter((word) => word !== "" && word !== "and" && word !== "its");
  return sorted(keys.map((word) => /^:?[a-z-]+/.exec(word)?.[0] ?? word));
}

test("there is a file for every script, and a script for every file", () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".lua"));
  expect(files.map((file) => file.replace(".lua", "")).sort()).toEqual([...SCRIPT_NAMES].sort());
});

test("every library is included by some script", () => {
  const used = SCRIPT_NAMES.flatMap((name) => librariesOf(`${name}.lua`));
  const libraries = readdirSync(new URL("lib/", FOLDER)).map((file) => file.replace(".lua", ""));
  expect(sorted(used)).toEqual(libraries.sort());
});

test.each(SCRIPT_NAMES)(
  "%s says what it is for, why it is atomic, what it takes and gives",
  (name) => {
    const header = headerOf(name);
    expect(header).toMatch(/^[A-Z][^\n]*\.\n/);
    const parts = [...header.matchAll(/^(Atomic because|KEYS|ARGV|Returns|Keys built):/gm)];
    expect(parts.map(([, part]) => part)).toEqual([
      "Atomic because",
      "KEYS",
      "ARGV",
      "Returns",
      "Keys built",
    ]);
    expect(header).toContain("\nKEYS: 1 slot key of the number\n");
  },
);

test.each(SCRIPT_NAMES)("%s declares exactly the keys it can build", (name) => {
  expect(keysBuilt(reachableCode(name))).toEqual(keysDeclared(name));
});

test.each(SCRIPT_NAMES)("%s builds every key from the slot key it is given", (name) => {
  const source = withoutComments(scriptSource(name));
  expect(sorted([...source.matchAll(/KEYS\[[^\]]*\]/g)].map(([key]) => key))).toEqual(["KEYS[1]"]);
  expect(source).not.toContain("dropcast:");
});

test.each(SCRIPT_NAMES)("%s declares only keys that keys.ts has", (name) => {
  const known = new Set<string>();
  for (const key of Object.values(numberKeys("n"))) {
    const text = typeof key === "string" ? key : (key as (...parts: unknown[]) => string)(0, 0);
    known.add(text.slice(slotKey("n").length + 1).replace(/:.*/, ""));
  }
  for (const key of Object.values(deploymentKeys())) {
    const text = typeof key === "string" ? key : key("");
    known.add(text.slice(slotKey(ALL_NUMBERS).length + 1).replace(/:.*/, ""));
  }
  for (const key of Object.values(poolKeys("live"))) {
    const text = typeof key === "string" ? key : key("");
    known.add(text.slice(slotKey(ALL_NUMBERS).length + 1).replace(/:.*/, ""));
  }
  for (const key of Object.values(portfolioKeys("n"))) {
    const text = typeof key === "string" ? key : key(0, Buffer.alloc(8));
    known.add(text.slice(slotKey("n").length + 1).replace(/:.*/, ""));
  }
  const { campaign, ...rest } = campaignKeys("n", "n-1");
  known.add("campaign");
  for (const key of Object.values(rest)) {
    const text = typeof key === "string" ? key : key(0);
    known.add(/^:[a-z]+/.exec(text.slice(campaign.length))?.[0] ?? text);
  }
  expect(keysDeclared(name).filter((key) => !known.has(key))).toEqual([]);
});

test.each(SCRIPT_NAMES)("%s documents its arguments in their order, and reads each", (name) => {
  const [once = "", each] = partOf(name, "ARGV").split(/;\s+then for each:/);
  const namesIn = (text: string) =>
    text.split("·").map((item) => /^\s*([a-z0-9_]+)/.exec(item)?.[1] ?? item);
  const [listed, repeated] = [SCRIPTS[name].map(luaName), eachOf(name).map(luaName)];
  expect(namesIn(once)).toEqual(listed.length === 0 ? ["none"] : listed);
  expect(each === undefined ? [] : namesIn(each)).toEqual(repeated);

  const code = withoutComments(read(`${name}.lua`));
  const known = [...listed.map((one) => `ARG.${one}`), ...repeated.map((one) => `EACH.${one}`)];
  expect(known.filter((argument) => !code.includes(argument))).toEqual([]);
});

test.each(SCRIPT_NAMES)("%s documents each word that its answer begins with", (name) => {
  const documented = partOf(name, "Returns").split(/[^a-z_]+/);
  expect(Object.keys(answersOf(name)).filter((word) => !documented.includes(word))).toEqual([]);
});

test.each(SCRIPT_NAMES)("%s reads no argument by a number of its own", (name) => {
  expect(withoutComments(read(`${name}.lua`))).not.toMatch(/ARGV\[|= \d+, #ARGV/);
});

test.each(SCRIPT_NAMES)("%s uses no command whose time grows with the whole database", (name) => {
  expect(scriptSource(name)).not.toMatch(/'(KEYS|SCAN|FLUSHDB|FLUSHALL|RANDOMKEY)'/);
});
