import { describe, expect, it, onTestFinished, vi } from "vitest";
import { problemCode, SOON } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { apiDepsOf, freshKey, OPERATOR, openApi, type TestApi } from "./support.ts";

interface Created {
  readonly id: string;
  readonly status: string;
  readonly messages: number | null;
}

/** A list of `rows` people, of whom no other test knows. */
function listOf(rows: number, first = Math.floor(Math.random() * 1e6)): string {
  const lines = Array.from(
    { length: rows },
    (_, at) => `+48600${String((first + at) % 1e6).padStart(6, "0")},Name ${at + 1}`,
  );
  return `phone,first_name\n${lines.join("\n")}\n`;
}

function campaignFile(number: string, more = ""): string {
  return [
    `name: Spring sale ${freshKey()}`,
    `number: ${number}`,
    "template: { name: spring_sale, language: { code: en_US } }",
    "category: utility",
    more,
  ].join("\n");
}

function formOf(parts: Readonly<Record<string, string | Blob>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(parts)) form.append(name, value);
  return form;
}

async function open(changes: Parameters<typeof openApi>[0] = {}) {
  const api = await openApi(changes);
  const campaign = campaignFile(api.test.number);
  const send = (parts: Readonly<Record<string, string | Blob>>, key?: string) =>
    api.ask("/api/campaigns", {
      ...{ method: "POST", body: formOf(parts) },
      ...(key === undefined ? {} : { key }),
    });
  return { ...api, campaign, send };
}

