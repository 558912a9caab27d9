import { createHash } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, it, vi } from "vitest";
import { type ClaimNote, newNote } from "../../../src/producer/drop/note.ts";
import { campaignKeys } from "../../../src/store/keys.ts";
import { testDefinition } from "../../support/campaigns.ts";
import { connectTestRedis } from "../../support/redis.ts";
import { type Drops, drops, list, WAIT } from "./drops.ts";

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Leaves a list in `processing/` as a producer that died had it: taken with a campaign file of the folder. */
async function leave(
  drop: Drops,
  input: { name?: string; csv: string; yaml: string; note?: Partial<ClaimNote> },
): Promise<void> {
  const { name = "x.csv", csv, yaml } = input;
  const campaignFile = { kind: "shared" as const, name: "campaign.yaml", digest: sha256(yaml) };
  const processing = join(drop.dir, "processing");
  await mkdir(processing, { recursive: true });
  await writeFile(join(processing, `.${name}.campaign`), yaml);
  await writeFile(join(processing, name), csv);
  const owner = { token: "0".repeat(16), host: "another-host", pid: 1 };
  const note = { ...newNote(name, campaignFile), ...input.note, ...owner };
  await writeFile(join(processing, `.${name}.claim`), JSON.stringify(note));
}

/** Imports a list as the producer that died had done, up to its end. */
async function imported(drop: Drops, input: { csv: string; yaml: string }): Promise<string> {
  const paths = { campaignPath: join(drop.dir, "c.yaml"), csvPath: join(drop.dir, "l.csv") };
  await writeFile(paths.campaignPath, input.yaml);
  await writeFile(paths.csvPath, input.csv);
  const { report } = await drop.importFile(paths);
  return report.campaign ?? "";
}

/** A campaign whose importer died: nothing of it is stored but its beginning. */
async function begun(drop: Drops, digest: string): Promise<string> {
  const answer = await drop.store.imports.begin({
    digest,
    again: false,
    definition: testDefinition(drop.number),
    file: "x.csv",
    columns: ["phone"],
    mode: "sandbox",
  });
  if (answer.kind !== "begun") throw new Error(answer.kind);
  return answer.campaign;
}

function settled(drop: Drops, folder: "done" | "failed", name = "x.csv"): Promise<void> {
  return vi.waitFor(async () => {
    expect(await drop.files(folder)).toContain(name);
    expect(await drop.files("processing")).toEqual([]);
  }, WAIT);
}

it.each(["was renamed", "was removed"])(
  "a list whose import is finished only moves on, though its campaign file %s since",
  async (what) => {
    const drop = await drops();
    const given = { csv: list(1, 2), yaml: drop.yaml("Spring") };
    const campaign = await imported(drop, given);
    await leave(drop, { ...given, note: { campaign, bytes: sha256(given.csv) } });
    if (what === "was renamed") await drop.drop("campaign.yaml", drop.yaml("Summer"));

    await drop.start();
    await settled(drop, "done");

    expect(await drop.report("done/x.report.json")).toMatchObject({
      ...{ campaign, name: "Spring", rows: 2, status: "imported", campaignFile: "campaign.yaml" },
    });
    expect(await drop.store.campaigns.list()).toHaveLength(1);
  },
);

it("the same of a claim of an earlier version, which knew no more than the campaign", async () => {
  const drop = await drops();
  const given = { csv: list(1, 2), yaml: drop.yaml("Spring") };
  const campaign = await imported(drop, given);
  await leave(drop, given);
  await rm(join(drop.dir, "processing/.x.csv.campaign"));
  const old = { dropped: "x.csv", campaign, settling: null, token: "dead", host: "h", pid: 9 };
  await writeFile(join(drop.dir, "processing/.x.csv.claim"), JSON.stringify(old));
  await drop.drop("campaign.yaml", drop.yaml("Summer"));

  await drop.start();
  await settled(drop, "done");

  expect(await drop.store.campaigns.list()).toHaveLength(1);
});

