import { expect, it } from "vitest";
import { importFailed } from "../support/retry.ts";
import { openDashboard, type TestDashboard } from "./support.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded", accept: "text/html" };

/** The fields of the form that contains `words`, as a browser would send them. */
function formWith(page: string, words: string): { action: string; body: URLSearchParams } {
  const form = [...page.matchAll(/<form[^>]*action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/g)].find(
    ([, , inside]) => inside?.includes(words),
  );
  if (form === undefined) throw new Error(`No form with "${words}".`);
  const hidden = [...(form[2] ?? "").matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)];
  return {
    action: form[1] ?? "",
    body: new URLSearchParams(
      hidden.map(([, name = "", value = ""]): [string, string] => [name, value]),
    ),
  };
}

async function press({ ask }: Pick<TestDashboard, "ask">, form: ReturnType<typeof formWith>) {
  return ask(form.action, { method: "POST", headers: FORM, body: String(form.body) });
}

it("the page of a retry begins an action, whose page shows sums that add up, and Stop", async () => {
  const dashboard = await openDashboard();
  const { ask, test } = dashboard;
  const id = await importFailed(test, 150);

  const preview = await (await ask(`/campaigns/${id}/retry?code=131000`)).text();
  const begun = await press(dashboard, formWith(preview, "Send 150 again"));
  const path = begun.headers.get("location") ?? "";
  await test.store.actions.step(path.replace("/actions/", ""), { runner: "w" });
  const running = await (await ask(path)).text();
  const stopped = await press(dashboard, formWith(running, "Stop: leave 50 as they are"));
  const ended = await (await ask(path)).text();
  const list = await (await ask("/actions")).text();

  expect(begun.status).toBe(303);
  expect(running).toContain("Retry 131000 of Test");
  expect(figuresOf(running)).toEqual({
    "Sent again": 100,
    "Left out": 0,
    "Still to do": 50,
    "All messages": 150,
  });
  expect(stopped.headers.get("location")).toBe(path);
  expect(figuresOf(ended)).toEqual({
    "Sent again": 100,
    "Left out": 0,
    "Not reached": 50,
    "All messages": 150,
  });
  expect(ended).toContain("A person stopped it.");
  expect(ended).not.toContain('<form method="post" action="/api/actions');
  expect(list).toContain(`href="${path}"`);
  for (const page of [running, ended, list]) {
    expect(page).not.toMatch(/ style=|<style| on[a-z]+="/);
  }
});

/** By the first words of each line of the table. */
function figuresOf(page: string): Record<string, number> {
  const table = /<table class="states">([\s\S]*?)<\/table>/.exec(page)?.[1] ?? "";
  const lines = table.matchAll(
    /<th scope="row">([^<]+?)\s*(?:<span[^>]*>[^<]*<\/span>)?<\/th><td class="figure">([\d,]+)</g,
  );
  return Object.fromEntries(
    [...lines].map(([, words = "", figure = ""]) => [words, Number(figure.replace(/,/g, ""))]),
  );
}

it("unknown messages are shown with ages, causes and three choices; sending again needs the number typed", async () => {
  const dashboard = await openDashboard();
  const { ask, test } = dashboard;
  const id = await test.import(3);
  for (const row of [1, 2, 3]) await test.send(id, row, "unknown", { reason: row === 3 ? 8 : 2 });

  const page = await (await ask(`/campaigns/${id}/resolve`)).text();
  const some = await (await ask(`/campaigns/${id}/resolve?reason=http_5xx`)).text();
  const odd = await (await ask(`/campaigns/${id}/resolve?reason=<b>&older=x`)).text();
  const resend = formWith(page, "Send again: 3 people may get it twice");
  const unconfirmed = await press(dashboard, resend);
  resend.body.set("confirm", "3");
  const begun = await press(dashboard, resend);

  expect(page).toContain("It is not known whether 3 messages were sent");
  expect(page).toContain("Mark 3 as sent</button>");
  expect(page).toContain("Mark 3 as failed</button>");
  expect(page).toContain('name="confirm"');
  expect(page).toContain("The API did not answer in time.");
  expect(some).toContain("Mark 1 as sent</button>");
  expect(formWith(some, "Mark 1 as sent").body.getAll("reason")).toEqual(["http_5xx"]);
  expect(odd).toContain("Mark 3 as sent</button>");
  expect(unconfirmed.status).toBe(409);
  expect(begun.headers.get("location")).toMatch(/^\/actions\//);
  expect(page).not.toMatch(/ style=|<style| on[a-z]+="/);
});

it("an action that is not there gets a page that says so, and a list without any says how one begins", async () => {
  const { ask } = await openDashboard();

  const none = await ask("/actions/main-1.aaaaaaaa", { headers: { accept: "text/html" } });

  expect(none.status).toBe(404);
  expect(await (await ask("/actions")).text()).toContain("No bulk action yet");
});
