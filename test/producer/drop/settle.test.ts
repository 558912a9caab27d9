import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createClaims } from "../../../src/producer/drop/claim.ts";
import { dropFolders, makeDropFolders } from "../../../src/producer/drop/files.ts";
import { hiddenRejectsPath, newNote } from "../../../src/producer/drop/note.ts";
import { failInInbox, settleList } from "../../../src/producer/drop/settle.ts";
import { emptyReport } from "../../../src/producer/report.ts";
import { testFolder } from "../list/read-list.ts";

async function claimedList() {
  const folders = dropFolders(await testFolder());
  await makeDropFolders(folders);
  const csvPath = join(folders.processing, "x.csv");
  await writeFile(csvPath, "phone\n");
  await writeFile(hiddenRejectsPath(csvPath), "rejected");
  const claims = createClaims({ staleAfterMs: 60_000 });
  const claim = await claims.claim(csvPath, newNote("x.csv", null));
  if (claim === null) throw new Error("claimed already");
  onTestFinished(() => claim.end());
  const list = { folder: ".", csvPath, claim };
  const outcome = { folder: "done" as const, report: { ...emptyReport("x.csv"), campaign: "c-1" } };
  return { folders, list, outcome };
}

it("a list moves on with what lies beside it, under a name that was free", async () => {
  const { folders, list, outcome } = await claimedList();
  await writeFile(join(folders.done, "x.rejects.csv"), "somebody's");

  expect(await settleList(folders, list, outcome)).toBe(join(folders.done, "x-2.csv"));

  expect((await readdir(folders.done)).sort()).toEqual([
    ...["x-2.csv", "x-2.rejects.csv", "x-2.report.json", "x.rejects.csv"],
  ]);
  expect(await readdir(folders.processing)).toEqual([]);
  const report = JSON.parse(await readFile(join(folders.done, "x-2.report.json"), "utf8"));
  expect(report).toMatchObject({ rejectsFile: "x-2.rejects.csv", drop: list.claim.note.id });
});

it.each(["before its name was reserved", "after"])(
  "a list that another took over %s is not moved",
  async (when) => {
    const { folders, list, outcome } = await claimedList();
    if (when === "after") {
      await list.claim.update({ settling: { folder: "done", stem: "x" } });
      const report = JSON.stringify({ ...outcome.report, drop: list.claim.note.id });
      await writeFile(join(folders.done, "x.report.json"), report);
    }
    const theirs = JSON.stringify({ ...list.claim.note, token: "theirs", host: "h", pid: 1 });
    await writeFile(join(folders.processing, ".x.csv.claim"), theirs);
    const before = await readdir(folders.done);

    expect(await settleList(folders, list, outcome)).toBe(null);

    expect(await readdir(folders.done)).toEqual(before);
    expect((await readdir(folders.processing)).sort()).toEqual([
      ...[".x.csv.claim", ".x.csv.rejects", "x.csv"],
    ]);
  },
);

it("a file that another producer moved meanwhile leaves no report behind", async () => {
  const { folders } = await claimedList();
  await mkdir(join(folders.inbox, "shop"));

  const moved = await failInInbox(folders, {
    ...{ relative: "shop/gone.xlsx", own: null, report: emptyReport("gone.xlsx") },
  });

  expect(moved).toBe(null);
  expect(await readdir(join(folders.failed, "shop"))).toEqual([]);
});
