import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import {
  createDropFolder,
  type DropFolder,
  type DropTiming,
} from "../../../src/producer/drop/folder.ts";
import { createNoteDrop } from "../../../src/producer/drop/note-drop.ts";
import { createFileImporter, type ImportFile } from "../../../src/producer/import-file.ts";
import { storeIn } from "../../../src/producer/sink/sink.ts";
import { createNumberStore, type NumberStore } from "../../../src/store/number-store.ts";
import { testPhone } from "../../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../../support/redis.ts";
import { testFolder } from "../list/read-list.ts";

/** Short waits: what is tested is the order of things, not how long they take. */
const TIMING = { settleMs: 100, scanEveryMs: 50, graceMs: 300, claimStaleMs: 300, againMs: 50 };

export { SOON as WAIT } from "../../support/soon.ts";

/** A drop folder of a test's own, and the store that it imports into. */
export interface Drops {
  dir: string;
  number: string;
  store: NumberStore;
  importFile: ImportFile;
  said: string[];
  /** Starts one more producer on the same folder. */
  start(
    importFile?: ImportFile,
    timing?: Partial<DropTiming>,
    atEnd?: "stopped" | "left running",
  ): Promise<DropFolder>;
  /** Puts a file into the inbox. */
  drop(path: string, content: string | Buffer): Promise<void>;
  /** A campaign file of this test's number. */
  yaml(name: string): string;
  /** Files in one of the four folders, as paths below it. */
  files(folder: string): Promise<string[]>;
  report(path: string): Promise<Record<string, unknown>>;
}

export async function drops(): Promise<Drops> {
  const dir = join(await testFolder(), "drops");
  const number = testNumber();
  const store = await createNumberStore({ redis: connectTestRedis(), number });
  const importFile = createFileImporter({
    numbers: { [number]: true },
    openNumber: () => ({ sink: storeIn(store.imports), store, country: null }),
    mode: "sandbox",
  });
  const said: string[] = [];
  await mkdir(join(dir, "inbox"), { recursive: true });
  return {
    dir,
    number,
    store,
    importFile,
    said,
    async start(importer = importFile, timing = {}, atEnd = "stopped") {
      const folder = createDropFolder({
        dir,
        importFile: importer,
        findCampaign: store.campaigns.find,
        noteDrop: createNoteDrop(store.acts),
        retentionMs: null,
        say: (line) => said.push(line),
        timing: { ...TIMING, ...timing },
      });
      if (atEnd === "stopped") onTestFinished(() => folder.stop());
      expect(await folder.start()).toEqual({ ok: true, value: undefined });
      return folder;
    },
    async drop(path, content) {
      await mkdir(dirname(join(dir, "inbox", path)), { recursive: true });
      await writeFile(join(dir, "inbox", path), content);
    },
    yaml: (name) =>
      JSON.stringify({
        name,
        number,
        category: "marketing",
        template: { name: "spring_sale", language: { code: "en_US" } },
      }),
    async files(folder) {
      const entries = await readdir(join(dir, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(join(dir, folder).length + 1))
        .sort();
    },
    report: async (path) => JSON.parse(await readFile(join(dir, path), "utf8")),
  };
}

/** A list with these people. */
export function list(...numbers: number[]): string {
  return `phone\n${numbers.map(testPhone).join("\n")}\n`;
}
