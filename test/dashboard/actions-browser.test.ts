import { expect, it } from "vitest";
import { importFailed } from "../support/retry.ts";
import { describeInBrowser, findings, openBrowser, overflow, PHONE } from "./browser.ts";
import { openDashboard } from "./support.ts";

describeInBrowser("a bulk action", () => {
  it("is seen before it begins, followed while it runs, and stopped, by keyboard alone", async () => {
    const dashboard = await openDashboard();
    const { test } = dashboard;
    const id = await importFailed(test, 300);
    const { page, faults, go } = await openBrowser(dashboard);

    await go(`/campaigns/${id}/retry?code=131000`);
    await page.getByRole("button", { name: "Send 300 again" }).press("Enter");
    await page.getByRole("heading", { name: "Retry 131000 of Test" }).waitFor();
    const action = new URL(page.url()).pathname.replace("/actions/", "");
    // A worker takes a step: the page shows it without being asked.
    await test.store.actions.step(action, { runner: "w" });
    const stop = page.getByRole("button", { name: "Stop: leave 200 as they are" });
    await stop.waitFor();
    const problems = [await findings(page)];
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize(PHONE);
    problems.push(await findings(page));
    const wider = await overflow(page);
    await stop.press("Enter");
    await page.getByText("A person stopped it.").waitFor();
    await page.goto(`${dashboard.url}/actions`);
    await page.getByRole("link", { name: "Retry 131000 of Test" }).waitFor();

    expect(problems.flat()).toEqual([]);
    expect(wider).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
    expect(await test.counts(id)).toEqual({ failed: 200, pending: 100 });
  });

  it("that sends unknown messages again is not begun before their number is typed", async () => {
    const dashboard = await openDashboard();
    const { test } = dashboard;
    const id = await test.import(2);
    for (const row of [1, 2]) await test.send(id, row, "unknown", { reason: 2 });
    const { page, faults, go } = await openBrowser(dashboard, { noScript: true });

    await go(`/campaigns/${id}/resolve`);
    const send = page.getByRole("button", { name: "Send again: 2 people may get it twice" });
    await send.click();
    const stays = new URL(page.url()).pathname;
    await page.getByLabel("Type 2 to confirm").fill("2");
    await send.click();
    await page.getByRole("heading", { name: "Send unknown messages of Test again" }).waitFor();

    expect(stays).toBe(`/campaigns/${id}/resolve`);
    expect(faults).toEqual([]);
    expect((await test.store.actions.newest({ size: 9 })).length).toBe(1);
  });
});
