import { Hono, type MiddlewareHandler } from "hono";
import { html } from "hono/html";
import { expect, onTestFinished, test, vi } from "vitest";
import type { ApiEnv } from "../../src/api/access.ts";
import type { Role } from "../../src/core/access.ts";
import { answerProblem } from "../../src/dashboard/answer.ts";
import { createLive } from "../../src/dashboard/live.ts";
import { isLivePath, page } from "../../src/dashboard/pages/layout.ts";
import { SOON } from "../support/soon.ts";
import { basic, openDashboard, PASSWORD, problemCode } from "./support.ts";

interface Sent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** Follows a stream until the test ends, or leaves it. */
async function follow(answer: Response | Promise<Response>) {
  const response = await answer;
  const reader = (response.body ?? new ReadableStream()).getReader() as Reader;
  const events: Sent[] = [];
  let isOver = false;
  let text = "";
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += Buffer.from(value ?? []).toString();
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? "";
        const event = field("event");
        if (event === "") continue;
        events.push({ event, id: field("id"), data: field("data") });
      }
    }
    isOver = true;
  };
  void read().catch(() => (isOver = true));
  const leave = () => reader.cancel().catch(() => {});
  onTestFinished(leave);
  return { response, events, leave, isOver: () => isOver };
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** A live page of its own, whose text and rights a test changes, and which counts its renderings. */
function openPage({ rightsEveryMs = 50, streamsMax = 100 } = {}) {
  const shown = { text: "one", role: "viewer" as Role | null, renderings: 0, status: 200 };
  const signIn: MiddlewareHandler<ApiEnv> = async (context, next) => {
    const { role } = shown;
    if (role === null) return context.body(null, 401);
    context.set("access", { who: "ana", role, numbers: null, from: "::1" });
    context.set("stillHas", async () => shown.role === role);
    return next();
  };
  const pages = new Hono<ApiEnv>();
  pages.get("/thing", async (context): Promise<Response> => {
    shown.renderings++;
    if (shown.status !== 200) return context.body(null, shown.status as 500);
    return page(context, { title: "Thing", kind: "live", main: html`<p>${shown.text}</p>` });
  });
  pages.get("/still", (context) => page(context, { title: "Still", kind: "still", main: html`x` }));
  const live = createLive({
    before: [signIn],
    pages,
    answer: answerProblem,
    ...{ rightsEveryMs, streamsMax, isLive: (path) => path === "/thing" },
  });
  onTestFinished(() => live.stop());
  const app = new Hono<ApiEnv>();
  app.use(signIn);
  app.route("/", live.app);
  return {
    shown,
    live,
    open: (path = "/thing") => app.request(`/live?page=${encodeURIComponent(path)}`),
  };
}

test("a change of the ledger comes to a live page", async () => {
  const dashboard = await openDashboard();
  const { test: bench, url } = dashboard;
  const id = await bench.import(3);
  const headers = { authorization: basic(PASSWORD) };
  const address = `${url}/live?page=${encodeURIComponent(`/campaigns/${id}`)}`;
  const { events } = await follow(fetch(address, { headers }));
  await vi.waitFor(() => expect(events).toHaveLength(1), SOON);
  expect(events[0]).toMatchObject({ event: "page", data: expect.stringContaining("Waiting") });

  await bench.send(id, 1, "failed", { code: 131026 });
  await vi.waitFor(() => expect(events.at(-1)?.data).toContain("131026"), SOON);
});

test("a change is on a live page within a second", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const { shown, open } = openPage({ rightsEveryMs: 60_000 });
  const { events } = await follow(open());
  await vi.advanceTimersByTimeAsync(1_000);
  expect(events).toHaveLength(1);

  shown.text = "two";
  await vi.advanceTimersByTimeAsync(1_000);

  expect(events.at(-1)?.data).toContain("two");
});

