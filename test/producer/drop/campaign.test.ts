import { mkdir, open, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { type Drops, drops, list, WAIT } from "./drops.ts";
import { ownClock } from "./own-clock.ts";

/** The names of the campaigns, by the list each came from. */
async function sentBy(drop: Drops): Promise<Record<string, string>> {
  const campaigns = await drop.store.campaigns.list();
  return Object.fromEntries(campaigns.map(({ file, name }) => [file, name]));
}

it.each([
  ["news.csv", "news.YAML"],
  ["Sale.csv", "sale.yml"],
  ["caf\u00e9.csv", "cafe\u0301.json"],
])("%s is sent by its own %s, and both move on", async (csv, own) => {
  const drop = await drops();
  await drop.drop("x/campaign.yaml", drop.yaml("Shared"));
  await drop.drop(`x/${own}`, drop.yaml("Own"));
  await drop.drop(`x/${csv}`, list(1));
  await drop.start();

  await vi.waitFor(async () => expect(await drop.files("done")).toContain(`x/${csv}`), WAIT);

  expect(await sentBy(drop)).toEqual({ [csv]: "Own" });
  expect(await drop.files("inbox")).toEqual(["x/campaign.yaml"]);
  const stem = csv.replace(".csv", "");
  expect(await drop.files("done")).toContain(`x/${stem}.${own.split(".")[1]}`);
  expect(await drop.report(`done/x/${stem}.report.json`)).toMatchObject({ campaignFile: own });
});

it("a list that comes before its own campaign file waits for it, beside the folder's", async () => {
  const drop = await drops();
  await drop.start(drop.importFile, { graceMs: 60_000 });
  await drop.drop("campaign.yaml", drop.yaml("Shared"));
  await drop.drop("promo.csv", list(1));
  await vi.waitFor(() => expect(drop.said.join()).toContain("promo.csv: waits"), WAIT);

  await drop.drop("promo.yaml", drop.yaml("Own"));

  await vi.waitFor(async () => expect(await sentBy(drop)).toEqual({ "promo.csv": "Own" }), WAIT);
  expect(drop.said[0]).toBe(
    "promo.csv: waits for a campaign file of its own for 60 s, then it is sent by campaign.yaml.",
  );
});

it("a campaign file that comes after its list was sent by the folder's is told of, and sends the list that comes next", async () => {
  const drop = await drops();
  await drop.start();
  await drop.drop("campaign.yaml", drop.yaml("Shared"));
  await drop.drop("promo.csv", list(1));
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("promo.csv"), WAIT);
  const [campaign] = await drop.store.campaigns.list();

  await drop.drop("Promo.YAML", drop.yaml("Own"));

  const told = `Promo.YAML: came after promo.csv had been taken with the campaign file of the folder as ${campaign?.id}, and was not used.`;
  await vi.waitFor(() => expect(drop.said.join("\n")).toContain(told), WAIT);
  expect(drop.said.join("\n")).toContain(`To stop it: dropcast cancel ${campaign?.id}.`);
  await drop.drop("promo.csv", list(2));
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("promo-2.csv"), WAIT);
  const names = (await drop.store.campaigns.list()).map(({ name }) => name).sort();
  expect(names).toEqual(["Own", "Shared"]);
});

it("a campaign file without a list is told of once, and kept", async () => {
  const drop = await drops();
  await drop.start();

  await drop.drop("early.yaml", drop.yaml("Early"));
  await drop.drop("campaign.yaml", drop.yaml("Shared"));
  await drop.drop("other.csv", list(1));

  await vi.waitFor(() => expect(drop.said.join()).toContain("no list early.csv"), WAIT);
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("other.csv"), WAIT);
  expect(drop.said.filter((line) => line.startsWith("early.yaml"))).toHaveLength(1);
  expect(drop.said.join()).not.toContain("no list campaign.csv");
  expect(await drop.files("inbox")).toEqual(["campaign.yaml", "early.yaml"]);
});

it.each([
  ["two campaign files of its own", ["promo.yaml", "promo.json"]],
  ["the campaign file under a name of a browser's", ["promo (1).yaml"]],
  ["a campaign file that was not renamed", ["promo.yaml.part"]],
  ["the backup of a campaign file", ["promo.yaml~"]],
  ["two campaign files of the folder", ["Campaign.json"]],
])("a list beside %s is refused, and they stay", async (_what, files) => {
  const drop = await drops();
  await drop.drop("campaign.yaml", drop.yaml("Shared"));
  for (const file of files) await drop.drop(file, drop.yaml("Own"));
  await drop.drop("promo.csv", list(1));
  await drop.start();

  await vi.waitFor(async () => {
    expect(await drop.files("failed")).toEqual(["promo.csv", "promo.report.json"]);
  }, WAIT);

  expect(await drop.report("failed/promo.report.json")).toMatchObject({
    campaign: null,
    refusal: {
      code: "drop_campaign_unclear",
      message: expect.stringContaining(files[0] ?? ""),
    },
  });
  expect(await drop.files("inbox")).toEqual(["campaign.yaml", ...files].sort());
  expect(await drop.store.campaigns.list()).toEqual([]);
});

