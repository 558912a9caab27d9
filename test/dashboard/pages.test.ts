import { type Browser, chromium as launcher, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { testDefinition, testPhone } from "../support/campaigns.ts";
import {
  chromium,
  failedJobs,
  openDashboard,
  PASSWORD,
  SOON,
  startSending,
  type TestDashboard,
} from "./support.ts";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser: Browser | undefined;

const SCRIPT = '<script>alert("x")</script>';

/** Campaigns in every interesting condition. Returns their ids. */
async function manyCampaigns({ test }: TestDashboard) {
  const named = (name: string) => ({ definition: testDefinition(test.number, { name }) });
  const sent = await test.import(6, named("Spring sale"));
  for (const [row, status] of [
    [1, "sent"],
    [2, "delivered"],
    [3, "read"],
  ] as const) {
    await test.send(sent, row, "accepted", { wamid: `wamid.${row}` });
    await test.status(`wamid.${row}`, status);
  }
  await test.send(sent, 4, "failed", { code: 131026 });
  await test.send(sent, 5, "unknown", { reason: 1 });
  const paused = await test.import(3, named(`Ostatnia szansa ${SCRIPT}`));
  await test.store.campaigns.pause(paused, "operator");
  const cancelled = await test.import(2, named("Autumn"));
  await test.store.campaigns.cancel(cancelled);
  return { sent, paused, cancelled };
}

describe("the pages without a script", () => {
  it("the list is whole: counts, reasons in words, escaped names, no phone", async () => {
    const dashboard = await openDashboard();
    const { sent, paused } = await manyCampaigns(dashboard);

    const page = await (await dashboard.ask("/")).text();

    expect(page).toContain(`href="/campaigns/${sent}">Spring sale</a>`);
    expect(page).toContain("Ostatnia szansa &lt;script&gt;");
    expect(page).not.toContain(SCRIPT);
    expect(page).toContain("Paused by an operator.");
    expect(page).toContain(
      'aria-label="Reached 2, With WhatsApp 1, Failed 1, Unknown 1, Waiting 1"',
    );
    expect(page).toMatch(/<noscript><meta http-equiv="refresh"/);
    expect(page).not.toMatch(/ style=|<style| on[a-z]+="|<script>/);
    expect(page).toContain(paused);
    expect(page).not.toContain(testPhone(1).slice(2));
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
    expect(none).not.toContain('/retry" class="confirm"');
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

    const [first, second] = await Promise.all(
      ["/", "/?page=2"].map(async (path) => (await ask(path)).text()),
    );

    const idsOf = (page = "") =>
      [...page.matchAll(/href="\/campaigns\/([^"]+)"/g)].map(([, id]) => id);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids.reverse());
    expect(first).toContain('<a href="/?page=2" rel="next">Older</a>');
  });
});

describe.skipIf(chromium === undefined)(
  `the pages in a browser${chromium === undefined ? " (skipped: no Chromium found)" : ""}`,
  () => {
    beforeAll(async () => {
      browser = await launcher.launch({ executablePath: chromium ?? "", args: ARGS });
    });
    afterAll(() => browser?.close());

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
      await page.locator(".legend", { hasText: "Failed 0" }).waitFor();

      expect(await test.state(sent, 4)).toBe("pending");
      expect(faults).toEqual([]);
    });

    it("a phone's screen holds every page without scrolling sideways", async () => {
      const dashboard = await openDashboard();
      const { sent, paused } = await manyCampaigns(dashboard);
      const { page, faults } = await openBrowser(dashboard, { width: 390, height: 844 });

      for (const path of [
        "/",
        `/campaigns/${sent}`,
        `/campaigns/${sent}/retry`,
        `/campaigns/${paused}`,
      ]) {
        await page.goto(dashboard.url + path);
        const width = await page.evaluate("document.documentElement.scrollWidth");
        expect([path, width]).toEqual([path, 390]);
      }
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
  },
);

/** A page with the password; `faults` gets each console error and each request to another host. */
async function openBrowser(
  { url }: TestDashboard,
  viewport = { width: 1280, height: 900 },
): Promise<{ page: Page; faults: string[] }> {
  if (browser === undefined) throw new Error("There is no browser.");
  const context = await browser.newContext({
    viewport,
    httpCredentials: { username: "anybody", password: PASSWORD },
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== "data:" && host !== new URL(url).host) faults.push(request.url());
  });
  return { page, faults };
}
