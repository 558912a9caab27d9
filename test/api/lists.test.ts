import { describe, expect, it, onTestFinished, vi } from "vitest";
import { problemCode, SOON } from "../dashboard/support.ts";
import { openApi } from "./support.ts";

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
