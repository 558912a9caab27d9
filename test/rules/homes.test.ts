import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../src/", import.meta.url));

const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

/** Where lists are read and written: whatever looks for a column does it in one of these. */
const LISTS = /^(?:producer\/(?!drop\/)|export\/|core\/(?:columns|template|spreadsheet))/;

/** What changes the letters of something else than a column's name. */
const OTHER_LETTERS: Readonly<Record<string, string>> = {
  "core/columns.ts": "the one folding",
  "core/template-fields.ts": "types and keys of a template",
  "core/template-rules.ts": "types and languages of a template",
  "producer/columns/phone-words.ts": "words in a folded name",
  "producer/columns/plain-words.ts": "words in a folded name, and short answers",
  "producer/list/encoding/letters.ts": "letters of names",
  "producer/phones/cell-text.ts": "the digits of a phone",
  "producer/suppressions/read-file.ts": "the scope in a cell",
};

/** What is renamed. */
const RENAMED: Readonly<Record<string, string>> = {
  "api/uploads.ts": "the folder of an upload that has come",
  "backup/scratch-redis.ts": "a part of a backup, for the Redis that reads it",
  "files/whole-file.ts": "the one way to replace a file",
  "producer/drop/files.ts": "lists, between the folders of the drop folder",
  "producer/drop/probe.ts": "a probe, between the same folders",
  "producer/recurring/stage.ts": "a list that was fetched",
  "redis/debian-packages.ts": "the folder of a Redis that was downloaded",
  "redis/server-process.ts": "a log that is full",
  "store/recovery/counter-memory.ts": "the claim counter of a process that ends",
};

describe("what has one home", () => {
  test("column names are folded by foldColumnName alone, so that every step finds the same one", () => {
    const folding = files
      .filter(({ path }) => LISTS.test(path))
      .filter(({ text }) => /\.(?:to(?:Locale)?LowerCase|normalize|localeCompare)\(/.test(text))
      .map(({ path }) => path);

    expect(folding.sort()).toEqual(Object.keys(OTHER_LETTERS).sort());
  });

  test("what a spreadsheet would run is known by core/spreadsheet.ts alone", () => {
    // A class of characters with = + and @, or an apostrophe that is put in front of a text.
    const guarding = files
      .filter(({ text }) => /\[[^\]\n]*=[^\]\n]*\+[^\]\n]*@|`'\$\{\w+\}`/.test(text))
      .map(({ path }) => path);

    expect(guarding).toEqual(["core/spreadsheet.ts"]);
  });

  test("files are replaced by files/whole-file.ts alone; what else is renamed is moved", () => {
    const renaming = files
      .filter(({ text }) => /\brename(?:Sync)?\(/.test(text))
      .map(({ path }) => path);

    expect(renaming.sort()).toEqual(Object.keys(RENAMED).sort());
  });
});
