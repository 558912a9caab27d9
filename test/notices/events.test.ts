import { describe, expect, test } from "vitest";
import { z } from "zod";
import { NEWS } from "../../src/core/news.ts";
import { EVENT_TYPES } from "../../src/core/notice.ts";
import { bodyOf } from "../../src/notices/body.ts";
import { eventOf, failedEvent, testEvent } from "../../src/notices/event.ts";
import { webhookEvent } from "../../src/notices/schema.ts";
import type { Notice } from "../../src/store/index.ts";
import { openTestStore } from "../support/campaigns.ts";

const AT = Date.UTC(2026, 10, 29, 20, 0, 0);

async function openCampaign() {
  const bench = await openTestStore();
  const id = await bench.import(3);
  const campaign = { ...(await bench.found(id)), name: "Sale <!channel> & more" };
  return { id, of: { number: "main", mode: "live" as const, campaign } };
}

const DETAILS: Partial<Record<Notice["what"], string>> = {
  paused: "template:132001",
  suspended: "account:190",
  silent: "none 12 660000",
};

/** Every event there is, by its type; of one type the last. */
async function everyEvent() {
  const { id, of } = await openCampaign();
  const notices = [...NEWS, "silent" as const].map((what): Notice => {
    return { id: "1-0", what, campaign: id, at: AT, detail: DETAILS[what] ?? "" };
  });
  const failed = [
    { id: "1-0", campaign: id, row: 2, at: AT, code: 131026, reason: 0 },
    { id: "2-0", campaign: id, row: 3, at: AT, code: 131026, reason: 0 },
  ];
  return [
    ...notices.flatMap((notice) => eventOf(notice, of) ?? []),
    ...[failedEvent(failed, of), testEvent("main", "live", AT)],
  ];
}

describe("events", () => {
  test("of every type follow the documented schema, and have no other field", async () => {
    const events = await everyEvent();

    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set([...EVENT_TYPES, "dropcast.test"]),
    );
    for (const event of events) {
      expect(webhookEvent.parse(event)).toEqual(event);
      expect(event.timestamp).toBe("2026-11-29T20:00:00.000Z");
    }
  });

  test("of a campaign that was deleted meanwhile still say which it was", () => {
    const of = { number: "main", mode: "sandbox", campaign: undefined } as const;
    const notice = { id: "1-0", what: "finished", campaign: "main-7", at: AT, detail: "" } as const;

    const event = eventOf(notice, of);

    expect(event?.data).toMatchObject({ campaign: "main-7", name: null, counts: null });
    expect(event === null ? "" : bodyOf(event, "slack")).toContain("[SANDBOX] Campaign main-7");
  });

  test("docs/webhook-events.schema.json says what they have (renew it with `vitest -u`)", async () => {
    const schema = { title: "Dropcast webhook", ...z.toJSONSchema(webhookEvent, { io: "input" }) };

    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
      "../../docs/webhook-events.schema.json",
    );
  });
});

describe("Slack's format", () => {
  test("is one text for each event, and a name cannot call everybody", async () => {
    const texts = (await everyEvent()).map((event) => {
      const body = JSON.parse(bodyOf(event, "slack")) as { text: string };
      expect(Object.keys(body)).toEqual(["text"]);
      return body.text;
    });

    for (const text of texts) expect(text).not.toMatch(/<!|undefined|null/);
    const [about] = texts.filter((text) => text.includes("has started"));
    expect(about).toMatch(
      /^Campaign "Sale &lt;!channel&gt; &amp; more" \(t\w+-1\) has started: 3 rows\.$/,
    );
    expect(texts.find((text) => text.includes("is paused"))).toContain("132001");
    expect(texts.find((text) => text.includes("failed:"))).toMatch(
      /^2 messages of .*: 2 .*\(131026\)\.$/,
    );
  });
});
