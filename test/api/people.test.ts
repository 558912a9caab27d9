import { describe, expect, it } from "vitest";
import { problemCode } from "../dashboard/support.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { freshKey, OPERATOR, openApi } from "./support.ts";

const ADMIN = { ...OPERATOR, role: "admin" as const };
const VIEWER = { ...OPERATOR, role: "viewer" as const };

describe("messages", () => {
  it("of one person are found in every campaign, by any spelling, without the phone", async () => {
    const { ask, test } = await openApi();
    const [one, two] = [await test.import(150), await test.import(3)];
    await test.send(one, 2, "failed", { code: 131026 });
    const phone = `+48 600 000 002`;

    const answer = await ask("/api/messages/find", { json: { phone }, access: VIEWER });
    const text = await answer.text();
    const { messages, next, unindexed } = JSON.parse(text) as Record<string, unknown>;

    expect(messages).toMatchObject([
      { campaign: two, row: 2, state: "pending" },
      { campaign: one, row: 2, state: "failed", code: 131026 },
    ]);
    expect([next, unindexed]).toEqual([null, 0]);
    expect(text).not.toContain(testPhone(2));
  });

  it.each([{ phone: "12" }, { phone: "" }])("no one is found by %j", async (json) => {
    const { ask } = await openApi();

    const answer = await ask("/api/messages/find", { json });

    expect(answer.status).toBe(422);
    expect(await problemCode(answer)).toBe("phone_unreadable");
  });

  it("is found by the id of any attempt, and one that is not known is refused", async () => {
    const { ask, test } = await openApi();
    const id = await test.import(2);
    await test.send(id, 2, "accepted", { wamid: "wamid.SECRET" });
    const answer = await ask("/api/messages/find", { json: { wamid: "wamid.SECRET" } });
    const none = await ask("/api/messages/find", { json: { wamid: "wamid.NONE" } });
    const both = await ask("/api/messages/find", { json: { wamid: "wamid.A", phone: "1" } });

    expect(await answer.json()).toMatchObject({ messages: [{ campaign: id, row: 2 }], next: null });
    expect([none.status, await problemCode(none)]).toEqual([404, "search_nothing_found"]);
    expect([both.status, await problemCode(both)]).toEqual([400, "dashboard_body_invalid"]);
  });

  it("have a timeline, with times in their order and what is not known", async () => {
    const { ask, test } = await openApi();
    const id = await test.import(3);
    await test.send(id, 1, "accepted", { wamid: "wamid.SECRET" });
    await test.send(id, 2, "unknown", { reason: 1 });
    const show = async (row: string) => ask(`/api/campaigns/${id}/messages/${row}`);

    const accepted = await (await show("1")).text();
    const unknown = await (await show("2")).json();
    const none = [await show("4"), await show("0"), await show("x")];

    expect(JSON.parse(accepted)).toMatchObject({
      ...{ campaign: id, row: 1, state: "accepted", attempt: 1, reason: null },
      timeline: [
        { what: "claimed", at: expect.any(String) },
        { what: "accepted", at: expect.any(String) },
      ],
      answer: expect.stringMatching(/^Taken by LiveChat on /),
      events: [
        { what: "imported", attempt: null },
        { what: "claimed", attempt: 1 },
        { what: "accepted", attempt: 1, http: null },
      ],
    });
    expect(accepted).not.toContain("SECRET");
    expect(unknown).toMatchObject({ state: "unknown", unknownSince: expect.any(String) });
    for (const answer of none) {
      expect([answer.status, await problemCode(answer)]).toEqual([404, "no_such_row"]);
    }
  });
});

