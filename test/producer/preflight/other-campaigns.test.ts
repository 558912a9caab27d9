import { expect, test } from "vitest";
import { readOthers } from "../../../src/producer/preflight/other-campaigns.ts";
import { canaryWarning } from "../../../src/producer/preflight/warnings.ts";
import type { People, RecentCampaign } from "../../../src/store/index.ts";
import { testDefinition, testPhone } from "../../support/campaigns.ts";

const QUESTION: Parameters<typeof readOthers>[1] = {
  ...{ definition: testDefinition("main"), mode: "live" as const, own: "", about: "all" as const },
};

/**
 * A number on which campaigns of so many rows are running, newest first; who is on each. `change`:
 * what else is different about all of them.
 */
function running(
  rows: readonly number[],
  onEach: People["receivers"],
  change: Partial<RecentCampaign> = {},
) {
  const read: string[] = [];
  const campaigns = rows.map((count, at) => ({
    ...{ id: `main-${rows.length - at}`, rows: count, status: "running", name: `Other ${at}` },
    ...{ template: "other", skipsRepeats: false, digest: `${at}`, pool: null, ...change },
  }));
  const people = {
    recent: async () => ({ campaigns, isCut: false }),
    receivers: (...asked: Parameters<People["receivers"]>) => {
      read.push(asked[0]);
      return onEach(...asked);
    },
  } as unknown as People;
  return { people, read };
}

async function* noOne(): AsyncGenerator<never> {
  // On none of them.
}

test.each([
  ["a hundred campaigns", Array<number>(100).fill(1), 100, []],
  ["one more than a hundred", Array<number>(101).fill(1), 100, ["other_campaigns"]],
  ["two million rows", [1_999_999, 1], 2, []],
  ["one row more than two million", [2_000_000, 1], 1, ["other_campaigns"]],
])("of other campaigns %s are read, and what is not is told", async (_, rows, count, unread) => {
  const { people, read } = running(rows, noOne);

  const others = await readOthers(people, QUESTION);

  expect(others).toMatchObject({ ok: true, value: { unread } });
  expect(read).toHaveLength(count);
  expect(read[0]).toBe(`main-${rows.length}`);
});

test("campaigns that cannot be read fail the look, each once, also those that are read ahead", async () => {
  const { people } = running([1, 1, 1], (id) => {
    const next = () => Promise.reject(new Error(`${id} is away`));
    return { next } as never;
  });

  // A rejection that no one awaits would end the process.
  await expect(readOthers(people, QUESTION)).rejects.toThrow("main-3 is away");
});

/** A campaign of the same name. */
const REPEAT = { name: testDefinition("main").name };

function asking(windows: { skip?: number; warn?: number }, own = ""): typeof QUESTION {
  const { skip = null, warn = null } = windows;
  const { definition } = QUESTION;
  const recipients = { ...definition.recipients, skipRepeatMs: skip, warnRepeatMs: warn };
  return { ...QUESTION, own, definition: { ...definition, recipients } };
}

test.each<[string, Partial<RecentCampaign>, typeof QUESTION, string[]]>([
  ["running", {}, QUESTION, ["main-1"]],
  ["running, where only repeats are asked for", {}, { ...QUESTION, about: "repeats" }, []],
  ["over", { status: "finished" }, asking({ warn: 1 }), []],
  [
    "over, and of the same name",
    { status: "finished", ...REPEAT },
    asking({ warn: 1 }),
    ["main-1"],
  ],
  ["over, and of the same name, unasked", { status: "finished", ...REPEAT }, QUESTION, []],
  ["the list's own", REPEAT, asking({ warn: 1 }, "main-1"), []],
  ["being imported", { status: "importing" }, asking({ skip: 1 }, "main-9"), []],
])("people of a campaign that is %s are read, or not", async (_, change, question, expected) => {
  const { people, read } = running([1], noOne, change);

  const others = await readOthers(people, question);

  expect(others).toMatchObject({ ok: true, value: { unread: [] } });
  expect(read).toEqual(expected);
});

