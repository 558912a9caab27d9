import { execFileSync } from "node:child_process";
import { link, mkdir, open, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { ImportFile } from "../../../src/producer/import-file.ts";
import { testPhone } from "../../support/campaigns.ts";
import { drops, list, WAIT } from "./drops.ts";

it("a list whose start has passed goes to failed with that reason: nobody is there to be asked", async () => {
  const drop = await drops();
  await drop.start();
  const yaml = { ...JSON.parse(drop.yaml("Late")), schedule: { startAt: "2026-01-01T09:00:00Z" } };

  await writeFile(join(drop.dir, "inbox/late.yaml"), JSON.stringify(yaml));
  await writeFile(join(drop.dir, "inbox/late.csv"), list(1, 2, 3));

  await vi.waitFor(async () => {
    expect(await drop.files("failed")).toEqual(["late.csv", "late.report.json", "late.yaml"]);
  }, WAIT);
  expect(await drop.report("failed/late.report.json")).toMatchObject({
    campaign: null,
    refusal: { code: "start_at_past", message: expect.stringContaining("2026-01-01T09:00:00Z") },
  });
  expect(await drop.store.campaigns.list()).toEqual([]);
});

it("a list whose letters fit no encoding surely goes to failed, and its campaign file may name one", async () => {
  const drop = await drops();
  await drop.start();
  const content = Buffer.from(`phone;name\n${testPhone(1)};Ay\xfee\n`, "latin1");
  const named = { ...JSON.parse(drop.yaml("Named")), recipients: { encoding: "windows-1254" } };

  await writeFile(join(drop.dir, "inbox/asked.yaml"), drop.yaml("Asked"));
  await writeFile(join(drop.dir, "inbox/asked.csv"), content);
  await writeFile(join(drop.dir, "inbox/named.yaml"), JSON.stringify(named));
  await writeFile(join(drop.dir, "inbox/named.csv"), content);

  await vi.waitFor(async () => {
    expect(await drop.files("failed")).toEqual(["asked.csv", "asked.report.json", "asked.yaml"]);
    expect(await drop.files("done")).toEqual(["named.csv", "named.report.json", "named.yaml"]);
  }, WAIT);
  expect(await drop.report("failed/asked.report.json")).toMatchObject({
    campaign: null,
    refusal: {
      code: "encoding_unlikely",
      problems: expect.arrayContaining([
        expect.objectContaining({ name: "windows-1254", message: 'reads "Ayşe"' }),
      ]),
    },
  });
  await vi.waitFor(() => expect(drop.said.join("\n")).toContain("--encoding"), WAIT);
  expect(drop.said.join("\n")).not.toMatch(/Ay\P{ASCII}e/u);
  expect(await drop.store.campaigns.list()).toMatchObject([{ name: "Named", rows: 1 }]);
});

it("a list is imported by the campaign file beside it, and both move on with a report", async () => {
  const drop = await drops();
  await drop.start();

  await writeFile(join(drop.dir, "inbox/may.yaml"), drop.yaml("May"));
  await writeFile(join(drop.dir, "inbox/may.csv"), `${list(1, 2, 3, 4, 5)}broken\n`);

  await vi.waitFor(async () => {
    expect(await drop.files("done")).toEqual([
      "may.csv",
      "may.rejects.csv",
      "may.report.json",
      "may.yaml",
    ]);
  }, WAIT);
  expect(await drop.files("inbox")).toEqual([]);
  await vi.waitFor(async () => expect(await drop.files("processing")).toEqual([]), WAIT);
  const [campaign] = await drop.store.campaigns.list();
  expect(campaign).toMatchObject({ name: "May", status: "running", rows: 6, file: "may.csv" });
  expect(await drop.report("done/may.report.json")).toMatchObject({
    campaign: campaign?.id,
    file: "may.csv",
    rows: 6,
    counts: { pending: 5, rejected: 1, duplicate: 0 },
    problems: [{ code: "phone_invalid", count: 1, lines: [7] }],
    rejectsFile: "may.rejects.csv",
    status: "running",
  });
  expect(drop.said.join()).not.toContain(testPhone(1));
});

it("a folder's campaign.yaml serves every list of that folder and stays", async () => {
  const drop = await drops();
  await mkdir(join(drop.dir, "inbox/shops/north"), { recursive: true });
  await writeFile(join(drop.dir, "inbox/shops/north/campaign.yaml"), drop.yaml("North"));
  await writeFile(join(drop.dir, "inbox/shops/north/a.csv"), list(1));
  await writeFile(join(drop.dir, "inbox/shops/north/b.CSV"), list(2));

  await drop.start();

  await vi.waitFor(async () => {
    expect(await drop.files("done")).toEqual([
      "shops/north/a.csv",
      "shops/north/a.report.json",
      "shops/north/b.csv",
      "shops/north/b.report.json",
    ]);
  }, WAIT);
  expect(await drop.files("inbox")).toEqual(["shops/north/campaign.yaml"]);
  expect(await drop.store.campaigns.list()).toHaveLength(2);
});

it("a list waits for its campaign file", async () => {
  const drop = await drops();
  await drop.start(drop.importFile, { graceMs: 60_000 });
  await writeFile(join(drop.dir, "inbox/late.csv"), list(1));
  await writeFile(join(drop.dir, "inbox/campaign.yaml"), drop.yaml("Of the folder"));
  await vi.waitFor(() => expect(drop.said.join()).toContain("own"), WAIT);

  await writeFile(join(drop.dir, "inbox/late.yaml"), drop.yaml("Late"));

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("late.csv"), WAIT);
});

