import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { ImportFile } from "../../../src/producer/import-file.ts";
import { drops, list, WAIT } from "./drops.ts";

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
