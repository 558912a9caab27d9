import { expect, it } from "vitest";
import { crawl } from "../../scripts/crawl.mjs";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { describeInBrowser, findings, openBrowser, overflow, PHONE } from "./browser.ts";
import { seedPages } from "./seed-pages.ts";
import { accessOf, openDashboard, openQueueClient, queueClientOf } from "./support.ts";

describeInBrowser("every page that a link leads to", () => {
  it("is there, runs without faults, is readable by day and night, and fits a phone", async () => {
    // Pages show what is a whole deployment's as well: opt-outs, the audit, processes.
    const own = await startOwnRedis();
    const dashboard = await openDashboard({
      test: await openTestStore({}, own.connect()),
      access: accessOf(own.connect()),
      queueClient: queueClientOf(openQueueClient(own.address)),
    });
    await seedPages(dashboard);
    const by = {
      who: `user:${"x".repeat(80)}`,
      via: "command line",
      from: "x".repeat(80),
    } as const;
    const done = { what: "rate", campaigns: [], details: { number: "x".repeat(80) } } as const;
    await dashboard.test.store.acts.begin(by, done);
    const pages = await crawl(async (path) => {
      const answer = await dashboard.ask(path, { headers: { accept: "text/html" } });
      const type = answer.headers.get("content-type") ?? "";
      return { status: answer.status, type, text: await answer.text() };
    });
    expect(pages.filter(({ status }) => status !== 200)).toEqual([]);
    expect(pages.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["/", "/?tab=finished", "/api/docs"]),
    );

    const { page, faults, go } = await openBrowser(dashboard);
    const problems: unknown[] = [];
    for (const { path } of pages) {
      await page.setViewportSize({ width: 1200, height: 900 });
      await page.emulateMedia({ colorScheme: "light" });
      const answer = await go(path);
      if (answer?.url() !== dashboard.url + path) problems.push({ path, led: answer?.url() });
      for (const found of await findings(page)) problems.push({ path, by: "day", found });
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: "dark" });
      for (const found of await findings(page)) problems.push({ path, by: "night", found });
      if ((await overflow(page)) > 0) problems.push({ path, wider: await overflow(page) });
      for (const fault of faults.splice(0)) problems.push({ path, fault });
    }

    expect(problems).toEqual([]);
  });
});
