import { expect, it } from "vitest";
import { describeInBrowser, findings, openBrowser, overflow, PHONE } from "./browser.ts";
import { openDashboard, SOON, type TestDashboard } from "./support.ts";

/** Thirty rows: five failed with two codes, two unknown, three delivered, the rest waits. */
async function campaignOf({ test }: Pick<TestDashboard, "test">): Promise<string> {
  const id = await test.import(30);
  for (const row of [1, 2, 3]) await test.send(id, row, "failed", { code: 131000 });
  for (const row of [4, 5]) await test.send(id, row, "failed", { code: 131026 });
  for (const row of [6, 7]) await test.send(id, row, "unknown", { reason: 2 });
  for (const row of [8, 9, 10]) {
    await test.send(id, row, "accepted", { wamid: `wamid.${row}` });
    await test.status(`wamid.${row}`, "delivered");
  }
  return id;
}

describeInBrowser("the page of a campaign", () => {
  it("draws its charts from our own host, and shades and names a pause", async () => {
    const dashboard = await openDashboard();
    const id = await campaignOf(dashboard);
    await dashboard.test.store.campaigns.pause(id, "operator");
    const { page, faults, go } = await openBrowser(dashboard);

    await go(`/campaigns/${id}`);

    // Something is drawn: a canvas that is not of one colour.
    const drawn = (chart: string): Promise<number> =>
      page.evaluate(`(() => {
        const canvas = document.querySelector("${chart} canvas");
        if (canvas === null || canvas.width === 0) return 0;
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
      })()`);
    await expect.poll(() => drawn("#chart-rate"), SOON).toBeGreaterThan(3);
    await expect.poll(() => drawn("#chart-outcomes"), SOON).toBeGreaterThan(3);
    expect(await page.locator("#chart-rate .u-legend").textContent()).toContain("Allowed");
    expect(await page.locator(".holds").textContent()).toContain("Paused: by an operator");

    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await findings(page)).toEqual([]);
    }
    await page.setViewportSize(PHONE);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
  });

  it("pauses at a press, says who did it, and goes on at another", async () => {
    const dashboard = await openDashboard();
    const id = await campaignOf(dashboard);
    const { page, faults, go } = await openBrowser(dashboard);
    await go(`/campaigns/${id}`);
    const sentence = page.locator(".sentence");

    await page.getByRole("button", { name: "Pause (20 to go)" }).click();
    await expect
      .poll(() => sentence.textContent(), SOON)
      .toMatch(/^Paused by .* 20 people wait\.$/);
    expect((await dashboard.test.found(id)).status).toBe("paused");
    expect(await page.locator("#acts + ul").textContent()).toContain(`pause ${id}`);

    await page.getByRole("button", { name: "Resume sending to 20 people" }).click();
    await expect.poll(() => sentence.textContent(), SOON).not.toContain("Paused");
    expect((await dashboard.test.found(id)).status).toBe("running");
    expect(faults).toEqual([]);
  });

  it("asks before it cancels the rest", async () => {
    const dashboard = await openDashboard();
    const id = await campaignOf(dashboard);
    const { page, go } = await openBrowser(dashboard);
    await go(`/campaigns/${id}`);

    const button = page.getByRole("button", { name: "Cancel the rest (20)", exact: true });
    expect(await button.isVisible()).toBe(false);
    await page.getByText("Cancel the rest (20)…").click();
    await button.click();

    await expect
      .poll(() => page.locator(".sentence").textContent(), SOON)
      .toContain("20 people get nothing");
    expect((await dashboard.test.found(id)).status).toBe("cancelled");
  });

  it("leads from a cause of failures to what its retry would do, and does exactly that", async () => {
    const dashboard = await openDashboard();
    const id = await campaignOf(dashboard);
    const { page, faults, go } = await openBrowser(dashboard);
    await go(`/campaigns/${id}`);

    await page.getByRole("link", { name: "Retry these 3…" }).click();
    await page.getByRole("heading", { name: "3 messages would be sent again" }).waitFor();
    await page.getByRole("button", { name: "Send 3 again" }).click();

    await page.waitForURL(/\/actions\//);
    const main = await page.locator("main").textContent();
    expect(main).toContain("Retry 131000 of Test");
    expect(faults).toEqual([]);
  });
});
