import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { makePlace, startCli, writeCampaign } from "../cli/run-cli.ts";
import { openReceiver, SECRET } from "../notices/receiver.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

/** Leases of a few seconds instead of a minute. */
const SCALE = "20";

test("a process that is killed between a POST and its record leaves it to the next, under the same id", async () => {
  const server = await startOwnRedis();
  const place = makePlace({ DROPCAST_REDIS_URL: server.url, DROPCAST_TIME_SCALE: SCALE });
  let kill = (): void => {};
  const receiver = await openReceiver((_, answer, nth) => {
    if (nth === 1) kill();
    else answer.writeHead(204).end();
  });
  writeFileSync(
    join(place.dir, "numbers.yaml"),
    `numbers: { ${place.number}: { ratePerSecond: 500 } }
webhooksOut: { url: "${receiver.url}", secret: "${SECRET}", events: [campaign.started, campaign.paused] }
`,
  );
  const [campaign, list] = writeCampaign(place, 2);
  const first = startCli(place, ["up", "--sandbox", "--send", campaign, list, "--yes"]);
  kill = () => first.kill("SIGKILL");

  await first.ended;
  startCli(place, ["up", "--sandbox"]);
  // More often, if the one that goes on waits too long for an answer.
  await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(1), SOON);

  const [lost, again] = receiver.received;
  expect(again).toMatchObject({ id: lost?.id, type: "campaign.started", data: lost?.data });
  expect(receiver.wrong).toEqual([]);
});
