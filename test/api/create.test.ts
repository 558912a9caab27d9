import { describe, expect, it, vi } from "vitest";
import { problemCode, SOON } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { type Created, campaignFile, formOf, imported, listOf, open } from "./sending.ts";
import { apiDepsOf, OPERATOR } from "./support.ts";

describe("POST /api/campaigns", () => {
  it("takes the campaign file and the list as a form, and imports as send does", async () => {
    const api = await open();
    const list = new Blob([listOf(250)]);

    const answer = await api.send({ campaign: api.campaign, list });
    const created = (await answer.json()) as Created;
    await imported(api, created.id);

    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe(`/api/campaigns/${created.id}`);
    expect(created).toEqual({
      ...{ id: `${api.test.number}-1`, status: "importing", messages: 250, rows: 250 },
      ...{ mode: "sandbox", notice: "SANDBOX: no one gets these messages." },
    });
    expect(await api.test.counts(created.id)).toEqual({ pending: 250 });
  });

  it("takes a list that was uploaded before, and the campaign as JSON or as text", async () => {
    const api = await open();
    const text = listOf(3);
    const put = await api.ask("/api/lists?name=people.csv", { method: "PUT", body: text });
    const upload = (await put.json()) as { id: string };
    const json = { campaign: api.campaign, list: upload.id, expect: { messages: 3 } };

    const answer = await api.ask("/api/campaigns", { json });
    const { id } = (await answer.json()) as Created;
    await imported(api, id);
    const used = await api.ask("/api/campaigns", { json });

    expect(put.status).toBe(201);
    expect(upload).toMatchObject({ name: "people.csv", bytes: text.length });
    expect(answer.status).toBe(202);
    expect((await api.test.found(id)).file).toBe("people.csv");
    expect([used.status, await problemCode(used)]).toEqual([404, "upload_unknown"]);
  });

  it("refuses a list with its report, and stores nothing", async () => {
    const api = await open();
    const list = `${listOf(2)}12,Bad\n13,Bad\n`;

    const answer = await api.send({ campaign: api.campaign, list });
    const body = (await answer.json()) as object;

    expect(answer.status).toBe(422);
    expect(body).toMatchObject({
      code: "list_too_many_rejected",
      problems: [{ count: 2, lines: [4, 5] }],
      report: { rows: 4, rejected: 2 },
    });
    expect(JSON.stringify(body)).not.toMatch(/48600\d{6}/);
    expect(await api.test.store.campaigns.count()).toBe(0);
    expect(api.onDisk()).toEqual([]);
  });

  it("names every mistake of a campaign file, with its line", async () => {
    const api = await open();

    const answer = await api.send({ campaign: `${api.campaign}\nspeed: 5\n`, list: listOf(1) });

    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      code: "campaign_file_invalid",
      detail: expect.stringContaining("speed"),
    });
    expect(api.onDisk()).toEqual([]);
  });

  it("refuses a list with another number of messages than expected", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(3) };

    const answer = await api.send({ ...parts, expect: '{"messages": 4}' });

    expect([answer.status, await problemCode(answer)]).toEqual([409, "list_count_other"]);
    expect(await api.test.store.campaigns.count()).toBe(0);
    expect(api.onDisk()).toEqual([]);
  });

  it.each([
    ["no list", { campaign: "name: A" }],
    ["no campaign", { list: "phone\n+48600700800\n" }],
    ["a part that it does not know", { campaign: "name: A", list: "phone\n", speed: "5" }],
    ["a wrong option", { campaign: "name: A", list: "phone\n", again: "maybe" }],
    ["an expectation that is not JSON", { campaign: "name: A", list: "phone\n", expect: "4" }],
    ["an unknown encoding", { campaign: "name: A", list: "phone\n", encoding: "klingon" }],
    ["an option of a megabyte", { campaign: "a", list: "b", encoding: "x".repeat(1_000_000) }],
  ])("refuses a form with %s, and keeps nothing of it", async (_, parts) => {
    const api = await open();

    const answer = await api.send(parts);

    expect([400, 413]).toContain(answer.status);
    expect(["dashboard_body_invalid", "upload_too_large"]).toContain(await problemCode(answer));
    expect(api.onDisk()).toEqual([]);
  });

  it("refuses a form in which a part comes twice, or is cut off, and one without a boundary", async () => {
    const api = await open();
    const twice = formOf({ campaign: api.campaign, list: "phone\n1\n" });
    twice.append("list", "phone\n2\n");
    const raw = (body: string, type: string) =>
      api.ask("/api/campaigns", { method: "POST", body, headers: { "content-type": type } });
    const part = (name: string, text: string) =>
      `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
    const type = "multipart/form-data; boundary=b";

    const answers = [
      await api.ask("/api/campaigns", { method: "POST", body: twice }),
      await raw(part("campaign", "a") + part("list", "phone").slice(0, -2), type),
      await raw(part("campaign", "a"), "multipart/form-data"),
      await raw("", type),
      await raw("--b--", type),
    ];

    for (const answer of answers) {
      expect(answer.status).toBe(400);
      expect(["dashboard_body_invalid", "upload_incomplete"]).toContain(await problemCode(answer));
    }
    expect(api.onDisk()).toEqual([]);
  });

  it("refuses a campaign file of more than a megabyte", async () => {
    const api = await open();

    const form = await api.send({ campaign: "#".repeat(1_100_000), list: listOf(1) });
    const json = await api.ask("/api/campaigns", {
      json: { campaign: "#".repeat(1_200_000), list: "x" },
    });

    expect([form.status, await problemCode(form)]).toEqual([413, "upload_too_large"]);
    expect([json.status, await problemCode(json)]).toEqual([413, "upload_too_large"]);
    expect(api.onDisk()).toEqual([]);
  });

  it("is not for a viewer, who may not upload either", async () => {
    const api = await open();
    const access = { ...OPERATOR, role: "viewer" as const };
    const body = formOf({ campaign: api.campaign, list: listOf(1) });

    const created = await api.ask("/api/campaigns", { method: "POST", body, access });
    const put = await api.ask("/api/lists", { method: "PUT", body: listOf(1), access });

    expect([created.status, put.status]).toEqual([403, 403]);
    expect(api.onDisk()).toEqual([]);
  });

  it("takes a few at a time, and says when to come back", async () => {
    const test = await openTestStore();
    const { checkFile } = apiDepsOf(test);
    let checks = 0;
    let goOn = (): void => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const api = await open({
      test,
      checkFile: async () => async (input) => {
        checks++;
        await gate;
        return (await checkFile())(input);
      },
    });
    const send = () => api.send({ campaign: campaignFile(test.number), list: listOf(2) });

    const few = [send(), send(), send()];
    await vi.waitFor(() => expect(checks).toBe(3), SOON);
    const fourth = await send();
    goOn();

    expect([fourth.status, await problemCode(fourth)]).toEqual([503, "imports_too_many"]);
    expect(fourth.headers.get("retry-after")).toMatch(/^\d+$/);
    for (const answer of await Promise.all(few)) {
      expect(answer.status).toBe(202);
      await imported({ ...api, onDisk: () => [] }, ((await answer.json()) as Created).id);
    }
  });
});

describe("POST /api/campaigns/preflight", () => {
  it("says what would be sent, and stores nothing but keeps an upload", async () => {
    const api = await open();
    const put = await api.ask("/api/lists", { method: "PUT", body: listOf(4) });
    const { id: list } = (await put.json()) as { id: string };
    const json = { campaign: api.campaign, list };

    const answer = await api.ask("/api/campaigns/preflight", { json });
    const body = await answer.json();
    const form = formOf({ campaign: api.campaign, list: listOf(4) });
    const second = await api.ask("/api/campaigns/preflight", { method: "POST", body: form });

    expect(answer.status).toBe(200);
    expect(body).toMatchObject({
      ...{ mode: "sandbox", messages: 4 },
      report: { rows: 4, ok: 4, estimate: expect.anything(), cost: expect.anything() },
    });
    expect(JSON.stringify(body)).not.toMatch(/48600\d{6}/);
    expect(second.status).toBe(200);
    expect(await api.test.store.campaigns.count()).toBe(0);
    expect(api.onDisk()).toEqual([list]);
  });
});