it("a list without a campaign file fails after a while, with a report that says so", async () => {
  const drop = await drops();
  await drop.start();

  await writeFile(join(drop.dir, "inbox/alone.csv"), list(1));

  await vi.waitFor(async () => {
    expect(await drop.files("failed")).toEqual(["alone.csv", "alone.report.json"]);
  }, WAIT);
  expect(await drop.report("failed/alone.report.json")).toMatchObject({
    campaign: null,
    refusal: { code: "drop_no_campaign" },
  });
});

it("a refused list fails with its campaign file, rejects and reasons", async () => {
  const drop = await drops();
  await writeFile(join(drop.dir, "inbox/bad.yaml"), drop.yaml("Bad"));
  await writeFile(join(drop.dir, "inbox/bad.csv"), `${list(1)}x\ny\n`);

  await drop.start();

  await vi.waitFor(async () => {
    expect(await drop.files("failed")).toEqual([
      "bad.csv",
      "bad.rejects.csv",
      "bad.report.json",
      "bad.yaml",
    ]);
  }, WAIT);
  expect(await drop.report("failed/bad.report.json")).toMatchObject({
    refusal: { code: "list_too_many_rejected" },
    rejectsFile: "bad.rejects.csv",
  });
});

it("a campaign file with a mistake fails its list with the reason", async () => {
  const drop = await drops();
  await writeFile(join(drop.dir, "inbox/x.yaml"), "name: X\ntemplat: {}\n");
  await writeFile(join(drop.dir, "inbox/x.csv"), list(1));

  await drop.start();

  await vi.waitFor(async () => expect(await drop.files("failed")).toContain("x.yaml"), WAIT);
  expect(await drop.report("failed/x.report.json")).toMatchObject({
    refusal: { code: "campaign_file_invalid" },
  });
});

it("the same bytes again fail with the first id, and no name is overwritten", async () => {
  const drop = await drops();
  await drop.start();
  await writeFile(join(drop.dir, "inbox/campaign.yaml"), drop.yaml("Same"));
  const dropSame = async (): Promise<void> => {
    await writeFile(join(drop.dir, "inbox/same.csv"), list(1));
  };

  // The list is moved last of its files.
  await dropSame();
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("same.csv"), WAIT);
  await dropSame();
  await vi.waitFor(async () => expect(await drop.files("failed")).toContain("same.csv"), WAIT);
  await dropSame();
  await vi.waitFor(async () => expect(await drop.files("failed")).toContain("same-2.csv"), WAIT);

  const first = await drop.report("done/same.report.json");
  expect(await drop.files("failed")).toEqual([
    "same-2.csv",
    "same-2.report.json",
    "same.csv",
    "same.report.json",
  ]);
  for (const name of ["same", "same-2"]) {
    expect(await drop.report(`failed/${name}.report.json`)).toMatchObject({
      campaign: first["campaign"],
      refusal: { code: "already_imported" },
    });
  }
});

