import { expect, it, onTestFinished } from "vitest";
import { accept } from "../../src/core/refusal.ts";
import { timings } from "../../src/core/timings.ts";
import { createLivechatClient } from "../../src/livechat/client.ts";
import { createLogger } from "../../src/logger.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { createOneSender } from "../../src/worker/send-one.ts";
import { problemCode } from "../dashboard/support.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { OPERATOR, openApi, type TestApi } from "./support.ts";

const LIST = [
  "phone,first_name,city",
  "+48600700801,Anna,Łódź",
  "+48600700802,,Kraków",
  "12,Bad,Gdańsk",
  "+48600700803,Ola,Sopot",
  "+48600700804,Jan,Hel",
].join("\n");

async function upload({ ask }: Pick<TestApi, "ask">, body: string, name = "people.csv") {
  const put = await ask(`/api/lists?name=${name}`, { method: "PUT", body });
  return ((await put.json()) as { id: string }).id;
}

function campaignOf(number: string, more: object = {}) {
  return {
    ...{ name: "Spring sale", number, category: "marketing" },
    template: {
      ...{ name: "spring_sale", language: { code: "en_US" }, preview: "Hi {{1}}!" },
      components: [{ type: "body", parameters: [{ type: "text", text: "{{first_name|there}}" }] }],
    },
    ...more,
  };
}

it("says what was understood of an upload, and reads it otherwise when asked", async () => {
  const api = await openApi();
  const list = await upload(api, "phone;note\n+48600700801;a,b\n+48600700802;c,d\n");

  const found = await (await api.ask(`/api/lists/${list}`)).json();
  const forced = await (await api.ask(`/api/lists/${list}?delimiter=comma`)).json();

  expect(found).toMatchObject({
    ...{ id: list, name: "people.csv", encoding: "utf-8", encodingGuessed: false, delimiter: ";" },
    ...{ columns: ["phone", "note"], phoneColumn: "phone", phoneColumnGuessed: "name", rows: 2 },
    sample: [
      { line: 2, cells: ["+48600700801", "a,b"] },
      { line: 3, cells: ["+48600700802", "c,d"] },
    ],
    refusal: null,
  });
  expect(forced).toMatchObject({ delimiter: ",", columns: ["phone;note"] });
});

it("shows the beginning of a list that cannot be read to its end, with line and reason", async () => {
  const api = await openApi();
  const list = await upload(api, 'phone,name\n+48600700801,Anna\n+48600700802,"Ola\n');

  const found = await (await api.ask(`/api/lists/${list}`)).json();

  expect(found).toMatchObject({
    ...{ columns: ["phone", "name"], rows: null },
    sample: [{ line: 2, cells: ["+48600700801", "Anna"] }],
    refusal: { code: "list_quote_open", message: expect.stringContaining("line 3") },
  });
});

it.each([
  ["a workbook", "PK\u0003\u0004rest", "list_not_csv"],
  ["an empty file", "", "list_empty"],
])("refuses %s by its own words", async (_, body, code) => {
  const api = await openApi();
  const list = await upload(api, body);

  expect(await problemCode(await api.ask(`/api/lists/${list}`))).toBe(code);
});

it("previews the first people whose rows can be sent, with their phones masked", async () => {
  const api = await openApi();
  const list = await upload(api, LIST);
  const json = { campaign: campaignOf(api.test.number), list, people: 3 };

  const answer = await api.ask("/api/campaigns/preview", { json });
  const { people } = (await answer.json()) as { people: { line: number; preview: string }[] };

  expect(people.map(({ line, preview }) => [line, preview])).toEqual([
    [2, "Hi Anna!"],
    [3, "Hi there!"],
    [5, "Hi Ola!"],
  ]);
  expect(JSON.stringify(people)).not.toMatch(/60070080/);
});

it("reads a list with the delimiter that its campaign names, from the preview to the import", async () => {
  const api = await openApi();
  const list = await upload(api, "phone|first_name,a,b\n+48600700801|Anna,c,d\n");
  const campaign = campaignOf(api.test.number);
  const named = {
    ...campaign,
    recipients: { delimiter: "bar" },
    template: { ...campaign.template, components: [], preview: "Hi!" },
  };

  const refused = await api.ask("/api/campaigns/preflight", { json: { campaign, list } });
  const created = await api.ask("/api/campaigns", { json: { campaign: named, list } });
  const { id } = (await created.json()) as { id: string };
  await api.api.stop(10_000);

  expect(refused.status).toBe(422);
  expect(await api.test.counts(id)).toEqual({ pending: 1 });
});

