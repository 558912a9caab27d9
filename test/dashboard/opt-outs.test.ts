import { expect, test } from "vitest";
import { listPage, personPage } from "../../src/dashboard/pages/opt-outs-html.ts";
import type { KnownOptOut } from "../../src/store/index.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { openDashboard, type TestDashboard } from "./support.ts";

const FORM = { accept: "text/html", "content-type": "application/x-www-form-urlencoded" };

/** The list is the whole deployment's, so each of these tests has a Redis of its own. */
async function open() {
  const redis = (await startOwnRedis()).connect();
  return openDashboard({ test: await openTestStore({}, redis, { mode: "sandbox" }) });
}

async function post(
  { ask }: TestDashboard,
  path: string,
  fields: Record<string, string>,
): Promise<{ status: number; page: string }> {
  const body = new URLSearchParams(fields).toString();
  const answer = await ask(path, { method: "POST", headers: FORM, body });
  return { status: answer.status, page: await answer.text() };
}

test("the link to older entries leads to those that the page before does not show", async () => {
  const dashboard = await open();
  const add = async (source: string, from: number, count: number): Promise<void> => {
    const phones = Array.from({ length: count }, (_, at) => `+48${600_700_100 + from + at}`);
    await post(dashboard, "/opt-outs/add", { phones: phones.join("\n"), source, country: "PL" });
  };
  await add("first-call", 0, 30);
  await add("second-call", 30, 100);

  const shown = { "first-call": 0, "second-call": 0 };
  const pages: string[] = [];
  for (let next: string | undefined = "/opt-outs"; next !== undefined; ) {
    expect(pages).not.toContain(next);
    pages.push(next);
    const page = await (await dashboard.ask(next)).text();
    for (const source of ["first-call", "second-call"] as const) {
      shown[source] += page.split(`: ${source}`).length - 1;
    }
    next = /href="(\/opt-outs\?before=\d+)"/.exec(page)?.[1];
  }

  expect(shown).toEqual({ "first-call": 30, "second-call": 100 });
  expect(pages.length).toBeGreaterThan(1);
});

test("pasted people are added, bad lines are told by number, and a person is found", async () => {
  const dashboard = await open();
  const phones = "+48 600 700 801\n600700802\nnot a phone\n12345";

  const added = await post(dashboard, "/opt-outs/add", { phones, country: "PL", source: "call" });
  const found = await post(dashboard, "/opt-outs/search", { phone: "0048 600 700 801" });
  const other = await post(dashboard, "/opt-outs/search", { phone: "+48 600 700 899" });
  const list = await (await dashboard.ask("/opt-outs")).text();

  expect(added.page).toContain("2 people added");
  expect(added.page).toContain("2 lines could not be read");
  expect(added.page).toMatch(/Line 3: .*Line 4: /s);
  expect(added.page).not.toContain("12345");
  expect(found.page).toContain("Gets no message at all since");
  expect(found.page).toContain("by hand (dashboard): call");
  expect(other.page).toContain("Not on the list");
  expect(list).toContain("By hand</dt><dd>2</dd>");
  expect(list).not.toContain("600700801");
});

test("to who sees some numbers a person's source and the counts of the list are not shown", async () => {
  const found: KnownOptOut = {
    ...{ phone: "48600700801", scope: "all", source: "131050 pl-42", at: 0 },
    ...{ origin: "whatsapp" as const, who: "user:anna" },
  };
  const may = { add: true, remove: false, all: false, importFile: false };
  const none = { counts: () => expect.fail(), latest: () => expect.fail() };

  const person = String(await personPage("48600700801", found, may).main);
  const list = String(await (await listPage(none, { may, from: null, country: null })).main);

  expect(person).toMatch(/Gets no message at all since .*<\/time>\.<\/p>/);
  expect(person).not.toMatch(/pl-42|anna|WhatsApp/);
  expect(list).not.toContain("By hand");
});

test("a person is removed with a reason, which the audit keeps, and not without one", async () => {
  const dashboard = await open();
  const phone = "+48 600 700 801";
  await post(dashboard, "/opt-outs/add", { phones: phone, scope: "marketing" });

  const without = await post(dashboard, "/opt-outs/remove", { phone });
  const removed = await post(dashboard, "/opt-outs/remove", { phone, reason: "mistake" });
  const found = await post(dashboard, "/opt-outs/search", { phone });

  expect(without.status).toBe(400);
  expect(removed.page).toContain("1 person removed");
  expect(found.page).toContain("Was removed from the list");
  const { lines } = await dashboard.test.store.acts.read({
    ...{ campaign: null, sinceMs: 0, limit: 1, lookedAtMax: 10 },
  });
  expect(lines).toMatchObject([
    { what: "suppress remove", details: { people: 1, reason: "mistake" }, result: "done" },
  ]);
  expect(JSON.stringify(lines)).not.toContain("600700801");
});

test("a file is imported, and its unreadable lines are told", async () => {
  const dashboard = await open();
  const body = new FormData();
  body.set("scope", "marketing");
  body.set("country", "PL");
  body.set("list", new File(["phone\n600700801\n12\n600700802\n"], "crm.csv"));

  const answer = await dashboard.ask("/opt-outs/import", {
    ...{ method: "POST", body, headers: { accept: "text/html" } },
  });
  const page = await answer.text();
  const found = await post(dashboard, "/opt-outs/search", { phone: "+48600700802" });

  expect(page).toContain("2 people added");
  expect(page).toContain("Line 3: ");
  expect(found.page).toContain("Gets no marketing messages");
  expect(found.page).toContain("imported (dashboard): crm.csv");
});

test("more is pasted than a form may have elsewhere", async () => {
  const dashboard = await open();
  const phones = Array.from({ length: 5_000 }, (_, at) => `+48 600 ${100_000 + at}`).join("\n");

  const added = await post(dashboard, "/opt-outs/add", { phones });

  expect(added.page).toContain("5,000 people added");
});
