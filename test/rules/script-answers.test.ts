import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EVENT_KIND, EVENT_WAITS } from "../../src/store/scripts/protocol.ts";
import { renderLua } from "../../src/store/scripts/render-lua.ts";
import { answersOf, readAnswer, SCRIPT_ANSWERS } from "../../src/store/scripts/script-answers.ts";
import { SCRIPT_NAMES } from "../../src/store/scripts/script-list.ts";

/**
 * The word that a script's answer begins with stands once, in store/scripts/script-answers.ts: a
 * script says it by name, and TypeScript compares words that the compiler knows.
 */
const SCRIPTS = new URL("../../src/store/scripts/", import.meta.url);

function codeOf(path: string): string {
  return readFileSync(new URL(path, SCRIPTS), "utf8").replace(/--.*$/gm, "");
}

/** The words of answers that stand in the code by name. */
function wordsIn(code: string): string[] {
  return [...code.matchAll(/\bANSWER\.(\w+)/g)].map(([, word = ""]) => word);
}

/** What the script itself returns, or returns first; not what its functions return. */
function returnedBy(code: string): string[] {
  const outside = code.replace(/^local function (?:.* end\n|.*\n[\s\S]*?^end\n)/gm, "");
  return [...outside.matchAll(/\breturn (?:\{ *)?([^,}\n]*)/g)].map(([, first = ""]) => first);
}

/** The words that stand in the code as they are, and are not compared with something. */
function literalsIn(code: string): string[] {
  const given = code.replace(/[~=]= '[^']*'/g, "");
  return [...given.matchAll(/'([a-z_]+)'/g)].map(([, word = ""]) => word);
}

/** Words of a script's answers that mean something else in it. */
const OTHER_MEANINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "take-recurring": { handled: "a field" },
};

describe("the answers of scripts", () => {
  test.each(SCRIPT_NAMES)("%s gives each word that is listed for it, and no other", (name) => {
    expect([...new Set(wordsIn(codeOf(`${name}.lua`)))].sort()).toEqual(
      Object.keys(answersOf(name)).sort(),
    );
  });

  test.each(SCRIPT_NAMES)("%s spells no word of an answer", (name) => {
    const code = codeOf(`${name}.lua`);
    const listed = literalsIn(code).filter((word) => Object.hasOwn(answersOf(name), word));

    expect(returnedBy(code).flatMap(literalsIn)).toEqual([]);
    expect(listed).toEqual(Object.keys(OTHER_MEANINGS[name] ?? {}));
  });

  test("apply-status spells no word of its answers to single events", () => {
    const words = { ...EVENT_KIND, ...EVENT_WAITS };
    const code = codeOf("apply-status.lua");
    const named = [...code.matchAll(/\bEVENT_(?:KIND|WAITS)\.(\w+)/g)].map(([, word = ""]) => word);

    expect(literalsIn(code).filter((word) => Object.hasOwn(words, word))).toEqual([]);
    expect([...new Set(named)].sort()).toEqual(Object.keys(words).sort());
  });

  test("libraries leave it to their scripts to answer", () => {
    const libraries = readdirSync(new URL("lib/", SCRIPTS));
    expect(libraries.flatMap((file) => wordsIn(codeOf(`lib/${file}`)))).toEqual([]);
  });

  test("a word that the list of a script lacks is refused when the script is loaded", () => {
    const answers = answersOf("stop-action");
    expect(renderLua("return ANSWER.gone", { answers })).toBe("return 'gone'");
    expect(() => renderLua("return ANSWER.lost", { answers })).toThrow("ANSWER.lost");
    expect(() => renderLua("return ANSWER.gone")).toThrow("ANSWER.gone");
  });

  test("words of one script are sent differently", () => {
    for (const [name, words] of Object.entries(SCRIPT_ANSWERS)) {
      const sent = Object.values(words);
      expect(new Set(sent).size, name).toBe(sent.length);
    }
  });

  test("an answer is read as its word and what follows, however the word is sent", () => {
    expect(readAnswer("stop-action", "gone")).toEqual(["gone"]);
    expect(readAnswer("resolve-row", [-3, "cancelled"])).toEqual(["closed", "cancelled"]);
    expect(readAnswer("set-rate", -3)).toEqual(["closed"]);
    expect(readAnswer("note-process", 7)).toBe(7);
  });

  test("a word that is not listed for the script is an error that names both", () => {
    expect(() => readAnswer("stop-action", "begun")).toThrow("stop-action answered begun");
    expect(() => readAnswer("set-rate", [-2])).toThrow("set-rate answered -2");
    expect(() => readAnswer("erase-rows", null)).toThrow("erase-rows answered null");
  });
});