test("all readers of a page share one renderer, which sends only changes and stops with the last", async () => {
  const { shown, live, open } = openPage();
  const readers = await Promise.all(Array.from({ length: 20 }, () => follow(open())));
  const startedAt = performance.now();
  await vi.waitFor(
    () => expect(readers.every(({ events }) => events.length === 1)).toBe(true),
    SOON,
  );

  shown.text = "two";
  await vi.waitFor(
    () => expect(readers.every(({ events }) => events.length === 2)).toBe(true),
    SOON,
  );
  await vi.waitFor(() => expect(shown.renderings).toBeGreaterThan(3), SOON);
  const seconds = (performance.now() - startedAt) / 1_000;

  expect(readers.map(({ events }) => events.length)).toEqual(readers.map(() => 2));
  expect(shown.renderings).toBeLessThanOrEqual(2 + seconds / 0.9);
  await Promise.all(readers.map(({ leave }) => leave()));
  await vi.waitFor(() => expect(live.watched()).toBe(0), SOON);
});

test.each([
  ["session", null],
  ["role", "operator"],
] as const)("a stream ends when the %s with which it began does", async (_, role) => {
  const { shown, open } = openPage();
  const reader = await follow(open());
  await vi.waitFor(() => expect(reader.events).toHaveLength(1), SOON);

  shown.role = role;
  shown.text = "not for them";

  await vi.waitFor(() => expect(reader.isOver()).toBe(true), SOON);
  expect(reader.events.map(({ data }) => data).join()).not.toContain("not for them");
});

test("a page that cannot be read now is called so, and shown again when it can", async () => {
  const { shown, open } = openPage();
  const { events } = await follow(open());
  await vi.waitFor(() => expect(events).toHaveLength(1), SOON);
  shown.status = 500;
  await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ event: "trouble" }), SOON);
  shown.status = 200;
  await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ event: "page" }), SOON);
});

test("the stream of a page that is not there any more says so and ends, also for who comes back", async () => {
  const { shown, live, open } = openPage();
  const reader = await follow(open());
  await vi.waitFor(() => expect(reader.events).toHaveLength(1), SOON);

  shown.status = 404;
  await vi.waitFor(() => expect(reader.isOver()).toBe(true), SOON);
  const later = await follow(open());
  await vi.waitFor(() => expect(later.isOver()).toBe(true), SOON);

  expect(reader.events.at(-1)).toMatchObject({ event: "trouble", data: "404", id: "" });
  expect(later.events).toMatchObject([{ event: "trouble", data: "404" }]);
  await vi.waitFor(() => expect(live.watched()).toBe(0), SOON);
});

test("one person follows 20 pages at most", async () => {
  const { open } = openPage();
  await Promise.all(Array.from({ length: 20 }, () => follow(open())));

  expect(await problemCode(await open())).toBe("streams_too_many");
});

test("there are only so many streams, and only of our own pages that are live", async () => {
  const { open } = openPage({ streamsMax: 1 });
  expect(await problemCode(await open("https://elsewhere.example/"))).toBe(
    "dashboard_query_invalid",
  );
  expect(await problemCode(await open("/still"))).toBe("dashboard_query_invalid");
  const first = await follow(open());
  await vi.waitFor(() => expect(first.events).toMatchObject([{ event: "page" }]), SOON);

  const second = await open();

  expect([second.status, await problemCode(second)]).toEqual([503, "streams_too_many"]);
});

test("the pages that are renewed live have a stream, and the others are never read for one", async () => {
  const dashboard = await openDashboard();
  const id = await dashboard.test.import(1);
  const still = ["/opt-outs", `/campaigns/${id}/retry`, `/campaigns/${id}/unknown`, "/audit"];
  const live = ["/", "/numbers", "/drops", "/actions", `/campaigns/${id}`, "/?q=a"];

  for (const path of [...live, ...still]) {
    const answer = await dashboard.ask(path, { headers: { accept: "text/html" } });
    const isLive = (await answer.text()).includes("data-live");
    expect([path, isLivePath(path), isLive]).toEqual([path, live.includes(path), isLivePath(path)]);
  }
  const refused = await dashboard.ask(`/live?page=/campaigns/${id}/retry`);
  expect(await problemCode(refused)).toBe("dashboard_query_invalid");
});
