import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { describeSilence, silenceJson } from "../../src/export/silence-words.ts";
import { deleteOld, isSilent, logSilence, passOnOptOuts } from "../../src/worker/housekeeping.ts";
import { openTestStore } from "../support/campaigns.ts";

const FOR_EVER = { rowsMs: null, campaignMs: null };

function collectLog() {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { lines, logger: pino(sink) };
}

test("that messages are accepted and no webhook comes is logged, without personal data", async () => {
  const bench = await openTestStore();
  const { lines, logger } = collectLog();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.later(10 * 60_000);

  await logSilence({ store: bench.store, retention: FOR_EVER, logger });

  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: 40,
    number: bench.number,
    kind: "none",
    accepted: 1,
  });
  expect(lines.join("")).not.toMatch(/wamid|48600/);
});

test("long after the last message was accepted it is told by show alone", async () => {
  const bench = await openTestStore();
  const { lines, logger } = collectLog();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.later(90 * 60_000);

  await logSilence({ store: bench.store, retention: FOR_EVER, logger });

  expect(lines).toEqual([]);
  const silence = await bench.store.webhookSilence();
  if (silence === undefined) throw new Error("Webhooks are not silent.");
  expect(describeSilence("main", silence).words).toMatch(
    /^The API has accepted 1 message of number main, but no webhook has arrived for 90 minutes, so /,
  );
  expect(silenceJson(silence)).toMatchObject({ kind: "none", accepted: 1 });
  expect(describeSilence("main", { ...silence, kind: "others", accepted: 1_234 }).words).toMatch(
    /^The API has accepted 1,234 messages of number main in 90 minutes\. Webhooks arrive, but none /,
  );
  expect(silenceJson(undefined)).toBeNull();
});

/** A number whose webhooks have been silent since its last accepted message, so long ago. */
function silentFor(lastMs: number | null, wrong: readonly object[] = []) {
  const { lines, logger } = collectLog();
  const silence = {
    kind: "others",
    accepted: 50,
    forMs: 90_400,
    lastMs: Date.now() - (lastMs ?? 0),
  };
  const store = {
    number: "main",
    webhookSilence: async () => (lastMs === null ? undefined : silence),
    wrongSignatures: async () => wrong,
  } as never;
  return {
    logged: () => lines.map((line) => JSON.parse(line) as object),
    isSilent: () => isSilent(store),
    logSilence: () => logSilence({ store, logger, retention: FOR_EVER }),
  };
}

const MINUTE_MS = 60_000;

test.each([
  [null, false],
  [0, true],
  [59 * MINUTE_MS, true],
  [61 * MINUTE_MS, false],
])(
  "a silence whose last message was accepted %o ms ago is told: %s, and then once a minute",
  async (lastMs, isTold) => {
    const silent = silentFor(lastMs);
    expect(await silent.isSilent()).toBe(isTold);
    expect(await silent.logSilence()).toBe(isTold);
    expect(silent.logged()).toHaveLength(isTold ? 1 : 0);
  },
);

test("a silence about these messages alone says so, and for how many seconds", async () => {
  const { logSilence, logged } = silentFor(0);
  await logSilence();
  expect(logged()).toMatchObject([
    {
      ...{ level: 40, number: "main", kind: "others", accepted: 50, forSeconds: 90 },
      msg: expect.stringContaining("webhooks arrive, but none is about these messages"),
    },
  ]);
});

test("webhooks with a wrong signature are told by their address, with or without a silence", async () => {
  const wrong = [{ address: "203.0.113.7", count: 3 }];
  const alone = silentFor(null, wrong);
  expect(await alone.logSilence()).toBe(true);
  expect(alone.logged()).toMatchObject([{ level: 40, number: "main", ...wrong[0] }]);

  const both = silentFor(0, wrong);
  expect(await both.logSilence()).toBe(true);
  expect(both.logged()).toHaveLength(2);
});

test.each([
  [0, 0],
  [1, 1],
  [7, 1],
])("%i people who opted out by an error are passed on, in %i lines", async (heard, count) => {
  const { lines, logger } = collectLog();
  const steps: unknown[] = [];
  const rows = {};
  const optOuts = {
    async flushOutbox(of: unknown) {
      steps.push(["passed on", of]);
      return heard;
    },
    catchUp: async () => void steps.push("caught up"),
  };

  await passOnOptOuts({ store: { rows, optOuts } as never, logger, retention: FOR_EVER });

  // Caught up afterwards: else this number would not know of what it has passed on itself.
  expect(steps).toEqual([["passed on", rows], "caught up"]);
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject(
    Array(count).fill({ people: heard }),
  );
});

test("old data goes with the trail of opt-outs, and each campaign is told", async () => {
  const { lines, logger } = collectLog();
  const steps: unknown[] = [];
  const retention = { rowsMs: 1, campaignMs: 2 };
  const store = {
    optOuts: { trim: async () => void steps.push("trimmed") },
    async deleteOld(of: object) {
      steps.push(of);
      return { rows: ["main-2"], campaigns: ["main-1"] };
    },
  };

  await deleteOld({ store: store as never, logger, retention });

  expect(steps).toEqual(["trimmed", retention]);
  expect(lines.map((line) => (JSON.parse(line) as { campaign: string }).campaign)).toEqual([
    "main-2",
    "main-1",
  ]);
});