it("keeps the rejected rows of a preflight beside the upload", async () => {
  const api = await openApi();
  const list = await upload(api, LIST);
  const before = await api.ask(`/api/lists/${list}/rejects.csv`);
  const json = { campaign: campaignOf(api.test.number), list };

  const preflight = await api.ask("/api/campaigns/preflight", { json });
  const rejects = await api.ask(`/api/lists/${list}/rejects.csv`);

  expect(await problemCode(before)).toBe("rejects_none");
  expect(await preflight.json()).toMatchObject({ messages: 4, report: { rejected: 1 } });
  expect(await rejects.text()).toMatch(/^phone,first_name,city,[^\n]*\n12,Bad,Gdańsk,4,/);
});

it("hides uploads and numbers from who may not see them", async () => {
  const api = await openApi();
  const list = await upload(api, LIST);
  const access = { ...OPERATOR, who: "token:other", numbers: new Set(["elsewhere"]) };
  const own = await api.ask("/api/lists", { method: "PUT", body: LIST, access });
  const mine = ((await own.json()) as { id: string }).id;
  const campaign = campaignOf(api.test.number);

  const others = await api.ask(`/api/lists/${list}`, { access });
  const rejects = await api.ask(`/api/lists/${list}/rejects.csv`, { access });
  const preview = await api.ask("/api/campaigns/preview", {
    ...{ json: { campaign, list: mine }, access },
  });

  expect(await problemCode(others)).toBe("upload_unknown");
  expect(await problemCode(rejects)).toBe("upload_unknown");
  expect(await problemCode(preview)).toBe("number_unknown");
});

it("creates a campaign after its preflight without checking the whole list again", async () => {
  let checks = 0;
  const test = await openTestStore();
  const { apiDepsOf } = await import("./support.ts");
  const own = apiDepsOf(test);
  const checkFile = async () => {
    checks++;
    return own.checkFile();
  };
  const api = await openApi({ ...own, test, checkFile });
  const list = await upload(api, LIST);
  const json = { campaign: campaignOf(test.number), list };

  await api.ask("/api/campaigns/preflight", { json });
  const created = await api.ask("/api/campaigns", { json: { ...json, expect: { messages: 4 } } });

  expect(created.status).toBe(202);
  expect(checks).toBe(1);
});

it("suppresses an opt-out that came between the preflight and the start", async () => {
  const redis = (await startOwnRedis()).connect();
  const api = await openApi({ test: await openTestStore({}, redis, { mode: "sandbox" }) });
  const list = await upload(api, LIST);
  const json = { campaign: campaignOf(api.test.number), list };

  await api.ask("/api/campaigns/preflight", { json });
  await api.ask("/api/opt-outs", { json: { phones: ["+48600700803"] } });
  const created = await api.ask("/api/campaigns", { json });
  const { id } = (await created.json()) as { id: string };
  await api.api.stop(10_000);

  expect(await api.test.counts(id)).toEqual({ pending: 3, rejected: 1, suppressed: 1 });
});

/** A process that has the number's token, and a sandbox to send to. */
async function withSender(test: TestStore) {
  const sandbox = createSandbox({ latencyMs: 0 });
  const { url } = await sandbox.start();
  onTestFinished(() => sandbox.stop());
  const openTestSender = async () => {
    const client = createLivechatClient({
      ...{ apiUrl: url, numberId: "sandbox-number", connections: 1, answerTimeoutMs: 60_000 },
      token: Buffer.from("sandbox-account:sandbox-pat").toString("base64"),
    });
    const logger = createLogger({ level: "info", stream: { write: () => {} } });
    const sender = createOneSender({
      ...{ store: test.store, client, ratePerSecond: 500, mode: "sandbox", logger },
      ...{ timings: timings({ answerTimeoutMs: 60_000, timeScale: 1 }), isAway: () => false },
    });
    const stop = async () => {
      await sender.stop();
      await client.close();
    };
    return accept({ sendDue: sender.sendDue, stop });
  };
  return openApi({ test, openTestSender });
}

it("sends one test message with the values of a row, to the phone that was given", async () => {
  const test = await openTestStore();
  const api = await withSender(test);
  const list = await upload(api, LIST);
  const json = { campaign: campaignOf(test.number), list, to: "600 700 999", row: 2 };

  const answer = await api.ask("/api/campaigns/test", { json });
  const sent = (await answer.json()) as { id: string; state: string; to: string };

  expect(answer.status).toBe(200);
  expect(sent).toMatchObject({ state: "accepted", row: 2, code: 0, doubts: [] });
  expect(sent.to).not.toContain("600700999");
  expect(await test.store.campaigns.count()).toBe(0);
});

it.each([
  ["a phone that cannot be read", { to: "12" }, "phone_unreadable"],
  ["a row that the list does not have", { row: 99 }, "test_row_missing"],
  ["a number whose token no process has", {}, "number_incomplete"],
])("sends no test message with %s", async (_, more, code) => {
  const api = await openApi();
  const list = await upload(api, LIST);
  const json = { campaign: campaignOf(api.test.number), list, to: "+48600700999", ...more };

  expect(await problemCode(await api.ask("/api/campaigns/test", { json }))).toBe(code);
});
