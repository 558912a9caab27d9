import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { answerInTime, endInTime } from "../queue/in-time.ts";
import type { NumberParts } from "./number-parts.ts";
import type { Shift } from "./shift.ts";

/** After so long without an answer Redis counts as down for a stop. */
const ASK_MS = 1_000;
/** How long a stop waits for each step of BullMQ's own closing. */
const CLOSE_MS = 5_000;

/** The end of a number's work in this process. */
export async function stopNumber(
  parts: NumberParts & {
    readonly client: Redis;
    readonly shift: Shift | undefined;
    readonly changing: Promise<void> | undefined;
  },
): Promise<void> {
  const { sender, shift, changing, queues, campaignLog, client, timings } = parts;
  const deadline = performance.now() + timings.drainMs;
  // No new claims after this; the rest only waits for what has begun.
  const claimsEnd = sender.stop();
  shift?.stopLoops();
  // BullMQ would wait for a Redis that is down; it recovers unfinished work at its next start.
  const isForced = !(await answersNow(client));
  await endInTime(isForced ? ASK_MS : CLOSE_MS, [changing ?? Promise.resolve()]);
  await shift?.close(isForced ? "force" : "wait", isForced ? ASK_MS : CLOSE_MS);
  await settleWire(parts, { claimsEnd, deadline });
  if (isForced) return;
  // If this was the last worker, no other one logs these events.
  if (shift !== undefined) await endInTime(CLOSE_MS, [campaignLog.log()]);
  // Nor passes on these opt-outs; and a rate that is reported holds for the others.
  const { optOuts, rows, campaigns } = parts.store;
  await endInTime(CLOSE_MS, [optOuts.flushOutbox(rows), campaigns.leave()]);
  await queues.close();
}

async function answersNow(client: Redis): Promise<boolean> {
  if (client.status !== "ready") return false;
  const asked = answerInTime("checking whether Redis answers", client.ping(), ASK_MS);
  return asked.then(
    () => true,
    () => false,
  );
}

/**
 * Waits for claims under way and messages on the wire, until `deadline`, and for their records. A
 * claim that Redis answers after the process has ended would hold its rows, and they would become
 * unknown with nothing sent. One that is given up has its rows released by a record.
 */
async function settleWire(
  { flight, recorder, timings, logger }: NumberParts,
  { claimsEnd, deadline }: { claimsEnd: Promise<void>; deadline: number },
): Promise<void> {
  await endInTime(deadline - performance.now(), [claimsEnd]);
  while (flight.now() > 0 && performance.now() < deadline) await sleep(20);
  const left = flight.now();
  if (left > 0)
    logger.warn({ messages: left }, "stopped with messages on the wire: their leases end");
  if (await endInTime(timings.recordMs, [claimsEnd.then(recorder.settled)])) return;
  const [messages, optOuts] = [recorder.waiting(), recorder.keeping()];
  if (optOuts > 0) logger.error({ optOuts }, "stopped while replicas lack opt-outs by 131050");
  if (messages > 0) {
    logger.error({ messages }, "stopped while Redis is down: these messages become unknown");
  }
}
