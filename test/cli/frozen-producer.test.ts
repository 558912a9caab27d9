import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { campaignFile, csvOf, phoneOf } from "../support/fleet.ts";
import { connectTestRedis } from "../support/redis.ts";
import { makePlace, type Place, startCli } from "./run-cli.ts";

/** Long to import: a producer has to be met in the middle of it. */
const ROWS = 60_000;
const WITHIN = { timeout: 60_000, interval: 10 };

function listOf(first: number): string {
  return csvOf(Array.from({ length: ROWS }, (_, at) => [phoneOf(first + at), "Ann"]));
}

/** Puts a list and its own campaign file into the inbox, whole. */
function drop(place: Place, input: { name: string; csv: string }): void {
  const inbox = join(place.dir, "drops/inbox");
  mkdirSync(inbox, { recursive: true });
  writeFileSync(join(inbox, "list.yaml"), campaignFile({ number: place.number, name: input.name }));
  writeFileSync(join(inbox, "list.csv.part"), input.csv);
  renameSync(join(inbox, "list.csv.part"), join(inbox, "list.csv"));
}

test("a producer that was frozen in an import and wakes up when another list of that name is imported leaves it alone", async () => {
  const place = makePlace({ DROPCAST_TIME_SCALE: "5" });
  const store = await createNumberStore({ redis: connectTestRedis(), number: place.number });
  const producers = [startCli(place, ["producer"]), startCli(place, ["producer"])];
  const at = (path: string): string => join(place.dir, "drops", path);
  /** The process that imports the campaign of this name, when it is in the middle of it. */
  const importer = (name: string): Promise<number> =>
    vi.waitFor(async () => {
      const all = await store.campaigns.list();
      const campaign = all.find((one) => one.name === name && one.status === "importing");
      expect(campaign?.rows).toBeGreaterThan(0);
      return JSON.parse(readFileSync(at("processing/.list.csv.claim"), "utf8")).pid;
    }, WITHIN);
  const lists = [listOf(0), listOf(ROWS)] as const;

  drop(place, { name: "First", csv: lists[0] });
  const frozen = await importer("First");
  process.kill(frozen, "SIGSTOP");
  await vi.waitFor(() => expect(existsSync(at("done/list.csv"))).toBe(true), WITHIN);
  drop(place, { name: "Second", csv: lists[1] });
  expect(await importer("Second")).not.toBe(frozen);
  process.kill(frozen, "SIGCONT");

  await vi.waitFor(() => expect(existsSync(at("done/list-2.csv"))).toBe(true), WITHIN);
  await vi.waitFor(() => expect(readdirSync(at("processing"))).toEqual([]), WITHIN);
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
}, 180_000);