describe("opt-outs", () => {
  /** The list is the whole deployment's, so each of these tests has a Redis of its own. */
  const open = async () => {
    const redis = (await startOwnRedis()).connect();
    const api = await openApi({ test: await openTestStore({}, redis) });
    const list = async () =>
      (await (await api.ask("/api/opt-outs")).json()) as { optOuts: { phone: string }[] };
    return { ...api, list };
  };

  it("are added, listed by page and removed", async () => {
    const { ask, list } = await open();
    const phones = ["+48 600 700 801", "600700802", "600-700-803"];

    const added = await ask("/api/opt-outs", {
      json: { phones, scope: "marketing", source: "web" },
    });
    const again = await ask("/api/opt-outs", { json: { phones: phones.slice(0, 1) } });
    const page = (await (await ask("/api/opt-outs?limit=2")).json()) as { next: string };
    const rest = await (await ask(`/api/opt-outs?limit=2&cursor=${page.next}`)).json();
    const removed = await ask("/api/opt-outs/remove", {
      json: { phones: ["600700803", "600700899"] },
    });

    expect(await added.json()).toEqual({ added: 3, unchanged: 0, scope: "marketing" });
    expect(await again.json()).toEqual({ added: 1, unchanged: 0, scope: "all" });
    expect(page).toMatchObject({ optOuts: [{ scope: "marketing", source: "web" }, {}] });
    expect(rest).toMatchObject({ optOuts: [{ phone: "+48600700801", scope: "all" }], next: null });
    expect(await removed.json()).toEqual({ removed: 1, absent: 1 });
    expect((await list()).optOuts.map(({ phone }) => phone)).toEqual([
      "+48600700802",
      "+48600700801",
    ]);
  });

  it("say to who is limited to some numbers what a person gets and since when, not the source", async () => {
    const { ask } = await open();
    const phone = "+48600700801";
    await ask("/api/opt-outs", { json: { phones: [phone], source: "131050 pl-42" } });
    const access = { ...OPERATOR, numbers: new Set(["main"]) };

    const found = await ask("/api/opt-outs/find", { json: { phone }, access });
    const counts = await ask("/api/opt-outs/counts", { access });
    const all = await ask("/api/opt-outs/find", { json: { phone } });

    expect(await found.json()).toEqual({
      optOut: { phone, scope: "all", origin: null, who: "", source: "", at: expect.any(String) },
    });
    expect(counts.status).toBe(403);
    expect(await all.json()).toMatchObject({
      optOut: { origin: "hand", who: "token:test", source: "131050 pl-42" },
    });
  });

  it("of which one cannot be read are not added, and it is not quoted", async () => {
    const { ask, list } = await open();

    const answer = await ask("/api/opt-outs", { json: { phones: ["600700801", "12345"] } });
    const text = await answer.text();

    expect(answer.status).toBe(422);
    expect(text).toContain("Phone number 2");
    expect(text).not.toContain("12345");
    expect(await list()).toEqual({ optOuts: [], next: null });
  });

  it("are imported from a file by an admin, once for a key, and nothing stays on the disk", async () => {
    const { ask, list, onDisk } = await open();
    const body = "phone,scope\n600700801,all\n12,all\n600700802,marketing\n";
    const key = freshKey();
    const send = (access: typeof ADMIN | typeof OPERATOR) =>
      ask("/api/opt-outs/import?source=CRM", { method: "POST", body, access, key });

    const refused = await send(OPERATOR);
    const first = await send(ADMIN);
    const again = await send(ADMIN);

    expect([refused.status, await problemCode(refused)]).toEqual([403, "api_role_too_low"]);
    expect(await first.json()).toMatchObject({
      ...{ rows: 3, added: 2, unchanged: 0, unreadable: 1, lines: [3] },
      rejected: [{ line: 3, column: "phone" }],
    });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect((await list()).optOuts).toHaveLength(2);
    expect(onDisk()).toEqual([]);
  });
});

describe("numbers", () => {
  it("tell what they may do, and take a rate", async () => {
    const { ask, test } = await openApi();
    const id = await test.import(2);
    await test.send(id, 1, "suspend", { code: 190 });
    const path = `/api/numbers/${test.number}`;

    const rate = await ask(`${path}/rate`, { json: { ratePerSecond: 7 } });
    const one = await (await ask(path)).json();
    const all = await (await ask("/api/numbers")).json();
    const none = await ask("/api/numbers/constructor");

    expect(await rate.json()).toEqual({ number: test.number, ratePerSecond: 7 });
    expect(one).toMatchObject({
      ...{ number: test.number, setRatePerSecond: 7, backoff: null, rollback: null },
      ...{ halt: { code: 190, campaign: id }, campaigns: { live: 1, total: 1 } },
      workers: { running: false, lastSeenSeconds: null },
    });
    expect(all).toEqual({ numbers: [one] });
    expect([none.status, await problemCode(none)]).toEqual([404, "number_unknown"]);
  });
});
