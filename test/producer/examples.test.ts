import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readCampaignFile } from "../../src/producer/import-file.ts";
import { storeIn } from "../../src/producer/sink/sink.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { reachesNoOne } from "../support/fiction.ts";
import { connectTestRedis, testNumber } from "../support/redis.ts";
import { importList } from "./import/by-path.ts";

const examples = fileURLToPath(new URL("../../examples", import.meta.url));

it("the example campaign sends the example list, whose bad rows are bad on purpose", async () => {
  const number = testNumber();
  const store = await createNumberStore({ redis: connectTestRedis(), number });
  const campaign = await readCampaignFile(join(examples, "spring-sale.yaml"));
  if (!campaign.ok) throw new Error(campaign.refusal.message);

  const imported = await importList({
    sink: storeIn(store.imports),
    definition: { ...campaign.value, number },
    csvPath: join(examples, campaign.value.recipients.file ?? ""),
    rejectsPath: null,
    mode: "sandbox",
    country: null,
  });

  expect(imported.report).toMatchObject({
    rows: 1_000,
    counts: { pending: 942, rejected: 40, duplicate: 18 },
    status: "running",
  });
  expect(imported.report.problems.map(({ code }) => code).sort()).toEqual([
    "phone_invalid",
    "phone_missing",
    "phone_spreadsheet",
    "value_empty",
  ]);
});

it("the example list reaches no one if it is sent for real by mistake", async () => {
  const list = await readFile(join(examples, "recipients.csv"), "utf8");

  expect(list.split("\n").filter((row) => !reachesNoOne(row))).toEqual([]);
});

it("the example list is what its script writes", async () => {
  const path = join(examples, "recipients.csv");
  const before = await readFile(path);

  const script = fileURLToPath(new URL("../../scripts/make-examples.mjs", import.meta.url));
  const written = execFileSync(process.execPath, [script, "-"]);

  expect(written.equals(before)).toBe(true);
});
