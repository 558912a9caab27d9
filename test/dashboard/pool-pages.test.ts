import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { BY, openStoredPool } from "../producer/pool-support.ts";
import { DESK, describeInBrowser, findings, openBrowser, overflow, PHONE } from "./browser.ts";
import { openDashboard } from "./support.ts";

/** Opens the form that moves the rows of a number, checks how it looks, and sends it. */
async function moveByForm(
  page: Page,
  { number, id }: { readonly number: string; readonly id: string },
): Promise<void> {
  await page.locator(`#move-${number} summary`).click();
  expect(await findings(page)).toEqual([]);
  expect(await overflow(page)).toBe(0);
  await page.locator(`#move-${number} button`).click();
  await page.waitForURL(`**/campaigns/${id}*`);
}

describeInBrowser("pages of a pool", () => {
  it.each([DESK, PHONE])(
    "the list has its campaigns beneath, and its page moves rows: %o",
    async (viewport) => {
      const { stores, first, second, id, one, find } = await openStoredPool();
      await controlCampaign(first, "pause", BY);
      const dashboard = await openDashboard({ test: one, stores });
      const { page, faults, go } = await openBrowser(dashboard, { viewport });

      await go("/?tab=running");
      expect(await page.locator(`#${id} + #${second.campaign.id}.child`).count()).toBe(1);
      expect(await findings(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      await go(`/campaigns/${id}`);
      const { number } = first.campaign;
      await moveByForm(page, { number, id });

      expect((await find()).children).toHaveLength(3);
      expect(await page.locator(`#move-${number}`).count()).toBe(0);
      expect(faults).toEqual([]);
    },
  );

  it.each([DESK, PHONE])(
    "the page of a paused campaign of it offers the move, to who may see all of it: %o",
    async (viewport) => {
      const { stores, first, id, one, find } = await openStoredPool();
      const { number } = first.campaign;
      const dashboard = await openDashboard({ test: one, stores });
      const { page, faults, go } = await openBrowser(dashboard, { viewport });
      const path = `/campaigns/${first.campaign.id}`;

      await go(path);
      expect(await page.locator("#move").count()).toBe(0);
      // A running one of a number that is suspended says what comes first.
      await one.redis.hset(one.keys.halt, { code: 131042, reason: 0, at: 1, campaign: "" });
      await go(path);
      expect(await page.locator("section:has(#move)").textContent()).toContain(
        "pause this campaign",
      );
      expect(await overflow(page)).toBe(0);
      await controlCampaign(first, "pause", BY);
      await go(path);
      await moveByForm(page, { number, id });

      expect((await find()).children).toHaveLength(3);
      expect(faults).toEqual([]);
    },
  );
});
