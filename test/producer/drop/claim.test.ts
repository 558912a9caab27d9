import { execFileSync } from "node:child_process";
import { open, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { type Claim, type Claims, createClaims } from "../../../src/producer/drop/claim.ts";
import { frozenPath, newNote, readClaim, replaceClaim } from "../../../src/producer/drop/note.ts";
import { SOON } from "../../support/soon.ts";
import { testFolder } from "../list/read-list.ts";

const NOTE = newNote("news.csv", { kind: "shared", name: "campaign.yaml", digest: "d" });

async function processing() {
  const folder = await testFolder();
  const csvPath = join(folder, "news.csv");
  const claimPath = join(folder, ".news.csv.claim");
  return {
    folder,
    csvPath,
    claimPath,
    claims: createClaims({ staleAfterMs: 100 }),
    /** A claim of another process: its owner does not touch it. */
    async leave(owner: object): Promise<void> {
      await writeFile(csvPath, "phone\n");
      await writeFile(claimPath, JSON.stringify({ ...NOTE, token: "other", ...owner }));
    },
  };
}

async function claimed(claims: Claims, csvPath: string): Promise<Claim> {
  const claim = await claims.claim(csvPath, NOTE);
  if (claim === null) throw new Error("claimed already");
  onTestFinished(() => claim.end());
  return claim;
}

/** Asks until it gets it, as the drop folder does with each look. */
function taken(claims: Claims, csvPath: string): Promise<Claim> {
  return vi.waitFor(async () => {
    const claim = await claims.takeOver(csvPath);
    if (claim === null) throw new Error("not yet");
    onTestFinished(() => claim.end());
    return claim;
  }, SOON);
}

const ELSEWHERE = { host: "another-host", pid: 1 };

/** Stops at the moment when a file is written, and not on the disk yet; resolves at that moment. */
async function stopAtSync(folder: string) {
  const any = await open(folder);
  const files = Object.getPrototypeOf(any) as typeof any;
  await any.close();
  let goOn = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    const spy = vi.spyOn(files, "sync").mockImplementationOnce(() => {
      resolve();
      return stopped;
    });
    onTestFinished(() => spy.mockRestore());
  });
  return { reached, goOn: () => goOn() };
}

it("a claim that is being written is not taken for one of an earlier process", async () => {
  const { folder, csvPath, claims } = await processing();
  const sync = await stopAtSync(folder);
  const claiming = claimed(claims, csvPath);
  await sync.reached;

  expect(await claims.takeOver(csvPath)).toBe(null);
  sync.goOn();

  expect(await (await claiming).holds()).toBe(true);
});

it("a list is claimed once, and is free again when its claim has ended", async () => {
  const { folder, csvPath, claims } = await processing();
  const claim = await claimed(claims, csvPath);
  await writeFile(frozenPath(csvPath), "name: News");

  expect(await claims.claim(csvPath, NOTE)).toBe(null);
  await claim.end();

  expect(await readdir(folder)).toEqual([]);
  expect(await claim.holds()).toBe(false);
  expect(await claim.update({ campaign: "main-1" })).toBe(false);
  expect(await claims.claim(csvPath, NOTE)).not.toBe(null);
});

it("a claim that its owner touches is not taken over; one that nobody touches is, with its note", async () => {
  const { csvPath, claimPath, claims, leave } = await processing();
  await leave({ ...ELSEWHERE, campaign: "main-7" });
  const until = performance.now() + 300;
  for (let touch = 1; performance.now() < until; touch++) {
    await utimes(claimPath, touch, touch);
    expect(await claims.takeOver(csvPath)).toBe(null);
  }

  const claim = await taken(claims, csvPath);
  expect(claim.note).toMatchObject({ ...NOTE, campaign: "main-7", crashes: 1 });
  expect(await claim.holds()).toBe(true);
});

it("a claim of a dead process of this host is taken over at once", async () => {
  const { folder, csvPath, claims, leave } = await processing();
  const pid = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
  const here = await claimed(claims, join(folder, "here.csv"));
  const { host } = JSON.parse(await readFile(join(folder, ".here.csv.claim"), "utf8"));
  await here.end();
  await leave({ host, pid });

  expect((await claims.takeOver(csvPath))?.note.crashes).toBe(1);
});

