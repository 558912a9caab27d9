import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { previewAction } from "../../src/campaigns/begin-action.ts";
import { controlCampaign } from "../../src/campaigns/control.ts";
import type { FoundCampaign } from "../../src/campaigns/find.ts";
import { previewRetry, retryCampaign } from "../../src/campaigns/retry.ts";
import { filesCard } from "../../src/dashboard/pages/campaign/files.ts";
import { createFileImporter } from "../../src/producer/import-file.ts";
import { storedRejects } from "../../src/producer/rejects/stored.ts";
import { storeIn } from "../../src/producer/sink/sink.ts";
import { BY, claimRows, openStoredPool } from "./pool-support.ts";

async function rejectsOf({ store, campaign }: FoundCampaign): Promise<string[]> {
  let text = "";
  for await (const chunk of storedRejects(store, campaign)) text += chunk;
  return text.trim().split("\r\n");
}

test("rejected rows of a pool join no campaign of one number, where a person may be twice", async () => {
  const opened = await openStoredPool(2, 130, undefined, ["12,BAD"]);
  const { find, first, dir, base, one } = opened;
  const { id } = first.campaign;
  for (const found of [await find(), first]) {
    const [, row = "", ...others] = await rejectsOf(found);
    expect(others).toEqual([]);
    // The columns that a correction finds its campaign by.
    expect(row.split(",").slice(-2)[0]).toBe("");
  }

  // A file of before, corrected to a person whom another number has.
  const csvPath = join(dir, "corrected.csv");
  const head = "phone,name,dropcast_campaign,dropcast_row";
  writeFileSync(csvPath, `${head}\n+48${base + 1},N1,${id},${first.campaign.rows}\n`);
  const { store } = one;
  const importer = createFileImporter({
    numbers: { [store.number]: {} },
    openNumber: () => ({ sink: storeIn(store.imports), store, country: "PL" }),
    mode: "live",
  });
  expect(await importer({ campaignPath: null, csvPath, rejectsPath: null })).toMatchObject({
    refusal: {
      code: "mend_of_pool",
      // A list of its own knows nothing of whom the pool has.
      fix: expect.stringMatching(/dropcast find PHONE.*delete.*with the campaign file/) as string,
    },
  });
  for (const found of [await find(), first]) {
    const card = (await filesCard(found)).toString();
    expect(card).toMatch(/look up each corrected person.*delete.*with the campaign file/);
    expect(card).not.toContain("drop the file again");
  }
  expect((await find()).campaign.counts.rejected).toBe(1);
});

test("a cancelled campaign of a pool keeps the failed messages of the others from no retry", async () => {
  const { find, first, second, one, two } = await openStoredPool();
  await claimRows(one, first.campaign.id, [1], "failed");
  await claimRows(two, second.campaign.id, [1, 2], "failed");
  await controlCampaign(first, "cancel", BY);
  const filter = { codes: new Set([131026]), reasons: new Set<number>() };
  const what = { kind: "retry", codes: [131026], reasons: [] } as const;

  expect(await previewRetry(await find(), filter)).toMatchObject({ value: { matching: 2 } });
  expect(await previewAction(await find(), what)).toMatchObject({ value: { matching: 2 } });
  const retried = await retryCampaign(await find(), { ...filter, mode: "send" }, BY);
  expect(retried).toMatchObject({ ok: true, value: { retried: 2 } });

  // Of nothing but cancelled ones there is nothing to retry.
  await controlCampaign(second, "cancel", BY);
  expect(await previewRetry(await find(), filter)).toMatchObject({
    refusal: { code: "campaign_closed" },
  });
});