it("a list that grows, however slowly, is taken when it has stopped growing", async () => {
  const drop = await drops();
  const settleMs = 2_000;
  await drop.start(drop.importFile, { settleMs });
  await drop.drop("slow.yaml", drop.yaml("Slow"));
  const slow = await open(join(drop.dir, "inbox/slow.csv"), "w");
  await slow.write("phone\n");
  // Many looks see each of its sizes, and none lasts as long as a whole file has to.
  for (let row = 1; row <= 15; row++) {
    await slow.write(`${testPhone(row)}\n`);
    await new Promise((resolve) => setTimeout(resolve, settleMs / 10));
  }
  await slow.close();

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("slow.csv"), WAIT);
  expect(await drop.report("done/slow.report.json")).toMatchObject({ rows: 15 });
});

it("a list that stops in the middle of a line is waited for longer", async () => {
  const drop = await drops();
  await drop.start(drop.importFile, { graceMs: 3_600_000 });
  await drop.drop("cut.yaml", drop.yaml("Cut"));
  await drop.drop("cut.csv", list(1).trimEnd());
  await drop.drop("whole.yaml", drop.yaml("Whole"));
  await drop.drop("whole.csv", list(2));

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("whole.csv"), WAIT);
  expect(await drop.files("inbox")).toContain("cut.csv");
});

it("a list that has stopped in the middle of a line for long is taken all the same", async () => {
  const drop = await drops();
  await drop.start();
  await drop.drop("cut.yaml", drop.yaml("Cut"));
  await drop.drop("cut.csv", list(1).trimEnd());

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("cut.csv"), WAIT);
});

it("a file that is hidden, or has a name for half-written files, is not taken", async () => {
  const drop = await drops();
  await drop.start();
  await drop.drop("campaign.yaml", drop.yaml("Slow"));
  await drop.drop(".hidden.csv", list(7));
  await drop.drop("upload.csv.part", list(8));
  await drop.drop("seen.csv", list(9));
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("seen.csv"), WAIT);

  await rename(join(drop.dir, "inbox/upload.csv.part"), join(drop.dir, "inbox/upload.csv"));
  await vi.waitFor(async () => expect(await drop.files("done")).toContain("upload.csv"), WAIT);
  expect(await drop.files("inbox")).toEqual([".hidden.csv", "campaign.yaml"]);
});

it("links, pipes and second names of files are never read", async () => {
  const drop = await drops();
  const secret = join(drop.dir, "secret.csv");
  await writeFile(secret, list(1));
  await writeFile(join(drop.dir, "inbox/campaign.yaml"), drop.yaml("Link"));
  await symlink(secret, join(drop.dir, "inbox/link.csv"));
  await link(secret, join(drop.dir, "inbox/hard.csv"));
  execFileSync("mkfifo", [join(drop.dir, "inbox/pipe.csv")]);

  await drop.start();

  await vi.waitFor(async () => expect(await drop.files("failed")).toHaveLength(6), WAIT);
  for (const name of ["link", "hard", "pipe"]) {
    expect(await drop.report(`failed/${name}.report.json`)).toMatchObject({
      refusal: { code: "drop_not_regular" },
    });
  }
  expect(await drop.store.campaigns.list()).toEqual([]);
});

it("three producers on one folder import each list once", async () => {
  const drop = await drops();
  await writeFile(join(drop.dir, "inbox/campaign.yaml"), drop.yaml("Twins"));
  await Promise.all([drop.start(), drop.start(), drop.start()]);

  for (let name = 1; name <= 6; name++) {
    await writeFile(join(drop.dir, `inbox/list${name}.csv`), list(name));
  }

  await vi.waitFor(async () => expect(await drop.files("done")).toHaveLength(12), WAIT);
  expect(await drop.store.campaigns.list()).toHaveLength(6);
  expect(await drop.files("failed")).toEqual([]);
  await vi.waitFor(async () => expect(await drop.files("processing")).toEqual([]), WAIT);
});

