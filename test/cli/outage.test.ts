import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { importTestCampaign } from "../support/campaigns.ts";
import { type OwnRedis, startOwnRedis } from "../support/redis.ts";
import { makePlace, type Place, startCli, writeCampaign } from "./run-cli.ts";

const AWAY = /Redis is away since \d\d:\d\d:\d\d UTC \(.+\); waiting…\n/;
const BACK = /Redis is back after \d+ s\.\n/;

/** A campaign that nothing sends, and its `watch`, which has seen it. */
async function watching(server: OwnRedis, place: Place) {
  const store = await createNumberStore({ redis: server.connect(), number: place.number });
  const id = await importTestCampaign(store, { rows: 3, mode: "live" });
  const watch = startCli(place, ["watch", id]);
  await watch.said("0 of 3 sent");
  return { store, id, watch };
}

test("watch waits through an outage of Redis with words, and goes on to the campaign's end", async () => {
  const server = await startOwnRedis();
  const { store, id, watch } = await watching(server, placeOn(server));

  await server.kill();
  await watch.said("Redis is away since");
  await server.restart();
  await watch.said("Redis is back after");
  await store.campaigns.cancel(id);
  const { code, stdout, stderr } = await watch.ended;

  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(AWAY) });
  expect(stderr).toMatch(BACK);
  expect(stdout).toContain("cancelled  3");
});

test("Ctrl-C ends watch during an outage, with what was last seen", async () => {
  const server = await startOwnRedis();
  const { id, watch } = await watching(server, placeOn(server));

  await server.kill();
  await watch.said("Redis is away since");
  watch.kill("SIGINT");
  const { code, stdout } = await watch.ended;

  expect(code).toBe(0);
  expect(stdout).toContain(
    `Redis is away; ${id} was last seen running, and continues when Redis is back.`,
  );
});

test("up --send waits through an outage, sends the rest, and tells both", async () => {
  const server = await startOwnRedis();
  const place = placeOn(server);
  // Slow, so that most of them are left when Redis goes away.
  writeFileSync(
    join(place.dir, "numbers.yaml"),
    `numbers: { ${place.number}: { ratePerSecond: 25 } }\n`,
  );
  const up = startCli(place, ["up", "--sandbox", "--send", ...writeCampaign(place, 200)]);

  await up.said("200 messages");
  await server.kill();
  await up.said("Redis is away since");
  await server.restart();
  const { code, stdout, stderr } = await up.ended;

  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(AWAY) });
  expect(stderr).toMatch(BACK);
  expect(stdout).toMatch(/rows +200/);
  // In the report. A line of the progress may say that an outcome is pending.
  expect(stdout).not.toMatch(/^ +(pending|sending) /m);
});

test("up ends in good order on Ctrl-C while Redis hangs", async () => {
  const server = await startOwnRedis();
  const up = startCli(placeOn(server), ["up", "--sandbox"]);

  await up.said("Ready.");
  process.kill(server.pid(), "SIGSTOP");
  up.kill("SIGINT");
  const { code } = await up.ended;
  process.kill(server.pid(), "SIGCONT");

  expect(code).toBe(0);
});

function placeOn(server: OwnRedis): Place {
  return makePlace({ DROPCAST_REDIS_URL: server.url, DROPCAST_TIME_SCALE: "10" });
}
