import { describe, expect, it } from "vitest";
import { problemCode } from "../dashboard/support.ts";
import { OPERATOR, openApi } from "./support.ts";

interface Event {
  readonly id: string;
  readonly campaign: { readonly id: string; readonly status: string };
}

/** Reads a stream of events, until `count` have come; acts once when some of them have. */
async function readEvents(
  answer: Response,
  count: number,
  meanwhile?: { readonly after: number; readonly act: () => Promise<unknown> },
): Promise<Event[]> {
  let isDone = false;
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  const events: Event[] = [];
  let text = "";
  while (events.length < count) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    if (done) break;
    text += decoder.decode(value, { stream: true });
    const parts = text.split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      const data = /^data: (.*)$/m.exec(part)?.[1];
      const id = /^id: (.*)$/m.exec(part)?.[1] ?? "";
      if (data !== undefined) events.push({ id, campaign: JSON.parse(data) as Event["campaign"] });
    }
    if (meanwhile === undefined || isDone || events.length < meanwhile.after) continue;
    isDone = true;
    await meanwhile.act();
  }
  await reader?.cancel();
  return events;
}

describe("GET /api/campaigns/:id/events", () => {
  it("tells the campaign at once, and then what changes", async () => {
    const { ask, test } = await openApi();
    const id = await test.import(1);

    const answer = await ask(`/api/campaigns/${id}/events`);
    const act = () => test.store.campaigns.pause(id, "operator");
    const [first, second] = await readEvents(answer, 2, { after: 1, act });

    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    expect(first?.campaign).toMatchObject({ id, status: "running" });
    expect(second?.campaign).toMatchObject({ id, status: "paused" });
    expect(second?.id).not.toBe(first?.id);
  });

  it("tells nothing that the client has, by its Last-Event-ID", async () => {
    const { ask, test } = await openApi();
    const id = await test.import(1);
    const path = `/api/campaigns/${id}/events`;
    const [before] = await readEvents(await ask(path), 1);

    const headers = { "last-event-id": before?.id ?? "" };
    const reading = readEvents(await ask(path, { headers }), 1);
    await test.store.campaigns.cancel(id);
    const [next] = await reading;

    expect(next?.campaign.status).toBe("cancelled");
  });

  it("of an unknown campaign is refused", async () => {
    const { ask, test } = await openApi();

    const answer = await ask(`/api/campaigns/${test.number}-9/events`);

    expect([answer.status, await problemCode(answer)]).toEqual([404, "no_such_campaign"]);
  });
});

describe("GET /api/events", () => {
  it("tells every live campaign, and one that ends to its end", async () => {
    const { ask, test } = await openApi();
    const [one, two] = [await test.import(1), await test.import(1)];

    const act = () => test.store.campaigns.cancel(one);
    const events = await readEvents(await ask("/api/events"), 3, { after: 2, act });

    expect(
      events
        .slice(0, 2)
        .map(({ campaign }) => campaign.id)
        .sort(),
    ).toEqual([one, two]);
    expect(events[2]?.campaign).toMatchObject({ id: one, status: "cancelled" });
  });

  it("tells a client that was away which campaigns have ended since", async () => {
    const { ask, test } = await openApi();
    const id = await test.import(1);
    const [before] = await readEvents(await ask("/api/events"), 1);
    await test.store.campaigns.cancel(id);

    const headers = { "last-event-id": before?.id ?? "" };
    const [after] = await readEvents(await ask("/api/events", { headers }), 1);

    expect(after?.campaign).toMatchObject({ id, status: "cancelled" });
  });

  it("ends when the process stops, and is bounded in number", async () => {
    const { ask, api } = await openApi();

    const as = (who: string) => ask("/api/events", { access: { ...OPERATOR, who } });
    const answers = await Promise.all(Array.from({ length: 101 }, (_, at) => as(`user:${at % 6}`)));
    const refused = answers.filter(({ status }) => status === 503);
    await api.stop(0);
    const texts = await Promise.all(
      answers.filter(({ status }) => status === 200).map((one) => one.text()),
    );

    expect(refused).toHaveLength(1);
    expect(await problemCode(refused[0] as Response)).toBe("streams_too_many");
    expect(texts).toHaveLength(100);
  });

  it("leaves room for others: one person has 20, and a closed one can be opened again", async () => {
    const { ask } = await openApi();
    const open = (who: string, session?: string) =>
      ask("/api/events", { access: { ...OPERATOR, who, ...(session && { session }) } });
    const own = await Promise.all(Array.from({ length: 20 }, () => open("user:anna")));

    const more = await open("user:anna");
    const others = [await open("user:bert"), await open("password", "a"), await open("password")];
    await own[0]?.body?.cancel();
    const again = async () => (await open("user:anna")).status;

    expect([more.status, await problemCode(more)]).toEqual([503, "streams_too_many"]);
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
    await expect.poll(again).toBe(200);
  });

  it("is for viewers, too", async () => {
    const { ask } = await openApi();

    const answer = await ask("/api/events", { access: { ...OPERATOR, role: "viewer" } });
    await answer.body?.cancel();

    expect(answer.status).toBe(200);
  });
});
