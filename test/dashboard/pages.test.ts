import { describe, expect, it, onTestFinished, vi } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { testDefinition, testPhone } from "../support/campaigns.ts";
import { describeInBrowser, openBrowser } from "./browser.ts";
import { manyCampaigns, SCRIPT } from "./seed-pages.ts";
import { failedJobs, openDashboard, SOON, startSending } from "./support.ts";

describe("the pages without a script", () => {
  it("the list is whole: counts, reasons in words, escaped names, no phone", async () => {
    const dashboard = await openDashboard();
    const { sent, paused, cancelled } = await manyCampaigns(dashboard);

    const [page = "", waiting = "", needs = "", finished = ""] = await Promise.all(
      ["/", "/?tab=waiting", "/?tab=needs", "/?tab=finished"].map(async (path) =>
        (await dashboard.ask(path)).text(),
      ),
    );

    for (const each of [page, needs]) {
      expect(each).toContain(`href="/campaigns/${sent}">Spring sale</a>`);
      expect(each).toContain("1 message may or may not have been sent");
      expect(each).toContain("<b>5 of 6</b>");
      expect(each).toContain(
        'aria-label="Reached 2, Sent by WhatsApp 1, Failed 1, Unknown 1, Waiting 1"',
      );
    }
    expect(waiting).toContain("Ostatnia szansa &lt;script&gt;");
    expect(waiting).toContain("Paused by an operator.");
    expect(waiting).toMatch(/<button>Resume 3<span/);
    expect(finished).toContain(`href="/campaigns/${cancelled}">Autumn</a>`);
    expect(page.match(/<b>\d<\/b><\/a>/g)).toEqual(
      ["1", "1", "1", "1"].map((one) => `<b>${one}</b></a>`),
    );
    expect(page).toMatch(/<noscript><meta http-equiv="refresh"/);
    for (const each of [page, waiting, needs, finished]) {
      expect(each).not.toContain(SCRIPT);
      expect(each).not.toMatch(/ style=|<style| on[a-z]+="|<script>/);
      expect(each).not.toContain(testPhone(1).slice(2));
    }
    expect(waiting).toContain(paused);
  });

  it("the list ends with recurring files: their next run and the outcome of the last", async () => {
    const dashboard = await openDashboard();
    const { recurring } = dashboard.test.store;
    const name = `bills-${dashboard.test.number}`;
    onTestFinished(() => recurring.leave(name));
    const nextMs = Date.parse("2030-01-01T08:00:00Z");
    const info = { cron: "0 9 * * *", timezone: "Europe/Warsaw", source: SCRIPT, problem: null };
    await recurring.note(name, { ...info, nextMs });

    const page = await (await dashboard.ask("/")).text();

    expect(page).toContain('<h2 id="recurring">Recurring</h2>');
    expect(page).toContain(`<strong>${name}</strong>: next run Tue 2030-01-01 09:00 Europe/Warsaw`);
    expect(page).not.toContain(SCRIPT);
  });

  it("a canary says on both pages how it stands", async () => {
    const dashboard = await openDashboard();
    const { test } = dashboard;
    const rules = { size: 2, minDelivered: 1, waitMs: 60_000, after: "go" } as const;
    const definition = testDefinition(test.number, { canary: rules });
    const id = await test.import(9, { definition, canaryRows: [3, 7] });
    await test.send(id, 3, "accepted", { wamid: "wamid.3" });
    await test.status("wamid.3", "delivered");

    const words = "canary: 1 of 2 delivered, needs 2";
    expect(await (await dashboard.ask("/")).text()).toContain(words);
    expect(await (await dashboard.ask(`/campaigns/${id}`)).text()).toContain(`<dd>${words}</dd>`);

    await test.send(id, 7, "accepted", { wamid: "wamid.7" });
    const waiting = await (await dashboard.ask(`/campaigns/${id}`)).text();
    expect(waiting).toMatch(/canary: 1 of 2 delivered, needs 2 by \d\d:\d\d UTC/);
    const { trial } = (await (await dashboard.ask(`/api/campaigns/${id}`)).json()) as {
      trial: { until: string };
    };
    expect(trial).toMatchObject({ kind: "canary", size: 2, sent: 2, delivered: 1, needed: 2 });
    expect(Date.parse(trial.until)).toBeGreaterThan(Date.now());
  });

  it("a campaign shows each of its thirteen states, and why messages failed", async () => {
    const dashboard = await openDashboard();
    const { sent } = await manyCampaigns(dashboard);

    const page = await (await dashboard.ask(`/campaigns/${sent}`)).text();
    const rows = [
      ...page.matchAll(/<\/span>(\w+) <span[\s\S]*?<td class="figure">([\d,]+)<\/td>/g),
    ];

    expect(Object.fromEntries(rows.map(([, state, count]) => [state, Number(count)]))).toEqual({
      rejected: 0,
      duplicate: 0,
      suppressed: 0,
      pending: 1,
      sending: 0,
      accepted: 0,
      sent: 1,
      delivered: 1,
      read: 1,
      failed: 1,
      unknown: 1,
      cancelled: 0,
      expired: 0,
    });
    expect(page).toContain("<code>131026</code>");
    expect(page).toContain(`href="/campaigns/${sent}/retry?code=131026"`);
    expect(page).toContain(`href="/queues/queue/failed-${dashboard.test.number}?status=failed"`);
    expect(page).not.toContain(testPhone(1).slice(2));
  });

  it("a retry shows first what would be sent and who is left out, and its form sends exactly that", async () => {
    const { ask, test } = await openDashboard();
    const id = await test.import(6);
    for (const [at, code] of [131000, 131000, 131026, 131049, 131050].entries()) {
      await test.send(id, at + 1, "failed", { code });
    }
    const person = test.store.ledger.person(testPhone(2));
    await test.redis.hset(test.keys.suppressed, person as never, "all");

    const page = await (await ask(`/campaigns/${id}/retry`)).text();
    const named = await (await ask(`/campaigns/${id}/retry?code=131026`)).text();
    const none = await (await ask(`/campaigns/${id}/retry?code=131049`)).text();
    const before = await test.counts(id);
    const sent = await ask(`/api/campaigns/${id}/retry`, {
      method: "POST",
      headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" },
      body: "",
    });

    expect(page).toContain("1 message would be sent again");
    expect(page).toContain("Send 1 again</button>");
    expect(page).toContain("4 messages left out");
    expect(page).toContain("131026 Message undeliverable: 1");
    expect(page).toContain("The recipient has opted out since, and is on the suppression list.");
    expect(page).not.toContain('name="code"');
    expect(named).toContain('<input type="hidden" name="code" value="131026">');
    expect(none).toContain("Nothing to send again");
    expect(none).not.toContain('action="/api/');
    expect(before).toEqual({ failed: 5, pending: 1 });
    expect([sent.status, sent.headers.get("location")]).toEqual([303, `/campaigns/${id}`]);
    expect(await test.counts(id)).toEqual({ failed: 4, pending: 2 });
    expect(page).not.toMatch(/ style=|<style| on[a-z]+="|<script>/);
  });

  it("a retry by a reason names it in its form, and refuses codes and reasons that are none", async () => {
    const { ask, test } = await openDashboard();
    const id = await test.import(1);
    await test.send(id, 1, "failed", { reason: REASONS.not_sent_dns });

    const page = await (await ask(`/campaigns/${id}/retry?reason=not_sent_dns`)).text();
    const answers = await Promise.all(
      ["code=all", "reason=dns", "code=131050"].map((query) =>
        ask(`/campaigns/${id}/retry?${query}`, { headers: { accept: "text/html" } }),
      ),
    );
    const sent = await ask(`/api/campaigns/${id}/retry`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "reason=not_sent_dns",
    });

    expect(page).toContain('<input type="hidden" name="reason" value="not_sent_dns">');
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 409]);
    expect(await sent.json()).toMatchObject({ retried: 1 });
  });

  it("an unknown campaign gets a page that says so", async () => {
    const { ask } = await openDashboard();

    const answer = await ask("/campaigns/main-9", { headers: { accept: "text/html" } });

    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("There is no campaign &quot;main-9&quot;.");
  });

  it("a long list comes in pages, newest first", async () => {
    const { ask, test } = await openDashboard();
    const ids: string[] = [];
    for (let made = 0; made < 52; made++) ids.push(await test.import(1));

    const first = await (await ask("/?tab=running")).text();
    const [, older = ""] = /<a href="([^"]+)" rel="next">Older<\/a>/.exec(first) ?? [];
    const second = await (await ask(older.replace("&amp;", "&"))).text();

    const idsOf = (page: string) =>
      [...page.matchAll(/href="\/campaigns\/([^"]+)"/g)].map(([, id]) => id);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids.reverse());
    expect(second).toContain('<a href="/?tab=running" rel="first">Newest</a>');
    expect(second).not.toContain("Older");
  });

  it("no campaign: three ways to start one, and no tabs", async () => {
    const page = await (await (await openDashboard()).ask("/")).text();

    expect(page).toContain("Three ways to start one");
    expect(page).toContain("dropcast send CAMPAIGN.yaml LIST.csv");
    expect(page).not.toContain('class="tabs"');
  });

  it("a button of the list comes back to the list, and to no other place", async () => {
    const { ask, test } = await openDashboard();
    const id = await test.import(2);
    const press = async (back: string) => {
      const answer = await ask(`/api/campaigns/${id}/pause?back=${encodeURIComponent(back)}`, {
        method: "POST",
        headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" },
        body: "",
      });
      return answer.headers.get("location");
    };

    expect(await press("/?tab=waiting")).toBe("/?tab=waiting");
    for (const other of [
      "https://elsewhere.example/",
      "//elsewhere.example",
      "/\\elsewhere",
      "/a\nb",
    ]) {
      expect(await press(other)).toBe(`/campaigns/${id}`);
    }
  });
});

