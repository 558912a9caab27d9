import { execFileSync } from "node:child_process";
import { link, mkdir, open, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { testPhone } from "../../support/campaigns.ts";
import { drops, list, WAIT } from "./drops.ts";
import { ownClock } from "./own-clock.ts";

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
  const clock = ownClock();
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
    clock.pass(settleMs / 2);
  }
  await slow.close();
  clock.run();

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

it("the name of a list that is dropped again and again is numbered without a gap", async () => {
  const drop = await drops();
  await mkdir(join(drop.dir, "failed"));
  for (let nth = 1; nth <= 9; nth++) {
    const stem = nth === 1 ? "x" : `x-${nth}`;
    await writeFile(join(drop.dir, `failed/${stem}.report.json`), "{}");
  }
  await drop.start();

  await drop.drop("x.csv", list(1));

  await vi.waitFor(async () => expect(await drop.files("failed")).toContain("x-10.csv"), WAIT);
  expect(await drop.files("failed")).toContain("x-10.report.json");
});
