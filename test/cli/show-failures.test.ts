import pc from "picocolors";
import { expect, test } from "vitest";
import { campaignText } from "../../src/cli/show.ts";
import { REASONS } from "../../src/core/reasons.ts";
import type { Campaign } from "../../src/store/campaigns/campaign.ts";
import { openTestStore } from "../support/campaigns.ts";

/** What `show` says of a campaign whose failed messages have these causes. */
async function shown(errors: Campaign["errors"]): Promise<string> {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const found = await bench.found(id);
  const campaign = { ...found, id: "main-1", errors, counts: { ...found.counts, failed: 3 } };
  return campaignText(campaign, [], { colours: pc.createColors(false) });
}

test("a failure by webhook without a code is not called unsent, and no retry is offered", async () => {
  const text = await shown([{ code: 0, reason: REASONS.failed_without_code, count: 1 }]);

  expect(text).toContain("-  1  WhatsApp reported a failure without a code.");
  expect(text).not.toContain("dropcast retry main-1");
});

test("an opt-out, a number that is not reached and a wait of a day are not offered for retry", async () => {
  const text = await shown([
    { code: 131050, reason: 0, count: 5 },
    { code: 131026, reason: 0, count: 3 },
    { code: 131049, reason: 0, count: 2 },
  ]);

  expect(text).not.toContain("dropcast retry main-1");
});

test("the most frequent cause that a retry may get over is offered", async () => {
  const text = await shown([
    { code: 131050, reason: 0, count: 5 },
    { code: 131042, reason: 0, count: 3 },
    { code: 131000, reason: 0, count: 2 },
  ]);

  expect(text).toContain("Send failed ones again: dropcast retry main-1 --code 131042 ");
});

test("code 0 is offered only when it means what was not sent, and nothing else", async () => {
  const notSent = { code: 0, reason: REASONS.not_sent_connect, count: 2 };
  const decided = { code: 0, reason: REASONS.decided, count: 1 };

  expect(await shown([notSent])).toContain("dropcast retry main-1 --code 0 ");
  expect(await shown([notSent, decided])).not.toContain("dropcast retry main-1");
});
