import { describe, expect, it } from "vitest";
import type { ApiDeps } from "../../src/api/api.ts";
import { REASONS } from "../../src/core/reasons.ts";
import { accept } from "../../src/core/refusal.ts";
import { apiDepsOf } from "../api/support.ts";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { describeInBrowser, openBrowser } from "./browser.ts";
import { openDashboard, type TestDashboard } from "./support.ts";

const PHONE = testPhone(2);
const HTML = { accept: "text/html" };
const FORM = { "content-type": "application/x-www-form-urlencoded", ...HTML };

/** A campaign with a message that is unknown, and one that arrived. */
async function someMessages({ test }: TestDashboard) {
  const named = (name: string) => ({ definition: testDefinition(test.number, { name }) });
  const old = await test.import(3, named("Autumn"));
  await test.send(old, 2, "accepted", { wamid: "wamid.OLD" });
  await test.status("wamid.OLD", "delivered");
  const id = await test.import(3, named("Winter"));
  await test.send(id, 2, "unknown", { reason: REASONS.http_5xx, http: 502 });
  return { old, id };
}

const search = ({ ask }: TestDashboard, q: string) =>
  ask("/search", { method: "POST", headers: FORM, body: new URLSearchParams({ q }).toString() });

describe("the search", () => {
  it("leads to the person, the message or the campaign, with no phone in an address", async () => {
    const dashboard = await openDashboard();
    const { id, old } = await someMessages(dashboard);
    const to = async (text: string) => {
      const answer = await search(dashboard, text);
      return [answer.status, answer.headers.get("location")];
    };
    const digest = dashboard.test.store.people.person(PHONE).toString("hex");

    expect(await to(`+${PHONE}`)).toEqual([303, `/people/${digest}`]);
    expect(await to("wamid.OLD")).toEqual([303, `/campaigns/${old}/messages/2`]);
    expect(await to(`${id}:2`)).toEqual([303, `/campaigns/${id}/messages/2`]);
    expect(await to(id)).toEqual([303, `/campaigns/${id}`]);
    expect(await to("winter")).toEqual([303, `/campaigns/${id}`]);
  });

  it("says what to type if nothing is found, and lists campaigns if several are", async () => {
    const dashboard = await openDashboard();
    const { id, old } = await someMessages(dashboard);
    const [none, several] = [await search(dashboard, "+48 600"), await search(dashboard, "t")];
    const page = await several.text();

    expect(none.status).toBe(404);
    expect(await none.text()).toContain("Nothing was found.");
    expect(several.status).toBe(200);
    expect(page).toContain(`href="/campaigns/${id}"`);
    expect(page).toContain(`href="/campaigns/${old}"`);
  });
});

