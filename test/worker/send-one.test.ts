import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { timings } from "../../src/core/timings.ts";
import type { SendOutcome } from "../../src/livechat/client.ts";
import type { NumberStore } from "../../src/store/index.ts";
import { createOneSender } from "../../src/worker/send-one.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";

const ACCEPTED: SendOutcome = { kind: "accepted", id: "wamid.A", isWamid: true, held: false };
const usual = timings({ answerTimeoutMs: 5_000, timeScale: 1 });

/** Stores a test message as `dropcast test` does: of one row, open from the start. */
async function storeTest({ store, number }: TestStore): Promise<string> {
  const begun = await store.imports.begin({
    ...{ digest: "a test", again: false, definition: testDefinition(number), mode: "sandbox" },
    ...{ file: "list.csv", columns: ["phone", "first_name"], testMs: 600_000 },
  });
  if (begun.kind !== "begun") throw new Error(`import ${begun.kind}`);
  const phone = testPhone(1);
  const rows = [{ cells: [phone, "Ann"], outcome: { kind: "pending" as const, phone } }];
  await store.imports.chunk({ ...begun, firstBatch: 0, batches: [{ rows }] });
  await store.imports.finish({ ...begun, rows: 1, batches: 1 });
  return begun.campaign;
}

/** What sends test messages from this process; `send` answers its POSTs. */
function openOneSender(
  store: NumberStore,
  send: () => SendOutcome | Promise<SendOutcome> = () => ACCEPTED,
  waits = usual,
) {
  const posted: string[] = [];
  const sender = createOneSender({
    client: {
      now: () => performance.now(),
      async send(body: string) {
        posted.push(body);
        return send();
      },
    } as never,
    ...{ store, ratePerSecond: 500, mode: "sandbox", timings: waits, isAway: () => false },
    logger: pino({ level: "silent" }),
  });
  return { sender, posted };
}

test("a test message is sent once, and its outcome is recorded when the sending has ended", async () => {
  const bench = await openTestStore();
  const id = await storeTest(bench);
  const { sender, posted } = openOneSender(bench.store, async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return ACCEPTED;
  });
  onTestFinished(() => sender.stop());

  await sender.sendDue(id);

  expect(await bench.counts(id)).toEqual({ accepted: 1 });
  await sender.sendDue(id);
  expect(posted).toHaveLength(1);
});

test("a test message that has to wait is left as it is, and sent when it is due", async () => {
  const bench = await openTestStore();
  const id = await storeTest(bench);
  await bench.send(id, 1, "wait", { waitMs: 600_000 });
  const { sender, posted } = openOneSender(bench.store);
  onTestFinished(() => sender.stop());

  await sender.sendDue(id);
  expect(posted).toEqual([]);
  expect(await bench.counts(id)).toEqual({ pending: 1 });
});

test("of a campaign that is gone nothing is sent", async () => {
  const bench = await openTestStore();
  const { sender, posted } = openOneSender(bench.store);
  onTestFinished(() => sender.stop());
  await sender.sendDue(`${bench.number}-1`);
  expect(posted).toEqual([]);
});

test("a stop waits for the answer and its record", async () => {
  const bench = await openTestStore();
  const id = await storeTest(bench);
  let isPosted = (): void => {};
  const posting = new Promise<void>((resolve) => {
    isPosted = resolve;
  });
  let answer = (): void => {};
  const { sender } = openOneSender(bench.store, () => {
    isPosted();
    return new Promise((resolve) => {
      answer = () => resolve(ACCEPTED);
    });
  });
  const sending = sender.sendDue(id);
  await posting;
  setTimeout(() => answer(), 50);

  await sender.stop();

  expect(await bench.counts(id)).toEqual({ accepted: 1 });
  await sending;
});

test("a stop waits for an answer that never comes as long as a worker may, and not longer", async () => {
  const bench = await openTestStore();
  const id = await storeTest(bench);
  let isPosted = (): void => {};
  const posting = new Promise<void>((resolve) => {
    isPosted = resolve;
  });
  const { sender } = openOneSender(
    bench.store,
    () => {
      isPosted();
      return new Promise(() => {});
    },
    { ...usual, drainMs: 40 },
  );
  void sender.sendDue(id);
  await posting;

  await sender.stop();

  expect(await bench.counts(id)).toEqual({ sending: 1 });
});