it("a list that a dead producer left is gone on with under the same id", async () => {
  const drop = await drops();
  await writeFile(join(drop.dir, "inbox/campaign.yaml"), drop.yaml("Crash"));
  const csv = list(...Array.from({ length: 3_000 }, (_, index) => index + 1));
  const interrupted = await drop.start((input) =>
    drop.importFile({
      ...input,
      onProgress: ({ rows }) => {
        if (rows > 1_000) void interrupted.stop();
      },
    }),
  );
  await writeFile(join(drop.dir, "inbox/big.csv"), csv);
  await vi.waitFor(async () => {
    expect((await drop.store.campaigns.list())[0]?.status).toBe("importing");
    expect(await drop.files("processing")).toContain("big.csv");
  }, WAIT);

  await drop.start();

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("big.csv"), WAIT);
  const campaigns = await drop.store.campaigns.list();
  expect(campaigns).toHaveLength(1);
  expect(campaigns[0]).toMatchObject({ status: "running", rows: 3_000 });
});

it("a list whose import was finished by a producer that died moves to done with its id", async () => {
  const drop = await drops();
  await mkdir(join(drop.dir, "processing"), { recursive: true });
  const csvPath = join(drop.dir, "processing/x.csv");
  await writeFile(csvPath, list(1, 2));
  await writeFile(join(drop.dir, "processing/x.yaml"), drop.yaml("Ended"));
  const imported = await drop.importFile({
    campaignPath: join(drop.dir, "processing/x.yaml"),
    csvPath,
  });
  const note = { dropped: "x.csv", campaign: imported.report.campaign, settling: null };
  const owner = { token: "0".repeat(16), host: "another-host", pid: 1 };
  await writeFile(join(drop.dir, "processing/.x.csv.claim"), JSON.stringify({ ...note, ...owner }));

  await drop.start();

  await vi.waitFor(async () => {
    expect(await drop.files("done")).toEqual(["x.csv", "x.report.json", "x.yaml"]);
  }, WAIT);
  expect(await drop.report("done/x.report.json")).toMatchObject({
    campaign: imported.report.campaign,
    status: "imported",
  });
  expect(await drop.store.campaigns.list()).toHaveLength(1);
});

it("a list that a living producer works on is left to it", async () => {
  const drop = await drops();
  await writeFile(join(drop.dir, "inbox/campaign.yaml"), drop.yaml("Slow import"));
  let openGate = (): void => {};
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  let importers = 0;
  const slow: ImportFile = async (input) => {
    importers++;
    await gate;
    return drop.importFile(input);
  };
  await drop.start(slow);
  await writeFile(join(drop.dir, "inbox/x.csv"), list(1));
  await vi.waitFor(() => expect(importers).toBe(1), WAIT);

  await drop.start(slow);
  await writeFile(join(drop.dir, "inbox/y.csv"), list(2));
  await vi.waitFor(() => expect(importers).toBe(2), WAIT);
  openGate();

  await vi.waitFor(async () => expect(await drop.files("done")).toHaveLength(4), WAIT);
  expect(importers).toBe(2);
});

it("a store that is away for a while costs a list nothing", async () => {
  const drop = await drops();
  await writeFile(join(drop.dir, "inbox/campaign.yaml"), drop.yaml("Outage"));
  let outages = 1;
  await drop.start((input) => {
    if (outages-- > 0) throw new Error("Connection is closed.");
    return drop.importFile(input);
  });

  await writeFile(join(drop.dir, "inbox/x.csv"), list(1));

  await vi.waitFor(async () => expect(await drop.files("done")).toContain("x.csv"), WAIT);
  expect(drop.said.join()).toContain("it will be retried");
});

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

it("each dropped list is noted in the audit with its outcome, without a phone in its name", async () => {
  const drop = await drops();
  await drop.start();

  await drop.drop("campaign.yaml", drop.yaml("Audit"));
  await drop.drop(`good ${testPhone(1)}.csv`, list(1, 2));
  await drop.drop("bad.csv", "phone\nx\n");

  const read = () =>
    drop.store.acts.read({ campaign: null, sinceMs: 0, limit: 1_000, lookedAtMax: 100_000 });
  await vi.waitFor(async () => {
    const [campaign] = await drop.store.campaigns.list();
    const { lines } = await read();
    expect(lines).toContainEqual(
      expect.objectContaining({
        ...{ who: "drop folder", via: "drop folder", what: "send", result: "done" },
        ...{ campaigns: [campaign?.id] },
        details: { list: "good ….csv", messages: 2, rejected: 0 },
      }),
    );
    expect(lines.some(({ details, code }) => details["list"] === "bad.csv" && code)).toBe(true);
  }, WAIT);
});
