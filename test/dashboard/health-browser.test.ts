import { expect, it } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { describeInBrowser, openBrowser } from "./browser.ts";
import { openDashboard, type TestDashboard } from "./support.ts";

async function openPage(dashboard: TestDashboard, path: string) {
  const permissions = ["clipboard-read", "clipboard-write"];
  const { page, faults, go } = await openBrowser(dashboard, { permissions });
  await go(path);
  return { page, faults };
}

/** The list is the whole deployment's, so each of these tests has a Redis of its own. */
async function open(): Promise<TestDashboard> {
  const redis = (await startOwnRedis()).connect();
  return openDashboard({ test: await openTestStore({}, redis, { mode: "sandbox" }) });
}

describeInBrowser("opt-outs and numbers", () => {
  it("a support agent adds a person, finds them and removes them with a reason", async () => {
    const { page, faults } = await openPage(await open(), "/opt-outs");

    await page.getByLabel("Phone numbers, one a line").fill("+48 600 700 801\nnot a phone");
    await page.getByLabel("Why, or from where").first().fill("phone call");
    await page.getByRole("button", { name: "Add these people" }).click();
    await page.getByText("1 person added").waitFor();
    expect(await page.getByRole("alert").textContent()).toContain("Line 2");

    await page.goBack();
    await page.getByLabel("Phone number", { exact: true }).fill("0048600700801");
    await page.locator("main").getByRole("button", { name: "Search" }).click();
    await page.getByText("Gets no message at all since").waitFor();
    expect(page.url()).not.toContain("600700801");

    await page.getByLabel("Reason").selectOption("asked");
    await page.getByRole("button", { name: "Remove 1 person" }).click();
    await page.getByText("1 person removed").waitFor();
    expect(faults).toEqual([]);
  });

  it("an engineer reads why a number stands still, resumes it, and copies all as text", async () => {
    const dashboard = await open();
    const { test } = dashboard;
    const id = await test.import(3);
    const [granted] = await test.grant(id, 1);
    await test.record(granted, "suspend", { code: 190 });
    const { page, faults } = await openPage(dashboard, "/numbers");

    const card = page.locator("#number_suspended");
    expect(await card.textContent()).toContain("Is it safe? Safe: resuming sends only messages");
    // Only the page in front has a clipboard.
    await page.bringToFront();
    await page.getByText("Copy as text").click();
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByText("Copied").waitFor();
    const text = await page.evaluate("navigator.clipboard.readText()");
    expect(text).toContain(`FAIL Number ${test.number}`);
    await test.import(1);
    await page.getByText("2 in all").waitFor();
    expect(await page.getByRole("button", { name: "Copied" }).count()).toBe(1);

    await card.getByRole("button", { name: `Resume ${id}: 3 messages to send` }).click();
    await page.waitForURL(`**/campaigns/${id}`);
    expect(await test.store.campaigns.suspension()).toBeUndefined();
    expect(faults).toEqual([]);
  });

  it("the text is selected instead where the browser refuses the clipboard", async () => {
    const dashboard = await open();
    const { page, faults, go } = await openBrowser(dashboard);
    await page.addInitScript(
      "navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'))",
    );
    await go("/numbers");

    await page.getByText("Copy as text").click();
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByText("Selected").waitFor();
    expect(await page.evaluate("getSelection().toString()")).toContain(dashboard.test.number);
    expect(faults).toEqual([]);
  });
});
