import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { importThrough } from "../../src/cli/import-through.ts";
import type { ImportResult } from "../../src/producer/report.ts";
import { storeIn } from "../../src/producer/sink/sink.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { importList } from "../producer/import/by-path.ts";
import { testFolder } from "../producer/list/read-list.ts";
import { testDefinition, testPhone } from "../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../support/redis.ts";

const signal = new AbortController().signal;
const noOutage = { now: () => undefined };
const logger = { error: () => {} };

/** A list of three, and an import of it that loses the answer of one attempt at its very end. */
async function setup() {
  const number = testNumber();
  const store = await createNumberStore({ redis: connectTestRedis(), number });
  const csvPath = join(await testFolder(), "list.csv");
  await writeFile(
    csvPath,
    `phone,first_name\n${[1, 2, 3].map((n) => `${testPhone(n)},Ann\n`).join("")}`,
  );
  const definition = testDefinition(number, { name: randomBytes(4).toString("hex") });
  const preflight = {
    ...{ people: store.people, optOuts: store.optOuts, nowMs: Date.now() },
    ...{ ratePerSecond: 10, prices: null },
  };
  let loses = false;
  return {
    store,
    loseAnAnswer: () => {
      loses = true;
    },
    send: (repeats: "refuse" | "import") =>
      importThrough(
        { outage: noOutage, logger, stores: { [number]: store } } as never,
        async (attempt): Promise<ImportResult> => {
          const result = await importList({
            ...{ sink: storeIn(store.imports), definition, csvPath, rejectsPath: null },
            ...{ mode: "sandbox" as const, country: null, preflight, ...attempt },
          });
          if (!loses) return result;
          loses = false;
          throw new Error("Connection is closed.");
        },
        { repeats, signal },
      ),
  };
}

test.each(["refuse", "import"] as const)(
  "a list whose last step was done although its answer was lost is one campaign (repeats: %s)",
  async (repeats) => {
    const { store, send, loseAnAnswer } = await setup();
    loseAnAnswer();

    const imported = await send(repeats);

    const [campaign, ...others] = await store.campaigns.list({ skip: 0, max: 10 });
    expect(others).toEqual([]);
    expect(imported).toMatchObject({
      ok: true,
      value: { id: campaign?.id, status: "running" },
      report: { campaign: campaign?.id, rows: 3, ok: 3, counts: { pending: 3 } },
    });
    expect(imported).not.toHaveProperty("report.refusal");
  },
);

test("a list that is sent again on purpose is one more campaign, though an answer was lost", async () => {
  const { store, send, loseAnAnswer } = await setup();
  await send("refuse");
  loseAnAnswer();

  const again = await send("import");

  const [second, first, ...others] = await store.campaigns.list({ skip: 0, max: 10 });
  expect(others).toEqual([]);
  expect(second?.id).not.toBe(first?.id);
  expect(again).toMatchObject({ ok: true, value: { id: second?.id } });
});

test("a list that was imported by an earlier command is refused as before", async () => {
  const { send } = await setup();
  await send("refuse");

  expect(await send("refuse")).toMatchObject({ ok: false, refusal: { code: "already_imported" } });
});

test.each([
  [undefined, "The import was interrupted."],
  [{ sinceMs: 0, reason: "refused", tries: 1 }, "The import was interrupted while Redis was away."],
])(
  "an import that does not end when a person leaves is said to go on later",
  async (away, words) => {
    const platform = { outage: { now: () => away }, logger, stores: {} } as never;
    const endless = () => new Promise<ImportResult>(() => {});

    const left = await importThrough(platform, endless, {
      ...{ repeats: "refuse", signal: AbortSignal.abort() },
    });

    expect(left).toMatchObject({ refusal: { code: "import_interrupted", message: words } });
  },
);

test("a list that may be stored is not sent once more by the advice after an interrupted --again", async () => {
  const platform = { outage: { now: () => undefined }, logger, stores: {} } as never;
  const endless = () => new Promise<ImportResult>(() => {});

  const left = await importThrough(platform, endless, {
    ...{ repeats: "import", signal: AbortSignal.abort() },
  });

  expect(left).toMatchObject({
    refusal: {
      code: "import_interrupted",
      fix: expect.stringMatching(/^See dropcast list: if it has a/),
    },
  });
});
