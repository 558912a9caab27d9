import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { campaignFile, csvOf, phoneOf } from "../support/fleet.ts";
import { connectTestRedis, redisAddress } from "../support/redis.ts";
import { startRedisProxy } from "../support/redis-proxy.ts";
import { SOON } from "../support/soon.ts";
import { makePlace, type Place, startCli } from "./run-cli.ts";

/** Five calls to Redis, of which two are under way at once. */
const ROWS = 5_000;
/** For a second try, which must not come, and what it would do to the files. */
const TRY_AGAIN_MS = 2_000;
/** What Redis answers to rows of an import: kept, or the import has another owner. */
const [STORED, LOST] = [":1\r\n", ":0\r\n"];

function listOf(first: number): string {
  return csvOf(Array.from({ length: ROWS }, (_, at) => [phoneOf(first + at), "Ann"]));
}

/** Puts a list and its own campaign file into the inbox. */
function drop(place: Place, input: { name: string; csv: string }): void {
  const inbox = join(place.dir, "drops/inbox");
  mkdirSync(inbox, { recursive: true });
  writeFileSync(join(inbox, "list.yaml"), campaignFile({ number: place.number, name: input.name }));
  writeFileSync(join(inbox, "list.csv"), input.csv);
}

test("a producer that was frozen in an import and wakes up when another list of that name is imported leaves it alone", async () => {
  const proxy = await startRedisProxy({ targetPath: redisAddress().path });
  onTestFinished(() => proxy.close());
  const place = makePlace({ DROPCAST_REDIS_URL: proxy.url, DROPCAST_TIME_SCALE: "5" });
  const store = await createNumberStore({ redis: connectTestRedis(), number: place.number });
  const at = (path: string): string => join(place.dir, "drops", path);
  const frozen = (): number => owners[0] as number;
  const owner = (): number =>
    JSON.parse(readFileSync(at("processing/.list.csv.claim"), "utf8")).pid as number;
  /** Acts when Redis has answered rows of an import so, before their producer knows. */
  const answered = (reply: string, act: () => unknown): Promise<void> =>
    proxy.once((one) => one.command === "import-chunk" && one.reply === reply, {
      ...{ kind: "call", act },
    }).fired;
  const lists = [listOf(0), listOf(ROWS)] as const;
  const owners: number[] = [];

  void answered(STORED, async () => {
    owners.push(await vi.waitFor(owner, SOON));
    process.kill(frozen(), "SIGSTOP");
  });
  drop(place, { name: "First", csv: lists[0] });
  const producers = [startCli(place, ["producer"]), startCli(place, ["producer"])];
  await vi.waitFor(() => expect(existsSync(at("done/list.csv"))).toBe(true), SOON);

  // Its import stands still until the producer that wakes up has noticed, and had time to try again.
  void answered(STORED, async () => {
    // A claim that is written again is away for a moment.
    owners.push(await vi.waitFor(owner, SOON));
    const noticed = answered(LOST, () => {});
    process.kill(frozen(), "SIGCONT");
    await noticed;
    await sleep(TRY_AGAIN_MS);
  });
  drop(place, { name: "Second", csv: lists[1] });
  await vi.waitFor(() => expect(existsSync(at("done/list-2.csv"))).toBe(true), SOON);
  await vi.waitFor(() => expect(readdirSync(at("processing"))).toEqual([]), SOON);
  expect(owners[1]).not.toBe(owners[0]);
  for (const producer of producers) producer.kill("SIGTERM");
  for (const { ended } of producers) expect((await ended).code).toBe(0);
  expect(readdirSync(at("failed"))).toEqual([]);
  const campaigns = await store.campaigns.list();
  expect(campaigns.map(({ name }) => name).sort()).toEqual(["First", "Second"]);
  for (const { rows, counts } of campaigns) {
    expect([rows, counts.pending]).toEqual([ROWS, ROWS]);
  }
  for (const [nth, stem] of ["list", "list-2"].entries()) {
    expect(readFileSync(at(`done/${stem}.csv`), "utf8") === lists[nth]).toBe(true);
    const report = JSON.parse(readFileSync(at(`done/${stem}.report.json`), "utf8"));
    const campaign = await store.campaigns.find(report.campaign);
    expect(campaign?.name).toBe(nth === 0 ? "First" : "Second");
  }
});
