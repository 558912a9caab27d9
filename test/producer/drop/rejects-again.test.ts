import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { testPhone } from "../../support/campaigns.ts";
import { drops, list, WAIT } from "./drops.ts";

it("a rejects file that was corrected and dropped again mends its campaign, wherever it is dropped", async () => {
  const drop = await drops();
  await drop.start();
  await writeFile(join(drop.dir, "inbox/may.yaml"), drop.yaml("May"));
  await writeFile(join(drop.dir, "inbox/may.csv"), `${list(1, 2, 3, 4, 5, 6, 7, 8)}bad\nworse\n`);
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("may.csv"), WAIT);
  const { campaign } = (await drop.report("done/may.report.json")) as { campaign: string };
  const rejects = await readFile(join(drop.dir, "done/may.rejects.csv"), "utf8");

  // No campaign file: the rows name their campaign themselves.
  const corrected = rejects.replace("bad", testPhone(9));
  await writeFile(join(drop.dir, "inbox/may.rejects.csv"), corrected);
  const mended = "may.rejects-2.csv";
  await vi.waitFor(async () => expect(await drop.files("done")).toContain(mended), WAIT);

  expect(await drop.files("done")).toEqual(
    [
      "may.csv",
      "may.rejects-2.csv",
      "may.rejects-2.rejects.csv",
      "may.rejects-2.report.json",
      "may.rejects.csv",
      "may.report.json",
      "may.yaml",
    ].sort(),
  );
  expect(await drop.report("done/may.rejects-2.report.json")).toMatchObject({
    campaign,
    rows: 2,
    mended: 1,
    stillRejected: 1,
    alreadyMended: 0,
    rejectsFile: "may.rejects-2.rejects.csv",
    samples: [{ body: { to: "48******09" } }],
  });
  const found = await drop.store.campaigns.find(campaign);
  expect(found).toMatchObject({ rows: 10, counts: { pending: 9, rejected: 1 } });
  expect(await drop.store.campaigns.list()).toHaveLength(1);
  await vi.waitFor(async () => expect(await drop.files("processing")).toEqual([]), WAIT);

  // Beside another campaign's file, and with rows that were mended before.
  const second = corrected.replace("worse", testPhone(10));
  await mkdir(join(drop.dir, "inbox/shop"));
  await writeFile(join(drop.dir, "inbox/shop/campaign.yaml"), drop.yaml("Shop"));
  await writeFile(join(drop.dir, "inbox/shop/x.csv"), second);
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("shop/x.csv"), WAIT);

  expect(await drop.report("done/shop/x.report.json")).toMatchObject({
    campaign,
    mended: 1,
    stillRejected: 0,
    alreadyMended: 1,
    rejectsFile: null,
  });
  const { counts } = (await drop.store.campaigns.find(campaign)) ?? {};
  expect(counts).toMatchObject({ pending: 10, rejected: 0 });
  expect(drop.said.join()).not.toContain(testPhone(9));
});

it("a rejects file of a campaign that is over fails, with the reason", async () => {
  const drop = await drops();
  await drop.start();
  await writeFile(join(drop.dir, "inbox/campaign.yaml"), drop.yaml("Over"));
  await writeFile(join(drop.dir, "inbox/a.csv"), `${list(1, 2, 3, 4, 5)}bad\n`);
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("a.rejects.csv"), WAIT);
  const [campaign] = await drop.store.campaigns.list();
  await drop.store.campaigns.cancel(campaign?.id ?? "");

  const rejects = await readFile(join(drop.dir, "done/a.rejects.csv"), "utf8");
  await writeFile(join(drop.dir, "inbox/a-again.csv"), rejects.replace("bad", testPhone(9)));

  await vi.waitFor(async () => expect(await drop.files("failed")).toContain("a-again.csv"), WAIT);
  expect(await drop.report("failed/a-again.report.json")).toMatchObject({
    campaign: campaign?.id,
    refusal: { code: "campaign_closed" },
  });
  expect(await drop.store.campaigns.list()).toHaveLength(1);
});

it("a rejects file that a mere check wrote is a list like any other", async () => {
  const drop = await drops();
  await drop.start();
  await writeFile(join(drop.dir, "inbox/campaign.yaml"), drop.yaml("Checked"));
  const header = "phone,line,code,reason,suggestion,dropcast_campaign,dropcast_row";

  await writeFile(
    join(drop.dir, "inbox/checked.csv"),
    `${header}\n'+${testPhone(1)},2,phone_invalid,why,what,,1\n`,
  );

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("checked.csv"), WAIT);
  const [campaign] = await drop.store.campaigns.list();
  expect(campaign).toMatchObject({ rows: 1, counts: { pending: 1 } });
  const row = await drop.store.rows.one(campaign?.id ?? "", 1);
  expect(row).toMatchObject({ phone: testPhone(1), cells: [`+${testPhone(1)}`] });
});
