import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import { STATES } from "../../src/core/message.ts";
import { NEWS } from "../../src/core/news.ts";
import { createCampaignLog } from "../../src/worker/campaign-log.ts";

type Line = Readonly<Record<string, unknown>>;
type Found = {
  counts?: Record<string, number>;
  startedAt?: number | null;
  finishedAt?: number | null;
};

const MINUTE_MS = 60_000;

/** What one worker says of news, and of campaigns of which `running` run. */
async function linesOf(input: {
  news?: { kind: string; campaign?: string; reason?: string }[];
  campaign?: Found | null;
  running?: readonly string[];
  isNewMinute?: boolean;
  untold?: Record<string, number>;
  /** How many run, if more than the listed ones. */
  count?: number;
}): Promise<{ lines: Line[]; asked: string[] }> {
  const lines: Line[] = [];
  const asked: string[] = [];
  const none = Object.fromEntries(Object.keys(STATES).map((state) => [state, 0]));
  const { running = [], campaign = {} } = input;
  const store = {
    takeNews: async () => ({
      news: (input.news ?? []).map((one) => ({ at: 0, campaign: "", reason: "", ...one })),
      ...{ isNewMinute: input.isNewMinute ?? false, untold: input.untold ?? {} },
      running: input.count ?? running.length,
    }),
    campaigns: {
      running: async () => running,
      find: async (id: string) => {
        asked.push(id);
        if (campaign === null) return undefined;
        const { counts, ...rest } = campaign;
        const times = { startedAt: null, finishedAt: null };
        return { id, name: "Sale", rows: 3, ...times, ...rest, counts: { ...none, ...counts } };
      },
    },
  } as never;
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Line) });
  await createCampaignLog({ store, logger, minuteMs: MINUTE_MS }).log();
  return { lines, asked };
}

test.each([
  ["paused", "operator", 30],
  ["paused", "template:132001", 40],
  ["suspended", "account:190", 50],
  ["backed_off", "too_fast", 40],
  ["rates_differ", "20 80", 40],
  ["budget_differs", "{}", 40],
  ["recovered", "too_fast", 30],
  ["released", "", 30],
  ["resumed", "", 30],
])("%s (%s) has the level %i", async (kind, reason, level) => {
  const { lines } = await linesOf({ news: [{ kind, reason, campaign: "main-1" }] });
  expect(lines.map((line) => line["level"])).toEqual([level]);
});

test("every kind of news has its own words", async () => {
  const words = new Set<unknown>();
  for (const kind of NEWS) {
    const { lines } = await linesOf({ news: [{ kind, reason: "20 80" }] });
    words.add(lines[0]?.["msg"]);
  }
  expect(words.size).toBe(NEWS.length);
  expect(words).not.toContain(undefined);
});

test("news of the number names no campaign and looks for none, and news of a campaign does", async () => {
  const number = await linesOf({ news: [{ kind: "released" }] });
  expect(number.asked).toEqual([]);
  expect(number.lines[0]).not.toHaveProperty("campaign");

  const one = await linesOf({ news: [{ kind: "resumed", campaign: "main-1" }] });
  expect(one.asked).toEqual(["main-1"]);
  expect(one.lines).toMatchObject([{ campaign: "main-1", at: "1970-01-01T00:00:00.000Z" }]);
});

test("a pause by a code tells the code, and one without does not", async () => {
  const of = async (reason: string) =>
    (await linesOf({ news: [{ kind: "paused", campaign: "main-1", reason }] })).lines[0];
  expect(await of("template:132001")).toMatchObject({ code: 132001, reason: "template:132001" });
  expect(await of("template:1")).toMatchObject({ code: 1 });
  expect(await of("operator")).not.toHaveProperty("code");
});

test("a start tells name and rows, and an end the counts that are not zero", async () => {
  const campaign = { counts: { accepted: 2, failed: 1 } };
  for (const [kind, told] of [
    ["started", { name: "Sale", rows: 3 }],
    ["finished", { tookSeconds: null }],
  ] as const) {
    const { lines } = await linesOf({ news: [{ kind, campaign: "main-1" }], campaign });
    expect(lines).toMatchObject([told]);
    expect(lines[0]?.["counts"]).toEqual({ accepted: 2, failed: 1 });
  }
});

test.each([
  [0, 90_400, 90],
  [1_000, null, null],
  [null, 1_000, null],
])("a campaign from %o to %o took %o seconds", async (startedAt, finishedAt, tookSeconds) => {
  const news = [{ kind: "cancelled", campaign: "main-1" }];
  const { lines } = await linesOf({ news, campaign: { startedAt, finishedAt } });
  expect(lines).toMatchObject([{ tookSeconds }]);
});

test.each(["started", "finished", "cancelled", "expired"])(
  "a campaign that is %s and deleted since is told without its figures",
  async (kind) => {
    const news = [{ kind, campaign: "main-1" }];
    const { lines } = await linesOf({ news, campaign: null });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toHaveProperty("counts");
  },
);

test("progress is told in the first sweep of a minute, of each campaign that runs", async () => {
  const campaign = { counts: { pending: 1, accepted: 1 } };
  const running = ["main-1"];
  expect((await linesOf({ running, campaign })).lines).toEqual([]);

  const { lines } = await linesOf({ running, campaign, isNewMinute: true });
  expect(lines).toMatchObject([
    { msg: "campaign progress", campaign: "main-1", counts: campaign.counts },
  ]);
  expect((await linesOf({ isNewMinute: true })).lines).toEqual([]);
});

test("twenty campaigns a minute are told of, the next ones in the next minute, and how many run", async () => {
  const running = Array.from({ length: 50 }, (_, nth) => `main-${nth}`);
  const clock = vi.spyOn(Date, "now");
  onTestFinished(() => clock.mockRestore());
  const told: unknown[] = [];
  for (const minute of [0, 1, 2, 3, 4]) {
    clock.mockReturnValue(minute * MINUTE_MS + 30_000);
    const { lines } = await linesOf({ running, isNewMinute: true });
    const progress = lines.filter(({ msg }) => msg === "campaign progress");
    expect(progress).toHaveLength(20);
    told.push(...progress.map((line) => line["campaign"]));
    expect(lines.at(-1)).toMatchObject({ running: 50, told: 20 });
  }
  // Each as often as the others.
  for (const id of running) expect(told.filter((one) => one === id)).toHaveLength(2);
});

test("twenty campaigns are told of without a count of further ones", async () => {
  const running = Array.from({ length: 20 }, (_, nth) => `main-${nth}`);
  const { lines } = await linesOf({ running, isNewMinute: true });
  expect(lines.map((line) => line["campaign"])).toEqual(running);
});

test("a campaign that is deleted while it is told of is passed over", async () => {
  const { lines } = await linesOf({ running: ["main-1"], campaign: null, isNewMinute: true });
  expect(lines).toEqual([]);
});

test("changes that were only counted are told once a minute, if there are any", async () => {
  const untold = { started: 1 };
  expect((await linesOf({ untold })).lines).toEqual([]);
  expect((await linesOf({ untold, isNewMinute: true })).lines).toMatchObject([{ changes: untold }]);
  expect((await linesOf({ isNewMinute: true })).lines).toEqual([]);
});