it("a claim that was given back is taken over at once, and nobody died of it", async () => {
  const { csvPath, claims } = await processing();
  await writeFile(csvPath, "phone\n");
  const claim = await claimed(claims, csvPath);
  await claim.update({ campaign: "main-7", bytes: "b" });
  await claim.giveBack();

  const next = await claims.takeOver(csvPath);

  expect(next?.note).toEqual(
    expect.objectContaining({ campaign: "main-7", bytes: "b", crashes: 0 }),
  );
  expect(next?.note.id).toBe(NOTE.id);
  await next?.end();
});

it("an owner whose claim was taken over while it was frozen has it no more, and touches nothing", async () => {
  const { csvPath, claimPath, claims, leave } = await processing();
  await writeFile(csvPath, "phone\n");
  const frozen = await claimed(claims, csvPath);
  // What a successor does.
  await leave(ELSEWHERE);
  const theirs = await readFile(claimPath, "utf8");
  await utimes(claimPath, 1_000, 1_000);

  expect(await frozen.holds()).toBe(false);
  expect(await frozen.update({ campaign: "main-1" })).toBe(false);
  // It is taken over from the successor, whom the frozen one does not keep alive.
  const claim = await taken(claims, csvPath);
  expect(claim.note.campaign).toBe(null);
  await claim.giveBack();
  await leave(ELSEWHERE);
  await frozen.giveBack();
  await frozen.end();
  expect(await readFile(claimPath, "utf8")).toBe(theirs);
});

it("of two who take over, one has it in the end", async () => {
  const { csvPath, leave } = await processing();
  await leave({ host: "", pid: 0 });
  const takers = Array.from({ length: 6 }, () => createClaims({ staleAfterMs: 100 }));

  const taking = await Promise.all(takers.map((claims) => claims.takeOver(csvPath)));

  const having = await Promise.all(taking.map(async (claim) => (await claim?.holds()) ?? false));
  expect(having.filter((has) => has)).toHaveLength(1);
  for (const claim of taking) await claim?.end();
});

it("what a dead process left of a claim, and no list, is cleared away", async () => {
  const { folder, csvPath, claims, leave } = await processing();
  await leave(ELSEWHERE);
  await writeFile(frozenPath(csvPath), "name: News");
  await rm(csvPath);

  await vi.waitFor(async () => {
    expect(await claims.takeOver(csvPath)).toBe(null);
    expect(await readdir(folder)).toEqual([]);
  }, SOON);
});

it("a claim that was cut short while it was written is taken over after a while", async () => {
  const { csvPath, claimPath, claims, leave } = await processing();
  await leave(ELSEWHERE);
  await writeFile(claimPath, '{"dropped":"ne');

  expect(await claims.takeOver(csvPath)).toBe(null);
  const claim = await taken(claims, csvPath);

  expect(claim.note).toMatchObject({ dropped: "news.csv", campaign: null, campaignFile: null });
});

it("a claim of an earlier version keeps what it says", async () => {
  const { csvPath, claimPath, claims, leave } = await processing();
  await leave(ELSEWHERE);
  const old = { dropped: "News.csv", campaign: "main-7", settling: null };
  await writeFile(claimPath, JSON.stringify({ ...old, token: "t", ...ELSEWHERE }));

  const claim = await taken(claims, csvPath);

  expect(claim.note).toMatchObject({ ...old, campaignFile: null, bytes: null, crashes: 1 });
});

it("a claim that was judged is not replaced once it is another's, or gone", async () => {
  const { claimPath, leave } = await processing();
  await leave({ ...ELSEWHERE, token: "judged" });
  const judged = await readClaim(claimPath);
  const mine = { ...NOTE, ...ELSEWHERE, token: "mine" };

  await leave({ ...ELSEWHERE, token: "newer" });
  expect(await replaceClaim(claimPath, mine, judged)).toBe(false);
  expect((await readClaim(claimPath))?.content?.token).toBe("newer");
  await rm(claimPath);
  expect(await replaceClaim(claimPath, mine, judged)).toBe(false);
  expect(await readClaim(claimPath)).toBe(null);
  await leave({ ...ELSEWHERE, token: "judged" });
  expect(await replaceClaim(claimPath, mine, judged)).toBe(true);
  expect((await readClaim(claimPath))?.content?.token).toBe("mine");
});

it("an owner touches its claim, so that nobody takes it for dead", async () => {
  const { csvPath, claimPath, claims } = await processing();
  await claimed(claims, csvPath);
  const look = async () => (await readClaim(claimPath))?.look;
  const first = await look();

  await vi.waitFor(async () => expect(await look()).not.toBe(first), SOON);
});
