import { expect, it, vi } from "vitest";
import { queuePlace } from "../../src/queue/queues.ts";
import {
  failedJobs,
  openDashboard,
  problemCode,
  SOON,
  startSending,
  type TestDashboard,
} from "./support.ts";

const press = ({ ask, test }: TestDashboard, job: string) =>
  ask(`/queues/api/queues/failed-${test.number}/${job}/retry`, { method: "PUT" });

const pressAll = ({ ask, test }: TestDashboard) =>
  ask(`/queues/api/queues/failed-${test.number}/retry/failed`, { method: "PUT" });

const failedJobsAre = (dashboard: TestDashboard, jobs: readonly string[]) =>
  vi.waitFor(async () => expect((await failedJobs(dashboard)).sort()).toEqual(jobs), SOON);

it("Retry sends a failed message again, and pressed twice at once sends it once", async () => {
  const dashboard = await openDashboard();
  const { test } = dashboard;
  const sandbox = await startSending(test, {
    knobs: { errorCodes: { 131026: 1 } },
    sweeps: "first",
  });
  const campaign = await test.import(1);
  const job = `f-${campaign}-1-1`;
  await failedJobsAre(dashboard, [job]);
  sandbox.change({ errorCodes: {} });

  const answers = await Promise.all([press(dashboard, job), press(dashboard, job)]);

  const [first, second] = answers.map(({ status }) => status).sort((a, b) => a - b);
  expect(first).toBe(204);
  expect([404, 409]).toContain(second);
  await vi.waitFor(async () => expect(await test.state(campaign, 1)).toBe("accepted"), SOON);
  await failedJobsAre(dashboard, []);
  expect(sandbox.stats().posts).toBe(2);
  // The job waits until the worker fetches it, and compares it with the ledger.
  await vi.waitFor(
    async () => expect(await problemCode(await press(dashboard, job))).toBe("failed_job_missing"),
    SOON,
  );
});

it("a message that fails again gets a new job with the next attempt", async () => {
  const dashboard = await openDashboard();
  const { test } = dashboard;
  const sandbox = await startSending(test, {
    knobs: { errorCodes: { 131026: 1 } },
    sweeps: "first",
  });
  const campaign = await test.import(1);
  await failedJobsAre(dashboard, [`f-${campaign}-1-1`]);

  expect((await press(dashboard, `f-${campaign}-1-1`)).status).toBe(204);

  await failedJobsAre(dashboard, [`f-${campaign}-1-2`]);
  expect(sandbox.stats().posts).toBe(2);
});

it("Retry of a message that was delivered after all is refused, and its job goes away", async () => {
  const dashboard = await openDashboard();
  const { test } = dashboard;
  const campaign = await test.import(1);
  await test.send(campaign, 1, "accepted", { wamid: "wamid.LATE" });
  await test.status("wamid.LATE", "failed", { code: 131026 });
  const sandbox = await startSending(test, { sweeps: "first" });
  await failedJobsAre(dashboard, [`f-${campaign}-1-1`]);
  await test.status("wamid.LATE", "delivered");

  const answer = await press(dashboard, `f-${campaign}-1-1`);

  expect(answer.status).toBe(409);
  expect(await problemCode(answer)).toBe("message_not_failed");
  await failedJobsAre(dashboard, []);
  expect(await test.state(campaign, 1)).toBe("delivered");
  expect(sandbox.stats().posts).toBe(0);
});

it("Retry in a cancelled campaign is refused, and the message stays failed", async () => {
  const dashboard = await openDashboard();
  const { test } = dashboard;
  const campaign = await cancelledWithFailure(dashboard);
  const sandbox = await startSending(test, { sweeps: "first" });
  await failedJobsAre(dashboard, [`f-${campaign}-1-1`]);

  const answer = await press(dashboard, `f-${campaign}-1-1`);

  expect(answer.status).toBe(409);
  expect(await problemCode(answer)).toBe("campaign_closed");
  expect(await failedJobs(dashboard)).toEqual([`f-${campaign}-1-1`]);
  expect(await test.state(campaign, 1)).toBe("failed");
  expect(sandbox.stats().posts).toBe(0);
});