it.each(["before", "after"])(
  "an import that was interrupted %s its id was noted goes on by the campaign file it was begun with",
  async (when) => {
    const drop = await drops();
    const given = { csv: list(1, 2), yaml: drop.yaml("Spring") };
    const stop = new AbortController();
    await writeFile(join(drop.dir, "c.yaml"), given.yaml);
    await writeFile(join(drop.dir, "l.csv"), given.csv);
    const interrupted = await drop.importFile({
      campaignPath: join(drop.dir, "c.yaml"),
      csvPath: join(drop.dir, "l.csv"),
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    const campaign = interrupted.report.campaign ?? "";
    const { campaign: key } = campaignKeys(drop.number, campaign);
    await connectTestRedis().hset(key, "importLease", 1);
    const note = when === "before" ? {} : { campaign, bytes: sha256(given.csv) };
    await leave(drop, { ...given, note });
    await drop.drop("campaign.yaml", drop.yaml("Summer"));

    await drop.start();
    await settled(drop, "done");

    expect(await drop.store.campaigns.list()).toMatchObject([
      { id: campaign, name: "Spring", status: "running", rows: 2 },
    ]);
  },
);

it("a list whose campaign was refused, cancelled or is gone fails with that reason, and is not imported", async () => {
  const drop = await drops();
  const given = { csv: list(1), yaml: drop.yaml("Spring") };
  const bad = await imported(drop, { ...given, csv: `${list(5)}x\ny\n` });
  const cancelled = await imported(drop, { ...given, csv: list(2) });
  await drop.store.campaigns.cancel(cancelled);
  await leave(drop, { ...given, name: "bad.csv", note: { campaign: bad } });
  await leave(drop, { ...given, name: "cancelled.csv", note: { campaign: cancelled } });
  await leave(drop, { ...given, name: "gone.csv", note: { campaign: `${drop.number}-99` } });

  await drop.start();
  for (const name of ["bad.csv", "cancelled.csv", "gone.csv"]) await settled(drop, "failed", name);

  const refusal = async (name: string): Promise<unknown> =>
    (await drop.report(`failed/${name}.report.json`))["refusal"];
  expect(await refusal("bad")).toMatchObject({
    ...{ code: "drop_list_refused", message: expect.stringContaining("2 of 3 rows") },
  });
  expect(await refusal("cancelled")).toMatchObject({ code: "drop_cancelled" });
  expect(await refusal("gone")).toMatchObject({ code: "drop_campaign_gone" });
  expect(await drop.store.campaigns.list()).toHaveLength(2);
});

it("a list that was imported by somebody else meanwhile fails, and is not told as done", async () => {
  const drop = await drops();
  const given = { csv: list(1), yaml: drop.yaml("Spring") };
  const theirs = await imported(drop, given);
  const ours = await begun(drop, "another-digest");
  await leave(drop, { ...given, name: "ours.csv", note: { campaign: ours } });
  await leave(drop, { ...given, name: "none.csv" });

  await drop.start();

  for (const name of ["ours", "none"]) {
    await settled(drop, "failed", `${name}.csv`);
    expect(await drop.report(`failed/${name}.report.json`)).toMatchObject({
      campaign: theirs,
      refusal: { code: "already_imported" },
    });
  }
});

it("a list with other bytes than were taken is neither sent nor told as done", async () => {
  const drop = await drops();
  const given = { csv: list(1), yaml: drop.yaml("Spring") };
  const campaign = await imported(drop, given);
  const bytes = sha256(given.csv);
  await leave(drop, { ...given, name: "ended.csv", csv: list(2), note: { campaign, bytes } });
  await leave(drop, { ...given, name: "begun.csv", csv: list(3), note: { bytes } });

  await drop.start();

  for (const name of ["ended", "begun"]) {
    await settled(drop, "failed", `${name}.csv`);
    expect(await drop.report(`failed/${name}.report.json`)).toMatchObject({
      refusal: { code: "list_changed" },
    });
  }
  expect(await drop.store.campaigns.list()).toHaveLength(1);
});

it("a list whose copy of the campaign file is not what it was taken with is not sent", async () => {
  const drop = await drops();
  const given = { csv: list(1), yaml: drop.yaml("Spring") };
  await leave(drop, given);
  await writeFile(join(drop.dir, "processing/.x.csv.campaign"), drop.yaml("Summer"));
  await drop.drop("campaign.yaml", drop.yaml("Summer"));

  await drop.start();
  await settled(drop, "failed");

  expect(await drop.report("failed/x.report.json")).toMatchObject({
    refusal: { code: "drop_campaign_lost" },
  });
  expect(await drop.store.campaigns.list()).toEqual([]);
});

it("a list that somebody put into processing is sent by its own campaign file there, or not at all", async () => {
  const drop = await drops();
  await drop.drop("campaign.yaml", drop.yaml("Shared"));
  await mkdir(join(drop.dir, "processing"));
  await writeFile(join(drop.dir, "processing/own.yml"), drop.yaml("Own"));
  await writeFile(join(drop.dir, "processing/own.csv"), list(1));
  await writeFile(join(drop.dir, "processing/none.csv"), list(2));

  await drop.start();
  await settled(drop, "done", "own.csv");
  await settled(drop, "failed", "none.csv");

  expect(await drop.files("done")).toEqual(["own.csv", "own.report.json", "own.yml"]);
  expect(await drop.store.campaigns.list()).toMatchObject([{ name: "Own" }]);
});

it("an import that would become another campaign than it was begun as is refused", async () => {
  const drop = await drops();
  const given = { csv: list(1), yaml: drop.yaml("Spring") };
  // As when the API was a sandbox then, and is the real one now.
  const campaign = await begun(drop, "of-another-mode");
  await leave(drop, { ...given, note: { campaign, bytes: sha256(given.csv) } });

  await drop.start();
  await settled(drop, "failed");

  expect(await drop.report("failed/x.report.json")).toMatchObject({
    refusal: { code: "drop_other_campaign", message: expect.stringContaining(campaign) },
  });
  const statuses = (await drop.store.campaigns.list()).map(({ status }) => status).sort();
  expect(statuses).toEqual(["importing", "rejected"]);
});

it("a list over which three processes died is not tried again, and nothing of it is sent", async () => {
  const drop = await drops();
  const given = { csv: list(1), yaml: drop.yaml("Spring") };
  // With the one that leaves it here it is the third.
  await leave(drop, { ...given, name: "three.csv", note: { crashes: 2 } });
  await leave(drop, { ...given, csv: list(2), name: "two.csv", note: { crashes: 1 } });

  await drop.start();
  await settled(drop, "failed", "three.csv");
  await settled(drop, "done", "two.csv");

  expect(await drop.report("failed/three.report.json")).toMatchObject({
    refusal: { code: "drop_killed_producer" },
  });
  expect(await drop.store.campaigns.list()).toMatchObject([{ file: "two.csv" }]);
});

it("stopping a producer in the middle of an import is no crash", async () => {
  const drop = await drops();
  await drop.drop("campaign.yaml", drop.yaml("Spring"));
  await drop.drop("x.csv", list(1));
  for (let times = 1; times <= 4; times++) {
    const stopped = new AbortController();
    const started = drop.start(async (input) => {
      void started.then((folder) => folder.stop()).then(() => stopped.abort());
      // Told to stop before anything is stored: there is no lease to be waited for.
      return drop.importFile({ ...input, signal: AbortSignal.abort() });
    });
    await vi.waitFor(() => expect(stopped.signal.aborted).toBe(true), WAIT);
  }
  expect(await drop.files("processing")).toContain("x.csv");

  await drop.start();

  await settled(drop, "done");
  expect(await drop.store.campaigns.list()).toMatchObject([{ rows: 1, status: "running" }]);
});

it("a list over which a process died is imported alone, after the others", async () => {
  const drop = await drops();
  const yaml = drop.yaml("Spring");
  for (const person of [1, 2, 3, 4]) {
    const note = person < 3 ? { crashes: 1 } : { crashes: -1 };
    await leave(drop, { name: `${person}.csv`, csv: list(person), yaml, note });
  }
  const inHand = new Set<string>();
  const seen: string[] = [];
  await drop.start(async (input) => {
    const name = basename(input.csvPath ?? "");
    inHand.add(name);
    await vi.waitFor(() => expect(drop.said.join().match(/resuming it/g)).toHaveLength(4), WAIT);
    seen.push([...inHand].sort().join(" and "));
    const result = await drop.importFile(input);
    inHand.delete(name);
    return result;
  });

  for (const person of [1, 2, 3, 4]) await settled(drop, "done", `${person}.csv`);
  const alone = seen.filter((names) => names === "1.csv" || names === "2.csv");
  expect(alone).toHaveLength(2);
  expect(seen.filter((names) => /[12]\.csv and|and [12]\.csv/.test(names))).toEqual([]);
});

it("files that were on their way go on under the name that was reserved for them", async () => {
  const drop = await drops();
  const given = { csv: list(1), yaml: drop.yaml("Spring") };
  const campaign = await imported(drop, given);
  const settling = { folder: "done" as const, stem: "x" };
  await leave(drop, { ...given, note: { campaign, settling, id: "ours" } });
  await mkdir(join(drop.dir, "done"));
  const report = { campaign, rows: 1, drop: "ours", counts: { pending: 1 } };
  await writeFile(join(drop.dir, "done/x.report.json"), JSON.stringify(report));

  await drop.start();
  await settled(drop, "done");

  expect(await drop.files("done")).toEqual(["x.csv", "x.report.json"]);
  expect(await drop.report("done/x.report.json")).toEqual(report);
});

it.each(["another drop's", "half a"])(
  "%s report under the name that was noted is left alone: the list gets the next one",
  async (what) => {
    const drop = await drops();
    const given = { csv: list(1), yaml: drop.yaml("Spring") };
    const campaign = await imported(drop, given);
    const settling = { folder: "done" as const, stem: "x" };
    await leave(drop, { ...given, note: { campaign, settling, id: "ours" } });
    await mkdir(join(drop.dir, "done"));
    const other = JSON.stringify({ campaign, drop: "theirs" });
    await writeFile(
      join(drop.dir, "done/x.report.json"),
      what === "half a" ? other.slice(0, 20) : other,
    );

    await drop.start();
    await settled(drop, "done", "x-2.csv");

    expect(await drop.files("done")).toEqual(["x-2.csv", "x-2.report.json", "x.report.json"]);
    expect(await drop.report("done/x-2.report.json")).toMatchObject({ campaign, drop: "ours" });
  },
);

it("a list that cannot be moved on is imported once, told of once, and moves when it can", async () => {
  const drop = await drops();
  await drop.drop("shop/campaign.yaml", drop.yaml("Spring"));
  await drop.drop("shop/x.csv", list(1));
  // Something else has the name of the folder in done.
  await mkdir(join(drop.dir, "done"));
  await writeFile(join(drop.dir, "done/shop"), "");
  let imports = 0;
  await drop.start((input) => {
    imports++;
    return drop.importFile(input);
  });
  await vi.waitFor(() => expect(drop.said.join()).toContain("it will be retried"), WAIT);
  await drop.drop("shop/campaign.yaml", drop.yaml("Summer"));
  const tries = performance.now() + 500;
  await vi.waitFor(() => expect(performance.now()).toBeGreaterThan(tries), WAIT);
  expect(
    drop.said.filter((line) => line.includes("x.csv") && line.includes("retried")),
  ).toHaveLength(1);

  await rename(join(drop.dir, "done/shop"), join(drop.dir, "shop"));

  await settled(drop, "done", "shop/x.csv");
  expect(imports).toBe(1);
  expect(await drop.store.campaigns.list()).toHaveLength(1);
});

it("what is left of claims in processing is cleared away, and nothing else", async () => {
  const drop = await drops();
  const processing = join(drop.dir, "processing");
  await mkdir(processing);
  const left = [".x.csv.campaign", "..x.csv.rejects.main-1.tmp", ".x.csv.claim.0123456789abcdef"];
  for (const name of [...left, ".gitkeep", "notes.txt"])
    await writeFile(join(processing, name), "");

  await drop.start();

  await vi.waitFor(async () => {
    expect(await drop.files("processing")).toEqual([".gitkeep", "notes.txt"]);
  }, WAIT);
});