const imported = async ({ test, onDisk }: Pick<TestApi, "test" | "onDisk">, id: string) => {
  await vi.waitFor(async () => expect((await test.found(id)).status).toBe("running"), SOON);
  await vi.waitFor(() => expect(onDisk()).toEqual([]), SOON);
};

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

  it("sends a list once: the same bytes are refused, and again needs a key", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(2) };
    const first = (await (await api.send(parts)).json()) as Created;
    await imported(api, first.id);

    const second = await api.send(parts);
    const again = await api.send({ ...parts, again: "true" });
    const keyed = await api.send({ ...parts, again: "true" }, freshKey());
    const { id } = (await keyed.json()) as Created;
    await imported(api, id);

    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ code: "already_imported", campaign: first.id });
    expect([again.status, await problemCode(again)]).toEqual([400, "idempotency_key_needed"]);
    expect(id).toBe(`${api.test.number}-2`);
    expect(api.onDisk()).toEqual([]);
  });

  it("answers a repeated request alike, whatever the boundary, and another body with 422", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(2) };
    const key = freshKey();

    const first = await api.send(parts, key);
    const created = (await first.json()) as Created;
    await imported(api, created.id);
    const again = await api.send(parts, key);
    const other = await api.send({ ...parts, list: listOf(2) }, key);

    expect([again.status, await again.json()]).toEqual([202, created]);
    expect(again.headers.get("location")).toBe(`/api/campaigns/${created.id}`);
    expect([other.status, await problemCode(other)]).toEqual([422, "idempotency_key_reused"]);
    expect(await api.test.store.campaigns.count()).toBe(1);
    expect(api.onDisk()).toEqual([]);
  });

  it("of two requests with one key at once, one acts", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(2_000) };
    const key = freshKey();

    const answers = await Promise.all([api.send(parts, key), api.send(parts, key)]);
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    await imported(api, `${api.test.number}-1`);

    expect([
      [202, 202],
      [202, 409],
    ]).toContainEqual(statuses);
    for (const answer of answers) {
      if (answer.status === 409) expect(await problemCode(answer)).toBe("idempotency_in_flight");
      if (answer.status === 409) expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    }
    expect(await api.test.store.campaigns.count()).toBe(1);
  });

  it("of two requests with the same bytes at once, both name the one campaign", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(3_000) };

    const answers = await Promise.all([api.send(parts), api.send(parts)]);
    const named = await Promise.all(
      answers.map(async (one) => (await one.json()) as Partial<Created> & { campaign?: string }),
    );
    await imported(api, `${api.test.number}-1`);

    // The second may come while the first is imported, or when it is stored.
    for (const { id, campaign } of named) expect(id ?? campaign).toBe(`${api.test.number}-1`);
    expect(answers.map(({ status }) => status)).toContain(202);
    expect(await api.test.store.campaigns.count()).toBe(1);
  });

  it("is answered as before after a crash lost the answer, also for a list sent again", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(2), again: "true" };
    const key = freshKey();
    const first = (await (await api.send(parts, key)).json()) as Created;
    await imported(api, first.id);
    // As if the process had died between the campaign's first row and its answer.
    const keys = await api.test.redis.keys("dropcast:{all.numbers.sandbox}:requests:*");
    for (const one of keys) {
      if ((await api.test.redis.hget(one, "campaign")) === first.id) {
        await api.test.redis.hdel(one, "answer");
      }
    }

    const again = (await (await api.send(parts, key)).json()) as Created;

    expect(again).toMatchObject({ id: first.id, status: "running", messages: null });
    expect(await api.test.store.campaigns.count()).toBe(1);
    expect(api.onDisk()).toEqual([]);
  });

  it("is not carried out by a try that gave no sign for so long that another was", async () => {
    // Its own: it ends the time of all requests that have come meanwhile.
    const test = await openTestStore({}, (await startOwnRedis()).connect());
    const { checkFile } = apiDepsOf(test);
    let meanwhile = async () => {};
    const api = await open({
      test,
      checkFile: async () => async (input) => {
        await meanwhile();
        return (await checkFile())(input);
      },
    });
    const parts = { campaign: api.campaign, list: listOf(2), again: "true" };
    const key = freshKey();
    const keys = "dropcast:{all.numbers.sandbox}:requests:*";
    const before = await test.redis.keys(keys);
    const seconds: Response[] = [];
    meanwhile = async () => {
      meanwhile = async () => {};
      for (const one of await test.redis.keys(keys)) {
        if (!before.includes(one)) await test.redis.hset(one, "until", Date.now() - 1);
      }
      const second = await api.send(parts, key);
      seconds.push(second.clone());
      const { id } = (await second.json()) as Created;
      await vi.waitFor(async () => expect((await test.found(id)).status).toBe("running"), SOON);
    };

    const first = await api.send(parts, key);
    const campaigns = await test.store.campaigns.list({ max: 9 });

    expect(seconds.map(({ status }) => status)).toEqual([202]);
    expect([first.status, await problemCode(first)]).toEqual([409, "import_lost"]);
    expect(campaigns.map(({ status }) => status).sort()).toEqual(["rejected", "running"]);
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

describe("an import over HTTP", () => {
  it("that was interrupted is continued under its id by the next process", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(10_000) };
    const { id } = (await (await api.send(parts)).json()) as Created;

    await api.api.stop(0);
    const left = (await api.test.found(id)).status;
    const kept = api.onDisk();
    const next = await openApi({ test: api.test, uploadsDir: api.uploadsDir });
    next.api.start();
    await imported({ test: api.test, onDisk: api.onDisk }, id);

    expect(left).toBe("importing");
    expect(kept).toHaveLength(1);
    expect(await api.test.counts(id)).toEqual({ pending: 10_000 });
    expect(await api.test.store.campaigns.count()).toBe(1);
  });

  it("is not begun again if a person cancelled it meanwhile", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(10_000) };
    const { id } = (await (await api.send(parts)).json()) as Created;
    await api.api.stop(0);
    await api.test.store.campaigns.cancel(id);

    const next = await openApi({ test: api.test, uploadsDir: api.uploadsDir });
    next.api.start();
    await vi.waitFor(() => expect(api.onDisk()).toEqual([]), SOON);

    const { campaigns } = { campaigns: await api.test.store.campaigns.list({ max: 9 }) };
    expect(campaigns.map(({ status }) => status).sort()).toEqual(["cancelled", "rejected"]);
  });

  it("of the sandbox is not continued by a live process", async () => {
    const api = await open();
    const parts = { campaign: api.campaign, list: listOf(10_000) };
    await api.send(parts);
    await api.api.stop(0);

    const live = await openApi({
      test: await openTestStore(),
      uploadsDir: api.uploadsDir,
      mode: "live",
    });
    live.api.start();
    const lists = await live.ask("/api/lists");

    expect(await lists.json()).toEqual({ lists: [] });
    expect(api.onDisk()).toHaveLength(1);
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

describe("PUT /api/lists", () => {
  const LIMITS = {
    ...{ bytesMax: 1_000, keptMax: 2, keptMs: 60_000, receivingMax: 2, idleMs: 60_000 },
    untouchedMs: 60_000,
  };
  const IMPATIENT = { ...LIMITS, idleMs: 50 };

  it("bounds the size and the number, and removes what it did not keep", async () => {
    const { ask, onDisk } = await openApi({ uploadLimits: LIMITS });
    const put = (body: string) => ask("/api/lists", { method: "PUT", body });

    const large = await put("x".repeat(1_001));
    const first = (await (await put("a")).json()) as { id: string };
    await put("b");
    const third = await put("c");
    const removed = await ask(`/api/lists/${first.id}`, { method: "DELETE" });
    const fourth = await put("d");
    const strange = await ask("/api/lists/..%2F..", { method: "DELETE" });

    expect([large.status, await problemCode(large)]).toEqual([413, "upload_too_large"]);
    expect([third.status, await problemCode(third)]).toEqual([503, "uploads_too_many"]);
    expect(third.headers.get("retry-after")).toMatch(/^\d+$/);
    expect([removed.status, fourth.status, strange.status]).toEqual([200, 201, 404]);
    expect(onDisk()).toHaveLength(2);
  });

  it("gives up a sender that sends nothing more, or goes away, and keeps nothing", async () => {
    const { ask, onDisk } = await openApi({ uploadLimits: IMPATIENT });
    const slow = new ReadableStream({ start: (source) => source.enqueue(Buffer.from("phone\n")) });
    const gone = new ReadableStream({
      start(source) {
        source.enqueue(Buffer.from("phone\n"));
        source.error(new Error("the line was cut"));
      },
    });
    const put = (body: ReadableStream) =>
      ask("/api/lists", { ...{ method: "PUT", body }, duplex: "half" } as RequestInit);

    const [tooSlow, cut] = [await put(slow), await put(gone)];

    expect([tooSlow.status, await problemCode(tooSlow)]).toEqual([408, "upload_too_slow"]);
    expect([cut.status, await problemCode(cut)]).toEqual([400, "upload_incomplete"]);
    expect(onDisk()).toEqual([]);
  });

  it.each([
    ["../../etc/passwd", "passwd.csv"],
    [".hidden", "hidden.csv"],
    ["a\u0000b\n.csv", "ab.csv"],
    ["", "list.csv"],
    ["upload.json", "upload.json.csv"],
    ["Gäste 2026.CSV", "Gäste 2026.CSV"],
  ])("names a list %j %j on the disk", async (name, expected) => {
    const { ask } = await openApi();

    const put = await ask(`/api/lists?name=${encodeURIComponent(name)}`, {
      method: "PUT",
      body: "a",
    });

    expect(await put.json()).toMatchObject({ name: expected });
  });

  it("removes uploads after a day, and what a killed process was receiving", async () => {
    const { ask, api, onDisk } = await openApi({ uploadLimits: { ...LIMITS, keptMs: -1 } });
    onTestFinished(() => api.stop(0));
    await ask("/api/lists", { method: "PUT", body: "a" });
    expect(onDisk()).toHaveLength(1);

    api.start();

    await vi.waitFor(() => expect(onDisk()).toEqual([]), SOON);
  });
});
