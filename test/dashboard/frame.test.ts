import { describe, expect, it } from "vitest";
import { describeInBrowser, findings, openBrowser, overflow, PHONE } from "./browser.ts";
import { manyCampaigns } from "./seed-pages.ts";
import { basic, openDashboard } from "./support.ts";

describe("what stands around every page", () => {
  it("is the search, which keeps what is searched for out of addresses, and the mode", async () => {
    const { ask } = await openDashboard();

    const page = await (await ask("/api/docs")).text();

    expect(page).toContain('<form class="search" method="post" action="/search" role="search">');
    expect(page).toContain('autocomplete="off"');
    expect(page).toMatch(/class="mode mode-live" [^>]*>LIVE</);
    expect(page).toMatch(/<a href="\/api\/docs" aria-current="page">API<\/a>/);
  });

  it("is nothing but the name for a stranger", async () => {
    const { url } = await openDashboard({ unsafe: () => "Redis has no append-only file." });
    const answer = await fetch(url, {
      headers: { authorization: basic("wrong"), accept: "text/html" },
    });

    const page = await answer.text();

    expect(answer.status).toBe(401);
    expect(page).not.toMatch(/append-only|search|<nav|LIVE/);
  });
});

describeInBrowser("the frame in a browser", () => {
  it("keys search, lead to pages, list themselves, and stop the updates", async () => {
    const dashboard = await openDashboard();
    const { sent } = await manyCampaigns(dashboard);
    const { page, faults, go } = await openBrowser(dashboard);
    await go(`/campaigns/${sent}`);

    await page.keyboard.press("/");
    await page.keyboard.type("g?");
    expect(await page.locator("#search").inputValue()).toBe("g?");
    await page.locator("h1").click();
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("p");
    await page.getByRole("button", { name: "Paused" }).waitFor();
    // Both at once: the second counts for a second and a half only.
    await Promise.all([page.keyboard.press("g"), page.keyboard.press("c")]);
    await page.getByRole("heading", { name: "Campaigns" }).waitFor();
    await page.getByRole("button", { name: "Paused" }).click();
    await page.getByRole("button", { name: "Live" }).waitFor();

    expect(faults).toEqual([]);
  });

  it("an update leaves alone what is focused, opened or selected", async () => {
    const dashboard = await openDashboard();
    const { test } = dashboard;
    const { sent } = await manyCampaigns(dashboard);
    const { page, faults, go } = await openBrowser(dashboard);
    const beside = await openBrowser(dashboard);
    await Promise.all([go("/"), beside.go("/")]);
    await page.locator(`tr[id="${sent}"] button`).focus();

    const next = await test.import(1);
    await page.locator(`tr[id="${next}"]`).waitFor();
    const focused = await page.evaluate("document.activeElement.closest('tr')?.id");
    await page.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))");
    const later = await test.import(1);
    // Both have the same stream, so it is here as well when it is there.
    await beside.page.locator(`tr[id="${later}"]`).waitFor();
    const whileSelected = await page.locator(`tr[id="${later}"]`).count();
    await page.evaluate("getSelection().removeAllRanges()");
    await page.locator(`tr[id="${later}"]`).waitFor();

    expect([focused, whileSelected]).toEqual([sent, 0]);
    expect(faults).toEqual([]);
  });

  it("a hidden tab closes its stream, and opens it again when it is seen", async () => {
    const dashboard = await openDashboard();
    const { page, faults, go } = await openBrowser(dashboard);
    const isStream = (request: { url(): string }) => request.url().includes("/live?");
    const opened = page.waitForRequest(isStream);
    await go("/");
    await opened;

    const closed = page.waitForEvent("requestfailed", isStream);
    await page.evaluate(hideTab(true));
    await closed;
    const again = page.waitForRequest(isStream);
    await page.evaluate(hideTab(false));
    await again;

    expect(faults).toEqual([]);
  });

  it("a page that gets no stream says so and renews itself slowly", async () => {
    const dashboard = await openDashboard();
    const { page, go } = await openBrowser(dashboard);
    await page.route("**/live?*", (route) => route.fulfill({ status: 503 }));
    await go("/");

    await page.getByText("Many pages are open: this one is renewed every 10 seconds.").waitFor();
  });

  it("a phone has the pages in a menu, also without a script", async () => {
    const dashboard = await openDashboard();
    const { page, faults, go } = await openBrowser(dashboard, { viewport: PHONE, noScript: true });
    await go("/api/docs");
    const campaigns = page.getByRole("link", { name: "Campaigns", exact: true });
    expect(await campaigns.isVisible()).toBe(false);

    await page.getByRole("button", { name: "Menu" }).click();
    await campaigns.click();
    await page.getByRole("heading", { name: "Campaigns" }).waitFor();

    expect(await overflow(page)).toBe(0);
    expect(faults).toEqual([]);
  });
});

function hideTab(hidden: boolean): string {
  return `Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));`;
}
