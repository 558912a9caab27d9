import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { apiDepsOf } from "../api/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { accessOf, openDashboard, SOON } from "./support.ts";

const LIST = [
  "phone,first_name,city",
  "+48600700801,Anna,Łódź",
  "+48600700802,,Kraków",
  "12,Bad,Gdańsk",
  "+48600700803,Ola,Sopot",
  "+48600700804,Jan,Hel",
].join("\n");

const TEMPLATE = {
  ...{ name: "Spring sale", template: "spring_sale", language: "en_US", category: "marketing" },
  body: "Hi {{1}}!\nSecond\nThird\nFourth\nFifth line",
};

/** A person at the pages, who follows the links of a browser. */
async function open(changes: Parameters<typeof openDashboard>[0] = {}) {
  const test = changes.test ?? (await openTestStore());
  const api = apiDepsOf(test);
  const dashboard = await openDashboard({ api, ...changes, test });
  const headers = { accept: "text/html" };

  async function get(path: string) {
    const answer = await dashboard.ask(path, { headers });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  }

  async function post(path: string, fields: Record<string, string>) {
    const body = new URLSearchParams(fields);
    const answer = await dashboard.ask(path, { method: "POST", body, headers });
    const to = answer.headers.get("location") ?? "";
    return { status: answer.status, text: await answer.text(), to };
  }

  async function upload(list: string, more: Record<string, string | Blob> = {}) {
    const body = new FormData();
    body.append("list", new Blob([list]), "people.csv");
    for (const [name, value] of Object.entries(more)) body.append(name, value);
    const answer = await dashboard.ask("/new", { method: "POST", body, headers });
    const to = answer.headers.get("location") ?? "";
    return { status: answer.status, text: await answer.text(), to, draft: to.split("/")[2] ?? "" };
  }

  /** A draft whose list and template are fine. */
  async function filled(list: string = LIST, more: Record<string, string> = {}) {
    const { draft } = await upload(list);
    const number = test.number;
    const slot = { "v.1.column": "first_name", "v.1.text": "there" };
    await post(`/new/${draft}/template`, { ...TEMPLATE, number, go: "again" });
    const next = { ...TEMPLATE, number, ...slot, go: "next", ...more };
    const mapped = await post(`/new/${draft}/template`, next);
    return { draft, mapped };
  }

  async function checked(draft: string) {
    return vi.waitFor(async () => {
      const page = await get(`/new/${draft}/check`);
      expect(page.text).toContain("Checked ");
      return page.text;
    }, SOON);
  }

  const onDisk = () => readdirSync(join(api.uploadsDir, "sandbox"));
  return { ...dashboard, ...{ test, get, post, upload, filled, checked, onDisk, api } };
}

type Person = Awaited<ReturnType<typeof open>>;

async function start({ post }: Person, draft: string, messages: number) {
  return post(`/new/${draft}/start`, { messages: String(messages) });
}

describe("a new campaign", () => {
  it("goes from a file to a running campaign in steps", async () => {
    const person = await open();
    const { get, post, upload, test } = person;

    const { status, to, draft } = await upload(LIST);
    expect([status, to]).toEqual([303, `/new/${draft}/list`]);
    const list = await get(to);
    expect(list.text).toMatch(/<b>5<\/b> rows below the header, utf-8, comma/);
    expect(list.text).toContain("Found by its name: phone");
    expect(list.text).toContain("Łódź");
    expect((await post(to, { go: "next" })).to).toBe(`/new/${draft}/template`);

    const number = test.number;
    const again = await post(`/new/${draft}/template`, { ...TEMPLATE, number, go: "again" });
    expect(again.text).toContain("{{1}} of the body");
    const slot = { "v.1.column": "first_name", "v.1.text": "there" };
    const mapped = await post(`/new/${draft}/template`, {
      ...{ ...TEMPLATE, number, ...slot, go: "next" },
    });
    expect([mapped.status, mapped.to]).toEqual([303, `/new/${draft}/preview`]);

    const preview = await get(mapped.to);
    expect(preview.text).toContain("Hi Anna!");
    expect(preview.text).toContain("Hi there!");
    expect(preview.text).toMatch(/Fourth\n<span class="fold">.*<span class="folded">Fifth line/s);
    expect(preview.text).not.toContain("600700801");

    const check = await person.checked(draft);
    expect(check).toMatch(/to send<\/th><td class="figure">4</);
    expect(check).toContain("Download the 1 rejected row");
    expect((await get(`/new/${draft}/rejects.csv`)).text).toContain("12,Bad,Gdańsk");

    const last = await get(`/new/${draft}/start`);
    expect(last.text).toContain("Start 4 messages");
    const started = await start(person, draft, 4);
    expect([started.status, started.to]).toEqual([303, `/campaigns/${number}-1`]);
    await vi.waitFor(
      async () => expect((await test.found(`${number}-1`)).status).toBe("running"),
      SOON,
    );
    expect(await test.counts(`${number}-1`)).toEqual({ pending: 4, rejected: 1 });
  });

  it("starts once, however often and however fast the button is pressed", async () => {
    const person = await open();
    const { draft } = await person.filled();
    await person.checked(draft);

    const both = await Promise.all([start(person, draft, 4), start(person, draft, 4)]);
    await vi.waitFor(() => expect(person.onDisk()).toEqual([]), SOON);
    const later = await start(person, draft, 4);

    expect(new Set([...both, later].map(({ to }) => to))).toEqual(
      new Set([`/campaigns/${person.test.number}-1`]),
    );
    expect(await person.test.store.campaigns.count()).toBe(1);
    expect((await person.get(`/new/${draft}/list`)).status).toBe(404);
  });

  it("starts nothing if the list has another number of messages than the button said", async () => {
    const person = await open();
    const { draft } = await person.filled();
    await person.checked(draft);

    const refused = await start(person, draft, 5);

    expect(refused.status).toBe(409);
    expect(refused.text).toContain("list_count_other");
    expect(refused.text).toContain("Start 4 messages");
    expect(await person.test.store.campaigns.count()).toBe(0);
  });

  it("sends the first N, after a canary, at a time of a zone", async () => {
    const person = await open();
    const { draft } = await person.filled();
    const year = new Date().getUTCFullYear() + 1;
    const sending = {
      start: `${year}-07-01T09:00`,
      zone: "Europe/Warsaw",
      first: "3",
      canary: "2",
    };

    await person.post(`/new/${draft}/check`, sending);
    await person.checked(draft);
    const last = await person.get(`/new/${draft}/start`);
    const { to } = await start(person, draft, 4);
    const id = to.split("/").at(-1) ?? "";
    await vi.waitFor(
      async () => expect((await person.test.found(id)).status).toBe("scheduled"),
      SOON,
    );

    expect(last.text).toContain(
      `Schedule the first 3 of 4 messages for ${year}-07-01 09:00 Europe/Warsaw`,
    );
    const found = await person.test.found(id);
    expect(found.startAt).toBe(Date.parse(`${year}-07-01T07:00:00Z`));
    expect(found.trial).toMatchObject({ size: 2 });
  });
});

