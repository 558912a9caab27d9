import { pino } from "pino";
import { expect, test } from "vitest";
import { timings } from "../../src/core/timings.ts";
import { createFlight } from "../../src/worker/flight.ts";
import { stopNumber } from "../../src/worker/number-stop.ts";

const usual = timings({ answerTimeoutMs: 60_000, timeScale: 1 });

type Input = Parameters<typeof stopNumber>[0];

function promised() {
  let resolve = (): void => {};
  const promise = new Promise<void>((settled) => {
    resolve = settled;
  });
  return { promise, resolve: () => resolve() };
}

/** A number that stops, on parts which note what is asked of them. */
function openStop(
  input: {
    drainMs?: number;
    recordMs?: number;
    /** Whether a shift is open. */
    rests?: true;
    changing?: Promise<void>;
    claimsEnd?: Promise<void>;
    recorded?: Promise<void>;
    /** Outcomes and opt-outs that are not recorded. */
    unrecorded?: { messages: number; optOuts: number };
    redis?: "answers" | "refuses" | "connects";
  } = {},
) {
  const steps: string[] = [];
  const note = (step: string) => async () => void steps.push(step);
  const logged: object[] = [];
  const { messages, optOuts } = input.unrecorded ?? { messages: 0, optOuts: 0 };
  const flight = createFlight(10, () => {});
  const shift = {
    stopLoops: () => void steps.push("loops stop"),
    close: async (how: string, limitMs: number) =>
      void steps.push(`shift closes: ${how} ${limitMs}`),
  };
  const parts = {
    sender: {
      async stop() {
        steps.push("no more claims");
        await input.claimsEnd;
      },
    },
    recorder: { settled: () => input.recorded, waiting: () => messages, keeping: () => optOuts },
    queues: { close: note("queues close") },
    campaignLog: { log: note("last events logged") },
    store: {
      optOuts: { flushOutbox: note("opt-outs passed on") },
      campaigns: { leave: note("rate withdrawn") },
    },
    client: {
      status: input.redis === "connects" ? "connecting" : "ready",
      ping: () =>
        input.redis === "refuses" ? Promise.reject(new Error("NOAUTH")) : Promise.resolve("PONG"),
    },
    logger: pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    timings: { ...usual, drainMs: input.drainMs ?? 60_000, recordMs: input.recordMs ?? 60_000 },
    ...{ flight, shift: input.rests ? undefined : shift, changing: input.changing },
  };
  return { steps, logged, flight, stop: () => stopNumber(parts as unknown as Input) };
}

/** Lets everything happen that waits for nothing. */
const allThatCan = () => new Promise((resolve) => setTimeout(resolve, 30));

const LAST = ["last events logged", "opt-outs passed on", "rate withdrawn", "queues close"];

test("a number that stops claims nothing more, closes its shift, and leaves what others need to know", async () => {
  const { steps, logged, stop } = openStop();
  await stop();
  expect(steps).toEqual(["no more claims", "loops stop", "shift closes: wait 5000", ...LAST]);
  expect(logged).toEqual([]);
});

test("a number at rest that stops has no events to log, and passes on the rest", async () => {
  const { steps, stop } = openStop({ rests: true });
  await stop();
  expect(steps).toEqual(["no more claims", ...LAST.slice(1)]);
});

test("a stop waits for a shift that is being opened or closed", async () => {
  const { promise, resolve } = promised();
  const { steps, stop } = openStop({ changing: promise });
  const stopping = stop();
  await allThatCan();
  expect(steps).toEqual(["no more claims", "loops stop"]);

  resolve();
  await stopping;
  expect(steps).toContain("shift closes: wait 5000");
});

test.each(["refuses", "connects"] as const)(
  "of a Redis that %s nothing is expected: neither BullMQ's own end nor anything that is passed on",
  async (redis) => {
    const { steps, stop } = openStop({ redis });
    await stop();
    expect(steps).toEqual(["no more claims", "loops stop", "shift closes: force 1000"]);
  },
);

test("a stop waits for messages on the wire and then for their records", async () => {
  const recorded = promised();
  const { steps, logged, flight, stop } = openStop({ recorded: recorded.promise });
  for (const _ of [1, 2]) {
    flight.granted();
    flight.started();
  }
  const stopping = stop();
  for (const _ of [1, 2]) {
    await allThatCan();
    expect(steps).not.toContain("queues close");
    flight.ended(10);
  }
  await allThatCan();
  expect(steps).not.toContain("queues close");

  recorded.resolve();
  await stopping;
  expect(steps).toContain("queues close");
  expect(logged).toEqual([]);
});

test("messages that are on the wire when the time to drain is over are told and left to their leases", async () => {
  const { logged, flight, stop } = openStop({ drainMs: 50 });
  flight.granted();
  await stop();
  expect(logged).toMatchObject([{ level: 40, messages: 1, msg: /their leases end/ }].map(inWords));
});

test("a stop waits for claims under way, so that none is granted to a process that has ended", async () => {
  const claims = promised();
  const { steps, stop } = openStop({ claimsEnd: claims.promise });
  const stopping = stop();
  await allThatCan();
  expect(steps).not.toContain("queues close");
  claims.resolve();
  await stopping;
  expect(steps).toContain("queues close");
});

test("a claim that never ends is given up after the time to drain, and its record after that for records", async () => {
  const { steps, logged, stop } = openStop({
    ...{ claimsEnd: promised().promise, drainMs: 40, recordMs: 40 },
  });
  await stop();
  expect(steps).toContain("queues close");
  expect(logged).toEqual([]);
});

test.each([
  [{ messages: 1, optOuts: 0 }, [/become unknown/]],
  [{ messages: 0, optOuts: 1 }, [/replicas lack opt-outs/]],
  [{ messages: 2, optOuts: 3 }, [/replicas lack opt-outs/, /become unknown/]],
  [{ messages: 0, optOuts: 0 }, []],
])("of %o that are not recorded in time the log tells", async (unrecorded, words) => {
  const recorded = promised().promise;
  const { logged, stop } = openStop({ recorded, recordMs: 40, unrecorded });
  await stop();
  expect(logged).toMatchObject(words.map((msg) => inWords({ level: 50, msg })));
});

test("what is recorded in time is told as no loss", async () => {
  const { logged, stop } = openStop({ unrecorded: { messages: 1, optOuts: 1 } });
  await stop();
  expect(logged).toEqual([]);
});

function inWords<T extends { msg: RegExp }>(line: T) {
  return { ...line, msg: expect.stringMatching(line.msg) as unknown };
}
