import { expect, onTestFinished, test, vi } from "vitest";
import type { NumberStore } from "../../src/store/index.ts";
import { finishMoves, startPoolChore, startPools } from "../../src/worker/pool-chore.ts";
import { SOON } from "../support/soon.ts";

const CHILDREN = ["one-1", "two-1"].map((campaign) => ({ campaign }));

/** Stores of some numbers, which note what is asked of them; `pools` are what they say of pools. */
function openStores(pools: object = {}, names: readonly string[] = ["one"]) {
  const asked: string[] = [];
  const note = async (what: string) => void asked.push(what);
  const storeOf = (name: string): NumberStore =>
    ({
      number: name,
      pools: {
        open: async () => ["pool-1"],
        toStart: async () => CHILDREN,
        started: () => note("pool is started"),
        moving: async () => [],
        ...pools,
      },
      imports: { finish: ({ campaign }: { campaign: string }) => note(`${campaign} starts`) },
      close: () => note(`${name} closes`),
    }) as never;
  const problems: string[] = [];
  return {
    ...{ asked, problems, storeOf },
    stores: Object.fromEntries(names.map((name) => [name, storeOf(name)])),
    onProblem: (error: unknown, name: string) => void problems.push(`${name}: ${String(error)}`),
    /** Opens a number that this process does not serve. */
    async open(name: string): Promise<NumberStore> {
      await note(`${name} opens`);
      return storeOf(name);
    },
  };
}

test("a pool is started when all of its campaigns are, and each number's own store stays open", async () => {
  const { stores, asked } = openStores({}, ["one", "two"]);
  await startPools(stores);
  expect(asked).toEqual(["one-1 starts", "two-1 starts", "pool is started"]);
});

test("a campaign of a number that is not served here is left to others, or started on a store for it alone", async () => {
  const some = openStores();
  await startPools(some.stores);
  expect(some.asked).toEqual(["one-1 starts"]);

  const { stores, asked, open } = openStores();
  await startPools(stores, undefined, open);
  expect(asked.sort()).toEqual(
    ["one-1 starts", "pool is started", "two closes", "two opens", "two-1 starts"].sort(),
  );
});

test("a campaign that cannot start is told by its name, keeps its pool open, and the others from nothing", async () => {
  const { stores, asked, onProblem, problems } = openStores({}, ["one", "two"]);
  const broken = { ...stores["one"], imports: { finish: () => Promise.reject(new Error("no")) } };
  await startPools({ ...stores, one: broken as never }, onProblem);
  expect(problems).toEqual(["one-1: Error: no"]);
  expect(asked).toEqual(["two-1 starts"]);
});

test("a pool that cannot be read is told, and the next one is started", async () => {
  const { stores, asked, onProblem, problems } = openStores(
    {
      open: async () => ["pool-1", "pool-2"],
      toStart: async (pool: string) => {
        if (pool === "pool-1") throw new Error("no");
        return CHILDREN;
      },
    },
    ["one", "two"],
  );
  await startPools(stores, onProblem);
  expect(problems).toEqual(["pool-1: Error: no"]);
  expect(asked).toContain("pool is started");
});

test.each([
  [60_000, [], []],
  [60_001, ["one-1: Error: its rows have been on the move"], ["two opens"]],
])(
  "a move between numbers of different processes that made no step for %i ms is told: %o",
  async (ageMs, told, opened) => {
    const move = { from: "one-1", to: "two", campaign: "", done: false };
    const { stores, onProblem, problems, asked, open } = openStores({
      moving: async () => [{ pool: "pool-1", from: "one-1", ageMs }],
      find: async () => ({ id: "pool-1" }),
      moves: async () => [{ ...move, from: "other-1" }, move],
    });

    await finishMoves(stores, onProblem);
    expect(problems.map((one) => one.slice(0, 43))).toEqual(told.map((one) => one.slice(0, 43)));

    await finishMoves(stores, onProblem, async (name) => {
      await open(name);
      throw new Error("it is away");
    });
    expect(asked).toEqual(opened);
  },
);

test("a move whose pool is gone, or that is no longer noted, is passed over", async () => {
  for (const gone of [{ find: async () => undefined }, { moves: async () => [] }]) {
    const { stores, onProblem, problems, asked } = openStores({
      moving: async () => [{ pool: "pool-1", from: "one-1", ageMs: 3_600_000 }],
      find: async () => ({ id: "pool-1" }),
      moves: async () => [{ from: "one-1", to: "two", campaign: "", done: false }],
      ...gone,
    });
    await finishMoves(stores, onProblem);
    expect([problems, asked]).toEqual([[], []]);
  }
});

test.each([
  [false, ["all: Error: CLUSTERDOWN"]],
  [true, []],
])(
  "the chore looks at once, and tells a problem unless Redis is known to be away: %s",
  async (isAway, told) => {
    let looks = 0;
    const { stores, onProblem, problems, open } = openStores({
      open: async () => {
        looks++;
        throw new Error("CLUSTERDOWN");
      },
    });

    const chore = startPoolChore({
      ...{ stores, onProblem, openNumber: open, isAway: () => isAway },
    });
    await vi.waitFor(() => expect(looks).toBe(1), SOON);
    // It does not wait for its next look.
    await chore.stop();

    expect(problems).toEqual(told);
    expect(looks).toBe(1);
  },
);

test("the chore starts pools, and goes on with moves", async () => {
  const moving: string[] = [];
  const { stores, asked, onProblem, open } = openStores(
    {
      async moving() {
        moving.push("asked");
        return [];
      },
    },
    ["one", "two"],
  );
  const chore = startPoolChore({
    ...{ stores, onProblem, openNumber: open, isAway: () => false },
  });
  onTestFinished(() => chore.stop());
  await vi.waitFor(() => expect(moving).toEqual(["asked"]), SOON);
  expect(asked).toContain("pool is started");
});
