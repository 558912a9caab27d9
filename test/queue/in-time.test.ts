import { expect, test } from "vitest";
import { answerInTime, endInTime } from "../../src/queue/in-time.ts";

const never = new Promise<never>(() => {});

test("an answer that does not come in time is an error that names what was asked, and a timeout", async () => {
  const asked = answerInTime("reading failed jobs", never, 5);
  await expect(asked).rejects.toThrow("reading failed jobs: the queue timed out after 5 ms");
});

test("an answer in time is given as it is, and so is a failure", async () => {
  expect(await answerInTime("asking", Promise.resolve(17), 1_000)).toBe(17);
  const failing = answerInTime("asking", Promise.reject(new Error("WRONGTYPE")), 1_000);
  await expect(failing).rejects.toThrow("WRONGTYPE");
});

test("what ends in time has ended, failed or not; what does not is left", async () => {
  expect(await endInTime(1_000, [Promise.resolve(), Promise.reject(new Error("gone"))])).toBe(true);
  expect(await endInTime(5, [Promise.resolve(), never])).toBe(false);
});