it("Retry all sends each failed message once, over several batches and campaigns", async () => {
  const dashboard = await openDashboard();
  const { test } = dashboard;
  const long = await test.import(101);
  const short = await test.import(1);
  for (const row of [1, 2, 101]) await test.send(long, row, "failed", { code: 131026 });
  await test.send(short, 1, "failed", { code: 131000 });
  const sandbox = await startSending(test);
  await vi.waitFor(async () => expect((await failedJobs(dashboard)).length).toBe(4), SOON);

  const [first, second] = await Promise.all([pressAll(dashboard), pressAll(dashboard)]);

  const retried = async (answer: Response) =>
    ((await answer.json()) as { retried: number }).retried;
  expect((await retried(first)) + (await retried(second))).toBe(4);
  await vi.waitFor(async () => expect(await test.counts(long)).toEqual({ accepted: 101 }), SOON);
  await vi.waitFor(async () => expect(await test.counts(short)).toEqual({ accepted: 1 }), SOON);
  await failedJobsAre(dashboard, []);
  expect(sandbox.stats().posts).toBe(102);
});

it("Retry all leaves messages of closed campaigns failed, and says so", async () => {
  const dashboard = await openDashboard();
  const { test } = dashboard;
  const closed = await cancelledWithFailure(dashboard);
  const open = await test.import(1);
  await test.send(open, 1, "failed", { code: 131000 });
  await startSending(test);
  await failedJobsAre(dashboard, [`f-${closed}-1-1`, `f-${open}-1-1`]);

  const answer = await pressAll(dashboard);

  expect(answer.status).toBe(409);
  expect(((await answer.json()) as { detail: string }).detail).toContain(
    "1 message will be sent again; 1 stays failed",
  );
  await vi.waitFor(async () => expect(await test.state(open, 1)).toBe("accepted"), SOON);
  await failedJobsAre(dashboard, [`f-${closed}-1-1`]);
});

it("Retry sends nothing to who has stopped marketing, and nothing too early, and says which", async () => {
  const dashboard = await openDashboard();
  const { test } = dashboard;
  const campaign = await test.import(3);
  await test.send(campaign, 1, "failed", { code: 131050 });
  await test.send(campaign, 2, "failed", { code: 131049 });
  await test.send(campaign, 3, "failed", { code: 131000 });
  const sandbox = await startSending(test);
  const jobs = [1, 2, 3].map((row) => `f-${campaign}-${row}-1`);
  await failedJobsAre(dashboard, jobs);

  const stopped = await press(dashboard, `f-${campaign}-1-1`);
  const early = await press(dashboard, `f-${campaign}-2-1`);
  const all = await pressAll(dashboard);

  expect([stopped.status, early.status, all.status]).toEqual([409, 409, 409]);
  expect(await problemCode(stopped)).toBe("retry_opted_out");
  expect(await problemCode(early)).toBe("retry_too_early");
  expect(((await all.json()) as { detail: string }).detail).toContain(
    "1 message will be sent again; 2 stay failed",
  );
  await vi.waitFor(async () => expect(await test.state(campaign, 3)).toBe("accepted"), SOON);
  expect(await test.counts(campaign)).toEqual({ accepted: 1, failed: 2 });
  expect(sandbox.stats().posts).toBe(1);
});

it("a job that Dropcast did not write is not retried", async () => {
  const dashboard = await openDashboard();
  const { test } = dashboard;
  const campaign = await test.import(1);
  await test.send(campaign, 1, "failed", { code: 131026 });
  await startSending(test, { sweeps: "first" });
  // The sweep takes strangers away: once it has been here, it does not come back in this test.
  await vi.waitFor(
    async () => expect(await test.redis.exists(test.keys.failedOutbox)).toBe(0),
    SOON,
  );
  const { Queue } = await import("bullmq");
  const queue = new Queue(`failed-${test.number}`, queuePlace(test.number, test.redis));
  await queue.add("stranger", { campaign: "x" }, { jobId: "stranger-1" });
  await queue.close();
  await failedJobsAre(dashboard, [`f-${campaign}-1-1`, "stranger-1"]);

  const answer = await press(dashboard, "stranger-1");

  expect(answer.status).toBe(422);
  expect(await problemCode(answer)).toBe("failed_job_unreadable");
});

/** A campaign of two rows: the first failed, the second never sent because it was cancelled. */
async function cancelledWithFailure({ ask, test }: TestDashboard): Promise<string> {
  const campaign = await test.import(2);
  await test.send(campaign, 1, "failed", { code: 131026 });
  const answer = await ask(`/api/campaigns/${campaign}/cancel`, { method: "POST" });
  expect(answer.status).toBe(200);
  return campaign;
}