test("beyond the room repeats are read to leave people out, and no other campaign", async () => {
  const tooMany = Array<number>(101).fill(1);
  const [repeats, others] = [running(tooMany, noOne, REPEAT), running(tooMany, noOne)];

  const told = await readOthers(repeats.people, asking({ skip: 1 }));
  const missing = await readOthers(others.people, asking({ skip: 1 }));

  expect(told).toMatchObject({ value: { unread: [] } });
  expect(repeats.read).toHaveLength(101);
  expect(missing).toMatchObject({ value: { unread: ["other_campaigns"] } });
  expect(others.read).toHaveLength(100);
});

test.each<[string, Partial<RecentCampaign>, string[]]>([
  ["runs", REPEAT, ["repeats", "other_campaigns"]],
  ["is over", { ...REPEAT, status: "finished" }, ["repeats"]],
])("a repeat that %s and is not read is told as what it is", async (_, change, unread) => {
  const { people } = running([2_000_001], noOne, change);

  expect(await readOthers(people, asking({ warn: 1 }))).toMatchObject({ value: { unread } });
});

test.each([
  ["one that began later and leaves repeats out gives way", 9, true, true],
  ["one that began later and does not is waited for", 9, false, false],
  ["one that began before is waited for", 1, true, false],
])("of two lists that are being imported, %s", async (_, serial, skipsRepeats, ok) => {
  const { people } = running([1], noOne, {
    ...{ ...REPEAT, id: `main-${serial}`, status: "importing", skipsRepeats },
  });

  const others = await readOthers(people, asking({ skip: 1 }, "main-5"));

  expect(others).toMatchObject(ok ? { ok } : { ok, refusal: { code: "import_in_progress" } });
});

test("sixteen campaigns are read at once, and the next when these are through", async () => {
  const begun: number[] = [];
  const { people, read } = running(Array<number>(40).fill(1), async function* () {
    yield [];
    begun.push(read.length);
  });

  await readOthers(people, QUESTION);

  expect(new Set(begun)).toEqual(new Set([16, 32, 40]));
});

test("each person is told with the newest campaign of a kind", async () => {
  const got = { "main-3": "waits", "main-2": "tell", "main-1": "leave_out" } as const;
  const { people } = running(
    [1, 1, 1],
    async function* (id) {
      yield [
        { phone: testPhone(1), got: got[id as keyof typeof got] },
        { phone: testPhone(Number(id.slice(-1)) + 1), got: got[id as keyof typeof got] },
      ];
    },
    REPEAT,
  );

  const [warned, skipped] = [
    await readOthers(people, asking({ warn: 1 })),
    await readOthers(people, asking({ skip: 1, warn: 1 })),
  ];

  if (!warned.ok || !skipped.ok) throw new Error("refused");
  const of = ({ value: { leftOut, got: had, on } }: typeof warned) =>
    [1, 2, 3, 4, 5].map((row) => [leftOut, had, on].map((one) => one(testPhone(row))));
  expect(of(warned)).toEqual([
    ["main-1", "main-2", "main-3"],
    ["main-1", undefined, undefined],
    [undefined, "main-2", undefined],
    [undefined, undefined, "main-3"],
    [undefined, undefined, undefined],
  ]);
  expect(of(skipped)).toEqual([
    ["main-3", "main-2", undefined],
    ["main-1", undefined, undefined],
    [undefined, "main-2", undefined],
    ["main-3", undefined, undefined],
    [undefined, undefined, undefined],
  ]);
});

test.each([
  [5, 5, "all 5 are canary (canary.size is 5), so none waits for its result"],
  [5, 4, "all 4 are canary (canary.size is 5), so none waits for its result"],
  [5, 6, undefined],
  [5, 0, undefined],
])(
  "a canary of %i in a list of %i messages is warned of if it is all of it",
  (size, going, said) => {
    const canary = { size, minDelivered: 0.8, waitMs: 1_000, after: "go" } as const;

    const [warning] = canaryWarning({ ...testDefinition("main"), canary }, going);

    expect(warning?.reason).toBe(said);
  },
);
