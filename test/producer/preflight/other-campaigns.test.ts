import { expect, test } from "vitest";
import { readOthers } from "../../../src/producer/preflight/other-campaigns.ts";
import { canaryWarning } from "../../../src/producer/preflight/warnings.ts";
import type { People } from "../../../src/store/index.ts";
import { testDefinition } from "../../support/campaigns.ts";

const QUESTION: Parameters<typeof readOthers>[1] = {
  ...{ definition: testDefinition("main"), mode: "live" as const, own: "", about: "all" as const },
};

/** A number on which campaigns of so many rows are running, newest first; who is on each. */
function running(rows: readonly number[], onEach: People["receivers"]) {
  const read: string[] = [];
  const campaigns = rows.map((count, at) => ({
    ...{ id: `main-${rows.length - at}`, rows: count, status: "running", name: `Other ${at}` },
    ...{ template: "other", skipsRepeats: false, digest: `${at}`, pool: null },
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
