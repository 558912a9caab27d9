import { describe, expect, it } from "vitest";
import { MAGIC_RECIPIENTS } from "../../src/sandbox/magic.ts";
import { lastStatus } from "../support/request-log.ts";
import type { RunningSandbox } from "./running-sandbox.ts";
import { runSandbox } from "./running-sandbox.ts";

const to = (ending: string) => `4850555${ending}`;
const metaCode = (text: string) => (JSON.parse(text) as { error: { code: number } }).error.code;

async function statusesAfterDrain(running: RunningSandbox): Promise<unknown[]> {
  await running.sandbox.drained();
  return running.received.map(({ data }) => data["status"]);
}

describe("a magic recipient", () => {
  it.each([
    ["9012", 400, 132000],
    ["9016", 400, 100],
    ["9027", 403, 131031],
    ["9028", 400, 131048],
    ["9029", 400, 132015],
    ["9025", 200, 131026],
  ])(
    "ending in 555%s is answered HTTP %i with Meta's code %i, and nothing is sent",
    async (ending, status, code) => {
      const running = await runSandbox();

      const seen = await running.post(to(ending));

      expect([seen.status, metaCode(seen.text)]).toEqual([status, code]);
      expect(running.requests()).toMatchObject([{ decision: "refused", code, wamid: null }]);
      expect(await statusesAfterDrain(running)).toEqual([]);
    },
  );

  it.each([
    ["9013", 400],
    ["9026", 400],
    ["9030", 500],
  ])(
    "ending in 555%s is refused at every odd POST with HTTP %i and accepted at every even one",
    async (ending, status) => {
      const running = await runSandbox();

      const seen = [];
      for (let n = 0; n < 4; n++) {
        seen.push((await running.post(to(ending))).status);
      }

      expect(seen).toEqual([status, 200, status, 200]);
    },
  );

  it("ending in 5559001 is answered 429 with Retry-After, then accepted", async () => {
    const running = await runSandbox({ retryAfterSeconds: 7 });

    const first = await running.post(to("9001"));
    const second = await running.post(to("9001"));

    expect([first.status, first.headers["retry-after"], second.status]).toEqual([429, "7", 200]);
  });

  it.each([
    ["9002", ["failed"], 131026],
    ["9003", ["failed"], 131050],
    ["9019", ["sent", "failed"], 131049],
    ["9020", ["failed", "delivered"], 131026],
  ])("ending in 555%s is accepted and tells %j", async (ending, statuses, code) => {
    const running = await runSandbox();

    const seen = await running.post(to(ending));

    expect(seen.status).toBe(200);
    expect(await statusesAfterDrain(running)).toEqual(statuses);
    const failed = running.received.find(({ data }) => data["status"] === "failed");
    expect(failed?.data["errors"]).toMatchObject([{ code }]);
  });

  it.each([
    ["9004", 500, "accepted"],
    ["9021", 500, "dropped"],
  ])("ending in 555%s is answered HTTP %i although it is %s", async (ending, status, decision) => {
    const running = await runSandbox();

    const seen = await running.post(to(ending));

    expect(seen.status).toBe(status);
    expect(running.requests()).toMatchObject([{ decision, httpStatus: status }]);
    expect((await statusesAfterDrain(running)).length).toBe(decision === "accepted" ? 3 : 0);
  });

  it.each([
    ["9005", "accepted", "ECONNRESET"],
    ["9022", "dropped", "ECONNRESET"],
    ["9006", "accepted", "UND_ERR_HEADERS_TIMEOUT"],
    ["9023", "dropped", "UND_ERR_HEADERS_TIMEOUT"],
  ])("ending in 555%s is %s without an answer (%s)", async (ending, decision, code) => {
    const running = await runSandbox();

    await expect(running.post(to(ending), { timeoutMs: 100 })).rejects.toMatchObject({ code });

    expect(running.requests()).toMatchObject([{ decision, httpStatus: 0 }]);
    expect((await statusesAfterDrain(running)).length).toBe(decision === "accepted" ? 3 : 0);
  });

  it("ending in 5559007 is accepted, but the answer breaks off", async () => {
    const running = await runSandbox();

    await expect(running.post(to("9007"))).rejects.toThrow();

    expect(running.requests()).toMatchObject([{ decision: "accepted", fault: "cut-answer" }]);
    expect((await statusesAfterDrain(running)).length).toBe(3);
  });

  it("ending in 5559008 has its `sent` webhook before the answer", async () => {
    const running = await runSandbox({ webhookDelayMs: 60_000 });

    await running.post(to("9008"));

    expect(running.received.map(({ data }) => data["status"])).toEqual(["sent"]);
  });

  it("ending in 5559009 has every webhook three times, under two ids", async () => {
    const running = await runSandbox();

    await running.post(to("9009"));
    await running.sandbox.drained();

    const sent = running.received.filter(({ data }) => data["status"] === "sent");
    expect(running.received.length).toBe(9);
    expect(sent.length).toBe(3);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(2);
  });

  it("ending in 5559010 has its webhooks in reverse", async () => {
    const running = await runSandbox();

    await running.post(to("9010"));

    expect(await statusesAfterDrain(running)).toEqual(["read", "delivered", "sent"]);
  });

  it("ending in 5559011 is accepted and never heard of again", async () => {
    const running = await runSandbox();

    expect((await running.post(to("9011"))).status).toBe(200);

    expect(await statusesAfterDrain(running)).toEqual([]);
    expect(running.requests().map(lastStatus)).toEqual([null]);
  });

  it("ending in 5559017 is never read, and one in 5559033 is read without being delivered", async () => {
    const running = await runSandbox();

    await running.post(to("9017"));
    expect(await statusesAfterDrain(running)).toEqual(["sent", "delivered"]);
    await running.post(to("9033"));
    expect(await statusesAfterDrain(running)).toEqual(["sent", "delivered", "sent", "read"]);
  });

  it("ending in 5559018 has its webhooks late", async () => {
    const running = await runSandbox({ webhookLateMs: 250 });

    await running.post(to("9018"));
    await running.sandbox.drained();

    const [line] = running.requests();
    const [first] = running.received;
    const told = JSON.parse(first?.body ?? "") as { timestamp: string };
    expect(Date.parse(told.timestamp) - (line?.at ?? 0)).toBeGreaterThanOrEqual(245);
  });

  it("ending in 5559014, 5559015, 5559031 and 5559024 is answered in its own shape", async () => {
    const running = await runSandbox({ webhookUrl: null });

    const own = await running.post(to("9014"));
    const empty = await running.post(to("9015"));
    const plain = await running.post(to("9031"));
    const held = await running.post(to("9024"));

    expect(JSON.parse(own.text)).toEqual({ id: expect.stringMatching(/^tm_[0-9a-f]{24}$/) });
    expect([empty.status, empty.text]).toEqual([202, ""]);
    expect(JSON.parse(plain.text)).toEqual({ id: running.requests()[2]?.wamid });
    expect(JSON.parse(held.text)).toMatchObject({
      messages: [{ message_status: "held_for_quality_assessment" }],
    });
  });

  it("ending in 5559032 has an agent's chat reported before its own statuses", async () => {
    const running = await runSandbox();

    await running.post(to("9032"));
    await running.sandbox.drained();

    const [foreign, own] = running.received;
    expect(foreign?.data).toMatchObject({ conversation: { origin: { type: "service" } } });
    expect(foreign?.data["recipient_id"]).toBe(own?.data["recipient_id"]);
    expect(foreign?.data["id"]).not.toBe(own?.data["id"]);
    expect(own?.data["id"]).toBe(running.requests()[0]?.wamid);
  });

  it("gets the same outcome under every seed and beside every other knob", async () => {
    const running = await runSandbox({ seed: 99, reject429: 1 });

    expect((await running.post(to("9015"))).status).toBe(202);
  });

  it("is like any other when magic is off", async () => {
    const running = await runSandbox({ magic: "off" });

    expect((await running.post(to("9012"))).status).toBe(200);
  });
});

it("every magic ending is listed once, has seven digits and says what it does", () => {
  const endings = MAGIC_RECIPIENTS.map(({ ending }) => ending);

  expect(new Set(endings).size).toBe(endings.length);
  expect(endings.filter((ending) => !/^5559\d{3}$/.test(ending))).toEqual([]);
  expect(MAGIC_RECIPIENTS.filter(({ does }) => does.length < 10)).toEqual([]);
});
