import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Encoding } from "../../../src/core/encoding.ts";
import type { Refusal } from "../../../src/core/refusal.ts";
import { readListBytes } from "../../../src/producer/list/bytes.ts";
import { readBeginning, readRows } from "../../../src/producer/list/csv.ts";
import { type ListFile, openList } from "../../../src/producer/list/open.ts";

/** A folder of this test's own. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dropcast-producer-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface ReadList {
  columns: readonly string[];
  delimiter: string;
  encoding: Encoding | null;
  encodingGuessed: boolean;
  rows: (readonly string[])[];
  lines: number[];
  refusal: Refusal | null;
}

/** The same file, handed over in smaller pieces. */
function inPieces(file: ListFile, pieceBytes: number): ListFile {
  return {
    ...file,
    read: (visit) =>
      file.read(async (chunk) => {
        for (let at = 0; at < chunk.length; at += pieceBytes) {
          if (!(await visit(chunk.subarray(at, at + pieceBytes)))) return false;
        }
        return true;
      }),
  };
}

/** Writes a list and reads it back: all of it, or up to the refusal. */
export async function readList(
  content: string | Buffer,
  given: Encoding | null = null,
  pieceBytes: number | null = null,
): Promise<ReadList> {
  const path = join(await testFolder(), "list.csv");
  await writeFile(path, content);
  const read: ReadList = {
    ...{ columns: [], delimiter: "", encoding: null, encodingGuessed: false },
    ...{ rows: [], lines: [], refusal: null },
  };
  const opened = await openList(path, { links: "refuse" });
  if (!opened.ok) return { ...read, refusal: opened.refusal };
  const file = pieceBytes === null ? opened.value : inPieces(opened.value, pieceBytes);
  try {
    const bytes = await readListBytes(file, { given });
    if (!bytes.ok) return { ...read, refusal: bytes.refusal };
    read.encoding = bytes.value.encoding;
    read.encodingGuessed = bytes.value.encodingGuessed;
    const beginning = await readBeginning(file, bytes.value.encoding);
    if (!beginning.ok) return { ...read, refusal: beginning.refusal };
    const { header } = beginning.value;
    read.columns = header.columns;
    read.delimiter = header.dialect.delimiter;
    const counted = await readRows(file, header, {
      visit: (block) => {
        for (const row of block.rows) read.rows.push(row);
        for (const line of block.lines) read.lines.push(line);
        return true;
      },
    });
    if (!counted.ok) return { ...read, refusal: counted.refusal };
    if (counted.value !== read.rows.length) throw new Error(`counted ${counted.value} rows`);
    return read;
  } finally {
    await file.close();
  }
}