it("a list waits as long as its own campaign file is being written under another name", async () => {
  const clock = ownClock();
  const drop = await drops();
  await drop.start(drop.importFile, { graceMs: 1_500 });
  await drop.drop("campaign.yaml", drop.yaml("Shared"));
  await drop.drop("promo.csv", list(1));
  const part = join(drop.dir, "inbox/promo.yaml.part");
  const slow = await open(part, "w");
  for (const piece of drop.yaml("Own").match(/.{1,12}/g) ?? []) {
    await slow.write(piece);
    // Each is looked at, and none is older than the others before the next.
    await new Promise((resolve) => setTimeout(resolve, 150));
    clock.pass(1_000);
  }
  await slow.close();
  await rename(part, join(drop.dir, "inbox/promo.yaml"));
  clock.run();

  await vi.waitFor(async () => expect(await sentBy(drop)).toEqual({ "promo.csv": "Own" }), WAIT);
});

it.each(["promo.yaml", "campaign.yaml"])(
  "a %s that is still being written is waited for",
  async (file) => {
    const clock = ownClock();
    const drop = await drops();
    await drop.start(drop.importFile, { settleMs: 2_000, graceMs: 2_000 });
    await drop.drop("promo.csv", list(1));
    const slow = await open(join(drop.dir, "inbox", file), "w");
    for (const piece of drop.yaml("Whole").match(/.{1,12}/g) ?? []) {
      await slow.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 200));
      clock.pass(1_000);
    }
    await slow.close();
    clock.run();

    await vi.waitFor(async () => expect(await drop.files("done")).toContain("promo.csv"), WAIT);
    expect(await sentBy(drop)).toEqual({ "promo.csv": "Whole" });
  },
);

it("a mistake in a campaign file that is new may be half a file: it is read again before it is refused", async () => {
  const drop = await drops();
  await drop.start(drop.importFile, { graceMs: 60_000 });
  const whole = drop.yaml("Whole");
  await drop.drop("promo.csv", list(1));
  await drop.drop("promo.yaml", whole.slice(0, -20));
  await drop.drop("seen.yaml", drop.yaml("Seen"));
  await drop.drop("seen.csv", list(2));
  // The half file has been whole to the eye for as long as this one.
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("seen.csv"), WAIT);
  expect(await drop.files("inbox")).toEqual(["promo.csv", "promo.yaml"]);

  await drop.drop("promo.yaml", whole);

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("promo.csv"), WAIT);
});

it("a campaign file that is a link is not read, and no other takes its place", async () => {
  const drop = await drops();
  await drop.drop("campaign.yaml", drop.yaml("Shared"));
  await writeFile(join(drop.dir, "secret.yaml"), drop.yaml("Secret"));
  await symlink(join(drop.dir, "secret.yaml"), join(drop.dir, "inbox/promo.yaml"));
  await drop.drop("promo.csv", list(1));
  await drop.start();

  await vi.waitFor(async () => expect(await drop.files("failed")).toContain("promo.csv"), WAIT);
  expect(await drop.report("failed/promo.report.json")).toMatchObject({
    refusal: { code: "drop_not_regular", message: expect.stringContaining("promo.yaml") },
  });
  expect(await drop.store.campaigns.list()).toEqual([]);
});

it("a list goes by the campaign file of its folder as it was when the list was taken", async () => {
  const drop = await drops();
  await drop.drop("campaign.yaml", drop.yaml("Before"));
  await drop.drop("promo.csv", list(1));
  let asked = 0;
  await drop.start(async (input) => {
    asked++;
    if (asked === 1) {
      await writeFile(join(drop.dir, "inbox/campaign.yaml"), drop.yaml("After"));
      throw new Error("Connection is closed.");
    }
    return drop.importFile(input);
  });

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("promo.csv"), WAIT);
  expect(await sentBy(drop)).toEqual({ "promo.csv": "Before" });
  await drop.drop("next.csv", list(2));
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("next.csv"), WAIT);
  expect(await sentBy(drop)).toEqual({ "promo.csv": "Before", "next.csv": "After" });
});

it("a list goes by its own campaign file as it was, whatever happens to that in processing", async () => {
  const drop = await drops();
  await drop.drop("promo.yaml", drop.yaml("Before"));
  await drop.drop("promo.csv", list(1));
  let asked = 0;
  await drop.start(async (input) => {
    asked++;
    if (asked > 1) return drop.importFile(input);
    await rm(join(drop.dir, "processing/promo.yaml"));
    await mkdir(join(drop.dir, "processing/promo.yaml"));
    throw new Error("Connection is closed.");
  });

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("promo.csv"), WAIT);
  expect(await sentBy(drop)).toEqual({ "promo.csv": "Before" });
});

it("messages call the campaign file by its own name", async () => {
  const drop = await drops();
  await drop.drop("x.YAML", "name: X\ntemplat: {}\n");
  await drop.drop("x.csv", list(1));
  await drop.start();

  await vi.waitFor(async () => expect(await drop.files("failed")).toContain("x.YAML"), WAIT);
  const report = await readFile(join(drop.dir, "failed/x.report.json"), "utf8");
  expect(JSON.parse(report)).toMatchObject({ refusal: { code: "campaign_file_invalid" } });
  expect(report).toContain("x.YAML");
  expect(report).not.toContain(".x.csv.campaign");
});

it("a start that passes while a list waits in the inbox does not make it late", async () => {
  const drop = await drops();
  await drop.start(drop.importFile, { graceMs: 60_000 });
  await drop.drop("x.csv", list(1));
  await drop.drop("seen.yaml", drop.yaml("Seen"));
  await drop.drop("seen.csv", list(2));
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("seen.csv"), WAIT);
  // After the list has come, and before it is taken.
  const startAt = new Date(Date.now() + 1).toISOString();
  const soon = { ...JSON.parse(drop.yaml("Soon")), schedule: { startAt } };
  await drop.drop("x.yaml", JSON.stringify(soon));

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("x.csv"), WAIT);
});
