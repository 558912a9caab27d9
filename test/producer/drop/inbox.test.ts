import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createClaims } from "../../../src/producer/drop/claim.ts";
import { createDropLog } from "../../../src/producer/drop/drop-log.ts";
import { dropFolders, makeDropFolders } from "../../../src/producer/drop/files.ts";
import { createInbox } from "../../../src/producer/drop/inbox.ts";
import type { SeenFolder } from "../../../src/producer/drop/scan.ts";
import type { ClaimedList } from "../../../src/producer/drop/take.ts";
import { type Drops, drops, list } from "./drops.ts";
import { ownClock } from "./own-clock.ts";

/** An inbox that is shown what a look saw: it decides, and a test says when. */
async function inboxOf(
  drop: Drops,
  timing: { settleMs: number; graceMs: number; againMs?: number },
) {
  const folders = dropFolders(drop.dir);
  await makeDropFolders(folders);
  const taken: ClaimedList[] = [];
  const inbox = createInbox({
    ...{ folders, againMs: 500, ...timing, taken: (one: ClaimedList) => taken.push(one) },
    claims: createClaims({ staleAfterMs: 60_000 }),
    log: createDropLog((line) => drop.said.push(line)),
    signal: new AbortController().signal,
    hasRoom: () => true,
  });
  onTestFinished(async () => {
    for (const { claim } of taken) await claim.end();
  });
  return { inbox, taken };
}

/** What a look saw of the inbox: for how long each file has looked the same. */
function seen(quietMs: Record<string, number>, path = "."): SeenFolder[] {
  const files = Object.entries(quietMs).map(
    ([name, quiet]) => [name, { look: "", quietMs: quiet }] as const,
  );
  return [{ path, files: new Map(files) }];
}

it("a list is not taken before it and its campaign file have been the same for long enough", async () => {
  const drop = await drops();
  const { inbox, taken } = await inboxOf(drop, { settleMs: 5_000, graceMs: 10_000 });
  await drop.drop("promo.csv", list(1));
  await drop.drop("promo.yaml", drop.yaml("Own"));

  await inbox.look(seen({ "promo.csv": 4_999, "promo.yaml": 60_000 }));
  await inbox.look(seen({ "promo.csv": 60_000, "promo.yaml": 4_999 }));
  expect(taken).toEqual([]);
  await inbox.look(seen({ "promo.csv": 5_000, "promo.yaml": 5_000 }));
  expect(taken).toHaveLength(1);
});

it("a file that a look missed while it was renamed does not hand its list to the folder's campaign file", async () => {
  const clock = ownClock();
  const drop = await drops();
  const { inbox, taken } = await inboxOf(drop, { settleMs: 1_000, graceMs: 2_000 });
  await drop.drop("promo.csv", list(1));
  await drop.drop("campaign.yaml", drop.yaml("Shared"));
  const old = { "promo.csv": 60_000, "campaign.yaml": 60_000 };

  await inbox.look(seen({ ...old, "promo.yaml.part": 10 }));
  await inbox.look(seen(old));
  clock.pass(999);
  await inbox.look(seen(old));
  expect(taken).toEqual([]);

  clock.pass(1);
  await inbox.look(seen(old));
  expect(taken).toHaveLength(1);
});

it("its own campaign file that came while the inbox was looked through counts", async () => {
  const drop = await drops();
  const { inbox, taken } = await inboxOf(drop, { settleMs: 0, graceMs: 0 });
  await drop.drop("promo.csv", list(1));
  await drop.drop("campaign.yaml", drop.yaml("Shared"));
  await drop.drop("promo.yml", drop.yaml("Own"));
  const before = { "promo.csv": 60_000, "campaign.yaml": 60_000 };

  for (let look = 0; look < 3; look++) await inbox.look(seen(before));
  expect(taken).toEqual([]);

  await rm(join(drop.dir, "inbox/promo.yml"));
  await inbox.look(seen(before));
  expect(taken.map(({ claim }) => claim.note.campaignFile?.kind)).toEqual(["shared"]);
});

it("a list that cannot be taken is left alone for a while, and is told of once", async () => {
  const clock = ownClock();
  const drop = await drops();
  const { inbox, taken } = await inboxOf(drop, { settleMs: 0, graceMs: 0 });
  await drop.drop("shop/x.csv", list(1));
  await drop.drop("shop/x.yaml", drop.yaml("Own"));
  // Something else has the name of its folder in processing.
  await writeFile(join(drop.dir, "processing/shop"), "");
  const look = () => inbox.look(seen({ "x.csv": 60_000, "x.yaml": 60_000 }, "shop"));

  for (let times = 0; times < 5; times++) await look();
  await rm(join(drop.dir, "processing/shop"));
  await look();
  expect(taken).toEqual([]);
  expect(drop.said.filter((line) => line.startsWith("shop/x.csv"))).toHaveLength(1);

  clock.pass(500);
  await look();
  expect(taken).toHaveLength(1);
});
