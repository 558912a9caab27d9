import { expect, onTestFinished, test } from "vitest";
import { campaignFile, listOf, type ShownCampaign, startFleet } from "../support/fleet.ts";
import { redisUrl, testNumber } from "../support/redis.ts";
import { busiestWindow } from "../support/request-log.ts";

const RATE = 80;
const ROWS = 800;
/**
 * Above the 2 % of the product's own figure, which the benchmark measures on a quiet machine: here
 * a sandbox that gets no processor for some milliseconds reads what was sent meanwhile all at once.
 * A limiter that counts in fixed windows lets 130 to 160 through.
 */
const IN_A_SECOND_MAX = RATE * 1.1;
/** The start is no measure of the pace: BullMQ wakes its workers one after the other. */
const START_MS = 2_000;

test("four worker processes together keep the number's rate, and use it", async () => {
  const number = testNumber();
  const fleet = await startFleet({
    redisUrl: redisUrl(),
    number,
    ratePerSecond: RATE,
    workers: 4,
    knobs: { latencyMs: "20-60", webhookLost: "1" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  stage.write("sale.yaml", campaignFile({ number }));
  stage.write("list.csv", listOf(ROWS));
  await stage.json<ShownCampaign>(["send", "sale.yaml", "list.csv"]);

  // No `show` meanwhile: it would take the processor from what is measured.
  await fleet.posted(ROWS, 60_000);
  const posts = fleet.posts();
  expect(busiestWindow(posts, 1_000)).toBeLessThanOrEqual(IN_A_SECOND_MAX);
  const first = posts[0]?.at ?? 0;
  const measured = posts.filter(({ at }) => at >= first + START_MS);
  const seconds = ((measured.at(-1)?.at ?? 0) - (measured[0]?.at ?? 0)) / 1_000;
  expect((measured.length - 1) / seconds).toBeGreaterThanOrEqual(RATE * 0.9);
}, 120_000);