describeInBrowser("the pages in a browser", () => {
  it("list and campaign renew themselves, and work within the content security policy", async () => {
    const dashboard = await openDashboard();
    const { test, url } = dashboard;
    const { sent } = await manyCampaigns(dashboard);
    const { page, faults } = await openBrowser(dashboard);

    await page.goto(`${url}/`);
    await page.getByRole("link", { name: "Spring sale" }).click();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Spring sale");
    await test.send(sent, 6, "accepted", { wamid: "wamid.6" });
    await page.locator(".legend", { hasText: "Waiting 0" }).waitFor();
    await page.getByRole("link", { name: "Retry these 1…" }).click();
    await page.getByRole("button", { name: "Send 1 again" }).click();
    await page.waitForURL(/\/actions\//);

    expect(faults).toEqual([]);
  });

  it("says that it is out of date while the dashboard does not answer", async () => {
    const dashboard = await openDashboard();
    const { page } = await openBrowser(dashboard);
    await page.goto(dashboard.url);

    await dashboard.stop();

    await page.getByText("Not up to date").waitFor();
  });

  it("Bull Board runs from our own host alone, and its Retry button sends the message again", async () => {
    const dashboard = await openDashboard();
    const { test, url } = dashboard;
    const sandbox = await startSending(test, { knobs: { errorCodes: { 131026: 1 } } });
    const campaign = await test.import(1);
    await vi.waitFor(async () => expect(await failedJobs(dashboard)).toHaveLength(1), SOON);
    sandbox.change({ errorCodes: {} });
    const { page, faults } = await openBrowser(dashboard);

    await page.goto(`${url}/campaigns/${campaign}`);
    await page.getByRole("link", { name: /^Failed messages/ }).click();
    await page.getByText("131026").first().waitFor();
    const text = await page.locator("body").textContent();
    // Its buttons have no names but tooltips; Retry is the first of a job.
    const job = page.getByText(`f-${campaign}-1-1`).locator("xpath=ancestor::*[.//button][1]");
    await job.getByRole("button").first().click();
    await page.getByText("Are you sure that you want to retry this job?").waitFor();
    await page.getByRole("button", { name: "Confirm" }).click();

    await vi.waitFor(async () => expect(await test.state(campaign, 1)).toBe("accepted"), SOON);
    expect(sandbox.stats().posts).toBe(2);
    expect(text).not.toMatch(/48600\d/);
    expect(faults).toEqual([]);
  });
});
