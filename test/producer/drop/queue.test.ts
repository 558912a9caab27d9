import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { createClaims } from "../../../src/producer/drop/claim.ts";
import { createDropLog } from "../../../src/producer/drop/drop-log.ts";
import { dropFolders, makeDropFolders } from "../../../src/producer/drop/files.ts";
import { newNote } from "../../../src/producer/drop/note.ts";
import { createDropQueue } from "../../../src/producer/drop/queue.ts";
import { digestOf, freezeCampaign } from "../../../src/producer/drop/take.ts";
import { drops, list, WAIT } from "./drops.ts";

/** Imports lists of these sizes (in rows); answers which were in hand together. */
async function together(sizes: Record<string, number>): Promise<string[]> {
  const drop = await drops();
  const folders = dropFolders(drop.dir);
  await makeDropFolders(folders);
  const claims = createClaims({ staleAfterMs: 60_000 });
  const inHand = new Set<string>();
  const seen: string[] = [];
  let second = (): void => {};
  const isSecondThere = new Promise<void>((resolve) => {
    second = resolve;
  });
  const stopping = new AbortController();
  const queue = createDropQueue({
    runs: null,
    ...{ folders, log: createDropLog(() => {}), signal: stopping.signal, againMs: 10 },
    ...{ findCampaign: drop.store.campaigns.find, onSettled: () => {}, largeBytes: 500 },
    noteDrop: async () => {},
    async importFile(input) {
      const name = basename(input.csvPath ?? "", ".csv");
      inHand.add(name);
      seen.push([...inHand].sort().join("+"));
      // However quick the first one is, another is begun beside it.
      if (seen.length === 1) await isSecondThere;
      second();
      const result = await drop.importFile(input);
      inHand.delete(name);
      return result;
    },
  });
  onTestFinished(() => stopping.abort());
  const yaml = Buffer.from(drop.yaml("Sizes"));
  const campaignFile = { kind: "shared" as const, name: "campaign.yaml", digest: digestOf(yaml) };
  let person = 1;
  for (const [name, rows] of Object.entries(sizes)) {
    const csvPath = join(folders.processing, `${name}.csv`);
    await writeFile(csvPath, list(...Array.from({ length: rows }, () => person++)));
    await freezeCampaign(csvPath, yaml);
    const claim = await claims.claim(csvPath, newNote(`${name}.csv`, campaignFile));
    if (claim !== null) queue.add({ folder: ".", csvPath, claim });
  }
  await vi.waitFor(async () => {
    expect(await drop.files("done")).toHaveLength(2 * Object.keys(sizes).length);
  }, WAIT);
  await queue.idle();
  return seen;
}

it("lists are imported two at a time", async () => {
  expect(await together({ a: 1, b: 1, c: 1 })).toContain("a+b");
});

it("of large lists one is imported at a time, with a small one beside it", async () => {
  const seen = await together({ large1: 100, large2: 100, large3: 100, small1: 1, small2: 1 });

  expect(seen.filter((names) => (names.match(/large/g) ?? []).length > 1)).toEqual([]);
  expect(seen).toContain("large1+small1");
  expect(new Set(seen.flatMap((names) => names.split("+"))).size).toBe(5);
});

it("no more lists are taken than are soon imported: the others are left to other producers", async () => {
  const drop = await drops();
  await drop.drop("campaign.yaml", drop.yaml("Many"));
  for (let nth = 1; nth <= 70; nth++) await drop.drop(`list${nth}.csv`, list(nth));
  let openGate = (): void => {};
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  await drop.start(async (input) => {
    await gate;
    return drop.importFile(input);
  });
  await drop.drop("seen.txt", "looked at after them");
  await vi.waitFor(async () => expect(await drop.files("failed")).toContain("seen.txt"), WAIT);

  const inbox = await drop.files("inbox");
  openGate();

  expect(inbox.length).toBeGreaterThan(8);
  await vi.waitFor(async () => expect(await drop.files("done")).toHaveLength(140), WAIT);
});