describe("what was entered", () => {
  it("is kept with what is wrong in it, which stands beside its field", async () => {
    const { upload, post, get, test } = await open();
    const { draft } = await upload(LIST);
    const typed = { ...TEMPLATE, template: "Spring Sale", number: test.number, go: "next" };

    const refused = await post(`/new/${draft}/template`, typed);
    const later = await get(`/new/${draft}/template`);

    expect(refused.status).toBe(422);
    expect(refused.text).toMatch(/aria-describedby="f-template-wrong"/);
    expect(refused.text).toContain("must be lowercase letters, digits and _");
    expect(later.text).toContain('value="Spring Sale"');
  });

  it("names on the check what is to be corrected, with the way to its step", async () => {
    const { upload, get } = await open();
    const { draft } = await upload(LIST);

    const { text } = await get(`/new/${draft}/check`);

    expect(text).toContain(`<a href="/new/${draft}/template">category is missing`);
    expect(text).not.toContain("Checked ");
  });

  it("is a campaign file at each step, which begins the same again", async () => {
    const person = await open();
    const { draft } = await person.filled();
    const yaml = await person.get(`/new/${draft}/campaign.yaml`);

    const again = await person.upload(LIST, { campaign: new Blob([yaml.text]) });
    const preview = await person.get(`/new/${again.draft}/preview`);

    expect(yaml.headers.get("content-disposition")).toContain("campaign.yaml");
    expect(yaml.text).toContain("{{first_name|there}}");
    expect(preview.text).toContain("Hi Anna!");
  });

  it("can be that of an earlier campaign", async () => {
    const person = await open();
    const { draft } = await person.filled();
    await person.checked(draft);
    const { to } = await start(person, draft, 4);
    const from = to.split("/").at(-1) ?? "";

    const first = await person.get(`/new?from=${from}`);
    const copy = await person.upload("phone,first_name\n+48600700805,Ewa\n", { from });
    const preview = await person.get(`/new/${copy.draft}/preview`);

    expect(first.text).toContain(`copied from <a href="/campaigns/${from}">`);
    expect(preview.text).toContain("Hi Ewa!");
  });

  it("is read otherwise when asked, and refused in the words of the import", async () => {
    const { upload, post, get } = await open();
    const { draft } = await upload("phone;note\n+48600700801;a,b\n");

    await post(`/new/${draft}/list`, { delimiter: "comma", go: "again" });
    const wrong = await post(`/new/${draft}/list`, { to: "nobody", country: "poland", go: "next" });
    const right = await post(`/new/${draft}/list`, { to: "phone", country: "PL", go: "next" });

    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain("phone_column_unknown");
    expect(wrong.text).toContain("must be two capital letters, as in PL");
    expect((await get(`/new/${draft}/list`)).text).toContain('<option value="phone" selected>');
    expect(right.status).toBe(303);
  });

  it("expires a day after it was last changed", async () => {
    const person = await open();
    const { draft } = await person.upload(LIST);
    const file = join(person.api.uploadsDir, "sandbox", draft, "draft.json");
    const longAgo = Date.now() / 1_000 - 25 * 3_600;

    utimesSync(file, longAgo, longAgo);
    const { status, text } = await person.get(`/new/${draft}/list`);

    expect(status).toBe(404);
    expect(text).toContain("draft_unknown");
  });

  it("is there for its person only, and not for who may only read", async () => {
    const access = accessOf();
    const { tokens } = access;
    const person = await open({ access });
    const { draft } = await person.upload(LIST);
    const as = async (role: "operator" | "viewer", path: string) => {
      const made = await tokens.add({
        name: crypto.randomUUID(),
        role,
        numbers: null,
        lastsMs: null,
      });
      const token = made.kind === "added" ? made.token : "";
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${person.url}${path}`, { headers })).status;
    };

    expect(await as("operator", `/new/${draft}/list`)).toBe(404);
    expect(await as("operator", "/new")).toBe(200);
    expect(await as("viewer", "/new")).toBe(403);
    expect((await person.get("/new")).text).toContain(`/new/${draft}/list`);
  });

  it("goes when it is discarded", async () => {
    const { upload, post, get, onDisk } = await open();
    const { draft } = await upload(LIST);

    const gone = await post(`/new/${draft}/discard`, {});

    expect([gone.status, gone.to]).toEqual([303, "/new"]);
    expect(onDisk()).toEqual([]);
    expect((await get(`/new/${draft}/list`)).status).toBe(404);
  });
});

describe("hostile input", () => {
  it("is text on every page, whatever its columns and cells are called", async () => {
    const { upload, post, get, test } = await open();
    const evil = `"><script>alert(1)</script>`;
    const column = `"<b onload=""x"">&'{{"`;
    const { draft } = await upload(
      `phone,${column},${JSON.stringify(evil).replaceAll('\\"', '""')}\n+48600700801,"<i>",x\n`,
    );
    await post(`/new/${draft}/template`, {
      ...{ ...TEMPLATE, name: evil, body: `{{1}} ${evil}`, number: test.number, go: "again" },
      ...{ "header.kind": "text", "header.text": evil },
    });

    const pages = await Promise.all(
      ["list", "template", "preview", "check", "test", "start"].map(
        async (step) => (await get(`/new/${draft}/${step}`)).text,
      ),
    );

    for (const text of pages) expect(text).not.toMatch(/<script>alert|<b onload|<i>/);
    expect(pages[0]).toContain("&lt;b onload");
  });

  it("cannot name a column that a placeholder would read as another one", async () => {
    const { upload, post, test } = await open();
    const { draft } = await upload("phone,phone|x,name\n+48600700801,a,Anna\n");
    const typed = { ...TEMPLATE, number: test.number };
    await post(`/new/${draft}/template`, { ...typed, go: "again" });

    const refused = await post(`/new/${draft}/template`, {
      ...{ ...typed, go: "next", "v.1.column": "phone|x", "v.1.text": "" },
    });
    const braces = await post(`/new/${draft}/template`, {
      ...{ ...typed, go: "next", "v.1.column": "name", "v.1.text": "x}} {{phone" },
    });

    expect([refused.status, braces.status]).toEqual([422, 422]);
    expect(refused.text).toContain("rename it in the list");
    expect(braces.text).toContain("A fallback cannot have { or }");
  });

  it.each([
    ["a workbook", "PK\u0003\u0004rest", "list_not_csv"],
    ["a quote that is not closed", 'phone,name\n+48600700801,"Anna\n', "line 2"],
    ["a list without a header", "+48600700801,Anna\n+48600700802,Ola\n", "header_missing"],
  ])("that is %s gets the refusal of the import, and can be discarded", async (_, list, words) => {
    const { upload, get, post } = await open();

    const { status, draft } = await upload(list);
    const shown = await get(`/new/${draft}/list`);
    const next = await post(`/new/${draft}/list`, { go: "next" });

    expect(status).toBe(303);
    expect(shown.text).toContain(words);
    expect(next.status).toBe(422);
  });

  it("without a file, and with a broken campaign file, leaves nothing behind", async () => {
    const { upload, onDisk } = await open();

    const empty = await upload("");
    const broken = await upload(LIST, { campaign: new Blob(["name: [unclosed\n"]) });

    expect([empty.status, broken.status]).toEqual([422, 422]);
    expect(empty.text).toContain("No list was chosen");
    expect(broken.text).toContain("campaign_file_invalid");
    expect(onDisk()).toEqual([]);
  });

  it("in addresses names no file and no draft", async () => {
    const { get, api } = await open();
    writeFileSync(join(api.uploadsDir, "draft.json"), "{}");

    for (const id of ["..", "%2e%2e", "x".repeat(32), "0".repeat(32), "__proto__"]) {
      expect((await get(`/new/${id}/list`)).status).toBe(404);
      expect((await get(`/new/${id}/rejects.csv`)).status).toBe(404);
    }
  });
});
