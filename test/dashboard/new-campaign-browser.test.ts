import { expect, it } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { describeInBrowser, findings, openBrowser, overflow, PHONE } from "./browser.ts";
import { openDashboard, SOON, startSending } from "./support.ts";

const ROWS = Array.from({ length: 40 }, (_, at) => `+4860070${1000 + at},Name ${at},Łódź`);
const LIST = Buffer.from(`phone,first_name,city\n${ROWS.join("\n")}\n12,Bad,Hel\n`);

describeInBrowser("a new campaign in a browser", () => {
  it("goes from an upload to a finished campaign, readable by day and night, and fits a phone", async () => {
    const test = await openTestStore();
    await startSending(test);
    const dashboard = await openDashboard({ test });
    const { page, faults, go } = await openBrowser(dashboard);
    const problems: unknown[] = [];
    /** What is wrong with the page as it is now, by day, and by night on a phone. */
    const look = async (step: string) => {
      for (const found of await findings(page)) problems.push({ step, by: "day", found });
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: "dark" });
      for (const found of await findings(page)) problems.push({ step, by: "night", found });
      if ((await overflow(page)) > 0) problems.push({ step, wider: await overflow(page) });
      await page.setViewportSize({ width: 1200, height: 900 });
      await page.emulateMedia({ colorScheme: "light" });
    };

    await go("/new");
    await look("file");
    await page
      .getByLabel("CSV file")
      .setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: LIST });
    await page.getByRole("button", { name: "Upload and read it" }).click();
    await look("list");
    await page.getByRole("button", { name: "Choose the template" }).click();
    await page.getByLabel("Name of the campaign").fill("Spring sale");
    await page.getByLabel("Template", { exact: true }).fill("spring_sale");
    await page.getByLabel("Language").fill("en_US");
    await page.getByLabel("Category").selectOption("marketing");
    await page.getByLabel("Text of the body").fill("Hi {{1}}!\nTwo\nThree\nFour\nFive");
    await page.getByRole("button", { name: "Show its variables" }).click();
    await page.getByLabel("{{1}} of the body: column").selectOption("first_name");
    await look("template");
    await page.getByRole("button", { name: "Preview the first five" }).click();
    await look("preview");
    await page.getByRole("link", { name: "Check the whole list" }).click();
    await page.getByRole("link", { name: "Go to start" }).waitFor();
    await look("check");
    await page.getByRole("link", { name: "Send a test message" }).click();
    await look("test");
    await page.getByRole("link", { name: "Go to start" }).click();
    await look("start");
    await page.getByRole("button", { name: "Start 40 messages" }).click();
    await page.waitForURL(/\/campaigns\//);
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    await expect.poll(async () => (await test.found(id)).status, SOON).toBe("finished");

    expect(await test.counts(id)).toMatchObject({ rejected: 1 });
    expect(faults).toEqual([]);
    expect(problems).toEqual([]);
  });
});