describe("the page of a message", () => {
  it("answers in one line, then tells what is known; no title, address or log has the phone", async () => {
    const dashboard = await openDashboard();
    const { id, old } = await someMessages(dashboard);
    const answer = await dashboard.ask(`/campaigns/${id}/messages/2`, { headers: HTML });
    const page = await answer.text();

    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(page).toContain("We do not know whether it arrived.");
    expect(page).toContain("HTTP 502");
    expect(page).toContain(`>+${PHONE}</h1>`);
    expect(page).toContain(`href="/campaigns/${old}/messages/2"`);
    expect(/<title>(.*)<\/title>/.exec(page)?.[1]).toBe(`Message ${id}:2 · Dropcast`);
    expect([...page.matchAll(/(?:href|action)="([^"]*)"/g)].join()).not.toContain(PHONE);
    expect(dashboard.logged.join()).not.toContain(PHONE);
    expect(page).not.toMatch(/ style=|<style| on[a-z]+="|<script>/);
  });

  it("shows a viewer a masked phone, and no button", async () => {
    const dashboard = await openDashboard();
    const { id } = await someMessages(dashboard);
    const { tokens } = dashboard.access;
    const added = await tokens.add({ name: "reader", role: "viewer", lastsMs: null });
    const headers = {
      ...HTML,
      authorization: `Bearer ${added.kind === "added" ? added.token : ""}`,
    };
    const person = dashboard.test.store.people.person(PHONE).toString("hex");
    for (const path of [`/campaigns/${id}/messages/2`, `/people/${person}`]) {
      const page = await (await dashboard.ask(path, { headers })).text();
      const main = page.slice(page.indexOf("<main"), page.indexOf("</main>"));

      expect(main).toContain("48******02");
      expect(main).not.toContain(PHONE);
      expect(main).not.toContain("<form");
    }
  });

  it.each(["0", "4", "99999999999", "x"])("is not there for row %s", async (row) => {
    const dashboard = await openDashboard();
    const { id } = await someMessages(dashboard);
    const answer = await dashboard.ask(`/campaigns/${id}/messages/${row}`, { headers: HTML });

    expect(answer.status).toBe(404);
  });
});

describe("the page of a person", () => {
  it("is there for people without a message, and for no address that is no digest", async () => {
    const dashboard = await openDashboard();
    const none = await dashboard.ask(`/people/${"0".repeat(16)}`, { headers: HTML });
    const wrong = await dashboard.ask(`/people/${PHONE}`, { headers: HTML });

    expect(await none.text()).toContain("No campaign has a message to this person.");
    expect(wrong.status).toBe(404);
  });
});

describe("what can be done about a person", () => {
  /** With a Redis of its own: the list of opt-outs is the whole deployment's. */
  const open = async (changes: Partial<ApiDeps> = {}) => {
    const test = await openTestStore({}, (await startOwnRedis()).connect(), { mode: "sandbox" });
    const dashboard = await openDashboard({ test, api: { ...apiDepsOf(test), ...changes } });
    const { id } = await someMessages(dashboard);
    const post = (what: string, body: string, authorization?: string) =>
      dashboard.ask(`/campaigns/${id}/messages/2/${what}`, {
        ...{ method: "POST", body },
        headers: { ...FORM, ...(authorization === undefined ? {} : { authorization }) },
      });
    return { ...dashboard, id, post };
  };

  it("an opt-out is added from the page of a message, noted, and told there", async () => {
    const { ask, id, post, test } = await open();
    const answer = await post("opt-out", "scope=marketing");
    const page = await (await ask(`/campaigns/${id}/messages/2`, { headers: HTML })).text();
    const { lines } = await test.store.acts.read({
      ...{ campaign: null, sinceMs: 0, limit: 10, lookedAtMax: 10 },
    });

    expect([answer.status, answer.headers.get("location")]).toEqual([
      303,
      `/campaigns/${id}/messages/2`,
    ]);
    expect(page).toContain("The person opted out of marketing messages");
    expect(lines).toMatchObject([{ what: "suppress add", result: "done" }]);
    expect(JSON.stringify(lines)).not.toContain(PHONE);
  });

  it("an operator of one number may add an opt-out here as over the API, and erases no one", async () => {
    const { access, ask, id, post, test } = await open();
    const added = await access.tokens.add({
      ...{ name: "limited", role: "operator", lastsMs: null, numbers: new Set([test.number]) },
    });
    const authorization = `Bearer ${added.kind === "added" ? added.token : ""}`;
    const headers = { ...HTML, authorization };

    const page = await (await ask(`/campaigns/${id}/messages/2`, { headers })).text();
    const opted = await post("opt-out", "scope=all", authorization);
    const erased = await post("erase", "sure=yes", authorization);

    expect(page).toContain("Add 1 person");
    expect(page).not.toContain("Erase this person");
    expect([opted.status, erased.status]).toEqual([303, 403]);
  });

  it.each([
    ["JSON", "application/json", '{"scope":"marketing"}'],
    ["text", "text/plain", "scope=marketing"],
    ["a broken multipart body", "multipart/form-data; boundary=b", "--x"],
    ["multipart without a boundary", "multipart/form-data", "scope=marketing"],
    ["a form without a scope", "application/x-www-form-urlencoded", "scope=some"],
  ])("nothing is done by %s", async (_, type, body) => {
    const { ask, id, logged, test } = await open();
    const headers = { "content-type": type };
    const paths = [
      ...[`/campaigns/${id}/messages/2/opt-out`, `/campaigns/${id}/messages/2/erase`],
      ...(type.startsWith("application/x")
        ? []
        : ["/search", "/opt-outs/search", "/opt-outs/add", "/opt-outs/remove"]),
    ];

    for (const path of paths) {
      const answer = await ask(path, { method: "POST", body, headers });
      expect([path, answer.status]).toEqual([path, 400]);
    }
    const { lines } = await test.store.acts.read({
      ...{ campaign: null, sinceMs: 0, limit: 10, lookedAtMax: 10 },
    });

    expect(lines).toEqual([]);
    expect(logged.join("")).not.toContain("dashboard request failed");
  });

  it("erasing shows what was erased and what is left, and only an admin may", async () => {
    const asked: string[] = [];
    const { access, post } = await open({
      erase: async (_, digits) => {
        asked.push(digits);
        return accept({ complete: true, words: ["Erased: 2 rows."] });
      },
    });
    const added = await access.tokens.add({
      ...{ name: "operator", role: "operator", lastsMs: null },
    });
    const token = added.kind === "added" ? added.token : "";
    const refused = await post("erase", "sure=yes", `Bearer ${token}`);
    const unsure = await post("erase", "");
    const done = await post("erase", "sure=yes");

    expect([refused.status, unsure.status, done.status]).toEqual([403, 400, 200]);
    expect(await done.text()).toContain("Erased: 2 rows.");
    expect(asked).toEqual([PHONE]);
  });
});

describeInBrowser("the pages in a browser", () => {
  it("a message is found by phone, id and row, and decided, without a script", async () => {
    const dashboard = await openDashboard();
    const { id, old } = await someMessages(dashboard);
    const { page, faults } = await openBrowser(dashboard, { noScript: true });
    const find = async (text: string) => {
      await page.getByRole("searchbox").fill(text);
      await page.getByRole("searchbox").press("Enter");
      await page.waitForURL(/people|messages/);
    };
    await page.goto(dashboard.url);
    await find("+48 600 000 002");
    await page.getByText("We do not know whether it arrived").first().waitFor();
    await page.goto(dashboard.url);
    await find("wamid.OLD");
    expect(page.url()).toBe(`${dashboard.url}/campaigns/${old}/messages/2`);
    await page.goto(dashboard.url);
    await find(`${id}:2`);
    await page.getByRole("button", { name: "Count 1 message as not sent" }).click();
    await page.getByText("A person decided that it was not sent").first().waitFor();

    expect(page.url()).toBe(`${dashboard.url}/campaigns/${id}/messages/2`);
    expect(await dashboard.test.state(id, 2)).toBe("failed");
    expect(faults).toEqual([]);
  });
});
