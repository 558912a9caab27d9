import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { utf16Of } from "../../core/encoding.ts";
import { syncFolder } from "../../files/whole-file.ts";
import { localParts } from "../../time/due-times.ts";
import type { Claim } from "../drop/claim.ts";
import { lstatOrNull, makeFolder } from "../drop/files.ts";
import type { DropParts } from "../drop/folder.ts";
import { RECURRING_FOLDER } from "../drop/mode.ts";
import { shortStem } from "../drop/names.ts";
import { incomingPath, newNote } from "../drop/note.ts";
import { type ClaimedList, digestOf, findOwnFile, freezeCampaign } from "../drop/take.ts";
import { readBeginning } from "../list/csv.ts";
import { openList } from "../list/open.ts";
import { numberedStem } from "../rejects/free-path.ts";
import type { ReadFile, RecurringFile } from "./files.ts";

/** What a source gave: a list at the path it was told, none, or a reason to ask again later. */
export type Given =
  | {
      readonly kind: "list";
      readonly digest: string;
      readonly etag: string;
      readonly etagOf: string;
    }
  | { readonly kind: "none"; readonly outcome: "empty" | "unchanged"; readonly why: string }
  | { readonly kind: "trouble"; readonly why: string };

type Staged =
  | { readonly kind: "staged"; readonly list: ClaimedList }
  | Exclude<Given, { kind: "list" }>;

/**
 * Puts the list of a due time into `processing/`, as `takeList` does with one of the inbox: first a
 * claim, then the list under a hidden name, then the bytes of its campaign file and the note of its
 * due time, then its own name. So a list that a producer left there is claimed, and knows its run.
 */
export async function stageList(
  { folders, claims }: Pick<DropParts, "folders" | "claims">,
  input: {
    readonly file: RecurringFile;
    readonly read: ReadFile;
    readonly dueMs: number;
    /** Writes the list to the path. */
    readonly give: (path: string) => Promise<Given>;
  },
): Promise<Staged> {
  const { file, read, dueMs } = input;
  const folder = join(folders.processing, RECURRING_FOLDER);
  await makeFolder(folder);
  const { date, time } = localParts(dueMs, read.recurring.timezone);
  const stem = `${shortStem(file.file)}-${date}-${time.replace(":", "")}`;
  const campaignFile = { kind: "shared" as const, name: file.file, digest: digestOf(read.bytes) };
  for (let nth = 1; ; nth++) {
    const csvPath = join(folder, `${numberedStem(stem, nth)}.csv`);
    const claim = await claims.claim(csvPath, newNote(`${stem}.csv`, campaignFile));
    if (claim === null) continue;
    const list = { folder: RECURRING_FOLDER, csvPath, claim };
    try {
      if ((await lstatOrNull(csvPath)) !== null || (await findOwnFile(list)) !== null) {
        await claim.end();
        continue;
      }
      const staged = await fill(list, input);
      if (staged.kind !== "staged") await discard(list);
      return staged;
    } catch (error) {
      await discard(list);
      throw error;
    }
  }
}

async function fill(
  list: ClaimedList,
  { file, read, dueMs, give }: Parameters<typeof stageList>[1],
): Promise<Staged> {
  const incoming = incomingPath(list.csvPath);
  // A producer that was killed may have left a part of it.
  await rm(incoming, { force: true });
  const given = await give(incoming);
  if (given.kind !== "list") return given;
  if (!(await hasRows(incoming))) return { kind: "none", outcome: "empty", why: "has no rows" };
  const { digest, etag, etagOf } = given;
  await freezeCampaign(list.csvPath, read.bytes);
  const run = { name: file.name, dueMs, digest, etag, etagOf };
  await mustHold(list.claim, { bytes: digest, run });
  await rename(incoming, list.csvPath);
  await syncFolder(join(list.csvPath, ".."));
  return { kind: "staged", list };
}

async function mustHold(claim: Claim, note: Parameters<Claim["update"]>[0]): Promise<void> {
  if (!(await claim.update(note))) throw new Error("another producer has taken it over");
}

/** Removes a list that is not sent, with its claim. */
export async function discard({ csvPath, claim }: ClaimedList): Promise<void> {
  await rm(incomingPath(csvPath), { force: true });
  if (await claim.holds()) await rm(csvPath, { force: true });
  await claim.end();
}

/** Whether there is a row below the header. What cannot be read is for the import to report. */
async function hasRows(path: string): Promise<boolean> {
  const opened = await openList(path, { links: "refuse" });
  if (!opened.ok) return opened.refusal.code !== "list_empty";
  try {
    const beginning = await readBeginning(opened.value, utf16Of(opened.value.head) ?? "utf-8");
    if (!beginning.ok) return beginning.refusal.code !== "list_empty";
    return beginning.value.rows.length > 0;
  } finally {
    await opened.value.close();
  }
}
